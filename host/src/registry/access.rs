//! The way to a registry: protocol, proxies, certificates, time limits and login.

use std::time::Duration;

use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, RegistryOperation};
use tokio::sync::OnceCell;

use super::exchange::{Refusal, exchange};
use super::login::{Login, Secret};
use super::words::{UNTRUSTED, words};
use super::{Action, Place, RegistryError};

/// A registry that has not answered by then is not there.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// A transfer may be slow, but not stand still.
const PAUSE_LIMIT: Duration = Duration::from_secs(60);
/// Enough for 64 MiB at a megabit per second.
const TOTAL_LIMIT: Duration = Duration::from_secs(600);

const USER_AGENT: &str = concat!("portolan/", env!("CARGO_PKG_VERSION"));

/// A client of one registry, with its credentials.
pub struct Access {
    pub(super) client: Client,
    login: Login,
    /// The login in the form that requests carry.
    auth: OnceCell<RegistryAuth>,
    is_plain: bool,
    is_loopback: bool,
    roots: Option<Vec<u8>>,
}

impl Access {
    /// Prepares to talk to the registry of a place: by HTTP if it is on this machine or `plain_http` says so,
    /// else by HTTPS. Certificates have to be signed by one of `roots` (PEM), or by one that this machine
    /// trusts where there are none. Credentials come from the environment, else from what `docker login`
    /// stored.
    ///
    /// # Errors
    /// If there are credentials that cannot be used, or no client can be made.
    pub fn to(
        place: &Place,
        plain_http: bool,
        roots: Option<&[u8]>,
    ) -> Result<Self, RegistryError> {
        let is_loopback = place.is_loopback();
        let is_plain = plain_http || is_loopback;
        let config = config(is_plain, is_loopback, roots);
        let client = Client::try_from(config).map_err(|error| no_client(place, &error))?;
        Ok(Self {
            client,
            login: Login::to(place.registry())?,
            auth: OnceCell::new(),
            is_plain,
            is_loopback,
            roots: roots.map(<[u8]>::to_vec),
        })
    }

    /// What is shown to the registry, once [`Access::within`] has logged in.
    pub(super) fn auth(&self) -> &RegistryAuth {
        self.auth.get().unwrap_or(&RegistryAuth::Anonymous)
    }

    /// Which credentials are used, in words.
    pub(super) fn origin(&self) -> &str {
        &self.login.origin
    }

    pub(super) const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Does something with the registry, logged in as far as it asks for it, and within the time limit.
    pub(super) async fn within<T>(
        &self,
        place: &Place,
        action: Action,
        work: impl Future<Output = Result<T, OciDistributionError>>,
    ) -> Result<T, RegistryError> {
        let operation = match action {
            Action::Push => RegistryOperation::Push,
            Action::Pull => RegistryOperation::Pull,
        };
        let all = async {
            let log_in = || self.log_in(place, action);
            let auth = self.auth.get_or_try_init(log_in).await?;
            let done = async {
                self.client.auth(&place.reference, auth, operation).await?;
                work.await
            };
            done.await
                .map_err(|error| self.explain(place, action, error))
        };
        match tokio::time::timeout(TOTAL_LIMIT, all).await {
            Ok(result) => result,
            Err(_) => Err(self.unreachable(
                place,
                format!("it was not done after {} seconds", TOTAL_LIMIT.as_secs()),
            )),
        }
    }

    async fn log_in(&self, place: &Place, action: Action) -> Result<RegistryAuth, RegistryError> {
        let identity = match &self.login.secret {
            Secret::Plain(auth) => return Ok(auth.clone()),
            Secret::Identity(token) => token,
        };
        let client = self
            .token_client()
            .map_err(|error| no_client(place, &error))?;
        match exchange(&client, place, self.is_plain, action, identity).await {
            Ok(Some(token)) => Ok(RegistryAuth::Bearer(token)),
            Ok(None) => Ok(RegistryAuth::Anonymous),
            Err(Refusal::Request(error)) => Err(self.unreachable(place, words(&error))),
            Err(Refusal::Page) => Err(self.page(place)),
            Err(Refusal::Reason(reason)) => Err(RegistryError::Credentials {
                registry: place.registry().to_owned(),
                reason: format!(
                    "{reason}; log in again, with `docker login {}` or, for a registry of Azure, `az acr login`",
                    place.registry()
                ),
            }),
        }
    }

    /// As [`config`] says, for the requests that the registry's client cannot make.
    fn token_client(&self) -> reqwest::Result<reqwest::Client> {
        let mut client = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .read_timeout(PAUSE_LIMIT)
            // A redirection would carry the token to where nobody has looked.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(USER_AGENT);
        if let Some(roots) = &self.roots {
            client = client.tls_certs_only(reqwest::Certificate::from_pem_bundle(roots)?);
        }
        if self.is_loopback {
            client = client.no_proxy();
        }
        client.build()
    }
}

/// How a registry is spoken to. Proxies are those of the environment.
fn config(is_plain: bool, is_loopback: bool, roots: Option<&[u8]>) -> ClientConfig {
    let roots = roots.map(|pem| Certificate {
        encoding: CertificateEncoding::Pem,
        data: pem.to_vec(),
    });
    // What is on this machine is asked directly, as curl, Go and Docker do: no proxy could reach it. A proxy
    // for nothing keeps those of the environment out.
    let nowhere = is_loopback.then(|| "http://127.0.0.1:9".to_owned());
    ClientConfig {
        protocol: if is_plain {
            ClientProtocol::Http
        } else {
            ClientProtocol::Https
        },
        // One request instead of pieces: every registry takes it, and modules are small.
        use_monolithic_push: true,
        tls_certs_only: roots.into_iter().collect(),
        connect_timeout: Some(CONNECT_LIMIT),
        read_timeout: Some(PAUSE_LIMIT),
        user_agent: USER_AGENT,
        no_proxy: is_loopback.then(|| "*,0.0.0.0/0,::/0".to_owned()),
        http_proxy: nowhere,
        ..ClientConfig::default()
    }
}

fn no_client(place: &Place, error: &dyn std::error::Error) -> RegistryError {
    RegistryError::Unreachable {
        registry: place.registry().to_owned(),
        reference: place.to_string(),
        reason: format!("no HTTP client can be made here: {error}"),
        remedy: UNTRUSTED,
    }
}
