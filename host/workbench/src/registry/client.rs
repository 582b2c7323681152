//! The connection to a registry: protocol, proxies, certificates, time limits and login.

use std::time::Duration;

use tokio::sync::Mutex;

use super::login::Login;
use super::outcome::{ExchangeFailure, Kept, Repeats};
use super::words::{UNTRUSTED, words};
use super::{Action, ArtifactRef, RegistryError};
use portolan_machine::proxies::{Proxies, Proxy};

/// A registry that has not answered by then counts as unreachable.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Enough for 64 MiB at a megabit per second.
const TOTAL_LIMIT: Duration = Duration::from_secs(600);

const USER_AGENT: &str = concat!("portolan/", env!("CARGO_PKG_VERSION"));

/// A client of one registry, with its credentials.
pub struct RegistryClient {
    pub(super) client: reqwest::Client,
    /// For identity tokens: a redirection could send them to a host that has not been checked.
    pub(super) unmoved: reqwest::Client,
    pub(super) login: Login,
    /// The registry's token for the login.
    pub(super) kept: Mutex<Option<Kept>>,
    pub(super) repeats: Repeats,
    pub(super) is_plain: bool,
    proxy: Option<Proxy>,
}

impl RegistryClient {
    /// Prepares the connection to the registry of a place. It uses HTTP if the registry is on this machine or
    /// `plain_http` is set, else HTTPS. Certificates have to be signed by one of `roots` (PEM); without
    /// `roots`, by an authority that this machine trusts. Credentials come from the environment, else from
    /// `docker login`. Proxies are those of the environment.
    ///
    /// # Errors
    /// If the credentials cannot be used, or no client can be made.
    pub fn to(
        place: &ArtifactRef,
        plain_http: bool,
        roots: Option<&[u8]>,
    ) -> Result<Self, RegistryError> {
        let is_loopback = place.is_loopback();
        let is_plain = plain_http || is_loopback;
        let proxies = Proxies::of_environment().map_err(|(variable, problem)| {
            let reason = format!("{variable}: {problem}");
            unreachable(place, reason, "correct the variable, or unset it".into())
        })?;
        let host = place.reference.resolve_registry();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        let proxy = proxies.to(host, is_plain).cloned();
        let client = |redirections| client(redirections, is_loopback, roots, &proxies);
        let no_client = |error| no_client(place, &error);
        Ok(Self {
            client: client(reqwest::redirect::Policy::default()).map_err(no_client)?,
            unmoved: client(reqwest::redirect::Policy::none()).map_err(no_client)?,
            login: Login::to(place.registry())?,
            kept: Mutex::default(),
            repeats: Repeats::default(),
            is_plain,
            proxy: proxy.filter(|_| !is_loopback),
        })
    }

    /// The source of the credentials, in words.
    pub(super) fn origin(&self) -> &str {
        &self.login.origin
    }

    /// The proxy to the registry, if there is one.
    pub(super) const fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    /// Runs an operation within the time limit.
    pub(super) async fn within<T>(
        &self,
        place: &ArtifactRef,
        action: Action,
        work: impl Future<Output = Result<T, ExchangeFailure>>,
    ) -> Result<T, RegistryError> {
        let late = |_| {
            let seconds = TOTAL_LIMIT.as_secs();
            Err(ExchangeFailure::Silence(format!(
                "it was not done after {seconds} seconds"
            )))
        };
        let done = tokio::time::timeout(TOTAL_LIMIT, work).await;
        done.unwrap_or_else(late)
            .map_err(|failure| self.explain(place, action, failure))
    }
}

fn client(
    redirections: reqwest::redirect::Policy,
    is_loopback: bool,
    roots: Option<&[u8]>,
    proxies: &Proxies,
) -> reqwest::Result<reqwest::Client> {
    let mut client = reqwest::Client::builder()
        .connect_timeout(CONNECT_LIMIT)
        .redirect(redirections)
        .user_agent(USER_AGENT);
    if let Some(roots) = roots {
        client = client.tls_certs_only(reqwest::Certificate::from_pem_bundle(roots)?);
    }
    client = client.no_proxy();
    // A registry on this machine is reached directly, as in curl, Go and Docker: no proxy could reach it.
    if !is_loopback {
        let not_for = || reqwest::NoProxy::from_string(&proxies.not_for);
        if let Some(proxy) = &proxies.https {
            client = client.proxy(reqwest::Proxy::https(&proxy.url)?.no_proxy(not_for()));
        }
        if let Some(proxy) = &proxies.http {
            client = client.proxy(reqwest::Proxy::http(&proxy.url)?.no_proxy(not_for()));
        }
    }
    client.build()
}

fn no_client(place: &ArtifactRef, error: &reqwest::Error) -> RegistryError {
    let reason = format!("no HTTP client can be made here: {}", words(error));
    unreachable(place, reason, UNTRUSTED.to_owned())
}

fn unreachable(place: &ArtifactRef, reason: String, remedy: String) -> RegistryError {
    RegistryError::Unreachable {
        registry: place.registry().to_owned(),
        reference: place.to_string(),
        reason,
        remedy,
    }
}
