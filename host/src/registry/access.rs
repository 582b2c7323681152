//! The way to a registry: protocol, time limits, credentials, and errors in words.

use std::path::PathBuf;
use std::time::Duration;

use docker_credential::{CredentialRetrievalError, DockerCredential};
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, RegistryOperation};

use super::{Action, Place, RegistryError};
use crate::text::printable;

const USERNAME_VARIABLE: &str = "PORTOLAN_REGISTRY_USERNAME";
const PASSWORD_VARIABLE: &str = "PORTOLAN_REGISTRY_PASSWORD";

/// A registry that has not answered by then is not there.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// A transfer may be slow, but not stand still.
const PAUSE_LIMIT: Duration = Duration::from_secs(60);
/// Enough for 64 MiB at a megabit per second.
const TOTAL_LIMIT: Duration = Duration::from_secs(600);

const DOCKER_HUB: &str = "docker.io";
/// The name under which `docker login` stores credentials of Docker Hub.
const DOCKER_HUB_LOGIN: &str = "https://index.docker.io/v1/";

/// A client of one registry, with its credentials.
pub struct Access {
    pub(super) client: Client,
    auth: RegistryAuth,
    credentials: &'static str,
    is_plain: bool,
}

impl Access {
    /// Prepares to talk to the registry of a place: by HTTP if it is on this machine or `plain_http` says so,
    /// else by HTTPS. Credentials come from the environment, else from what `docker login` stored.
    ///
    /// # Errors
    /// If there are credentials that cannot be used, or no client can be made.
    pub fn to(place: &Place, plain_http: bool) -> Result<Self, RegistryError> {
        let (auth, credentials) = credentials(place.registry())?;
        let is_plain = plain_http || place.is_loopback();
        let config = ClientConfig {
            protocol: if is_plain {
                ClientProtocol::Http
            } else {
                ClientProtocol::Https
            },
            // One request instead of pieces: every registry takes it, and modules are small.
            use_monolithic_push: true,
            connect_timeout: Some(CONNECT_LIMIT),
            read_timeout: Some(PAUSE_LIMIT),
            user_agent: concat!("portolan/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        let client = Client::try_from(config).map_err(|error| RegistryError::Answer {
            registry: place.registry().to_owned(),
            reference: place.to_string(),
            action: Action::Pull,
            reason: format!("no HTTP client can be made here: {error}"),
        })?;
        Ok(Self {
            client,
            auth,
            credentials,
            is_plain,
        })
    }

    pub(super) const fn auth(&self) -> &RegistryAuth {
        &self.auth
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
            self.client
                .auth(&place.reference, &self.auth, operation)
                .await?;
            work.await
        };
        match tokio::time::timeout(TOTAL_LIMIT, all).await {
            Ok(result) => result.map_err(|error| self.explain(place, action, error)),
            Err(_) => Err(self.unreachable(
                place,
                format!("it was not done after {} seconds", TOTAL_LIMIT.as_secs()),
            )),
        }
    }

    fn unreachable(&self, place: &Place, reason: String) -> RegistryError {
        RegistryError::Unreachable {
            registry: place.registry().to_owned(),
            reference: place.to_string(),
            reason,
            remedy: if self.is_plain {
                "is the name right, and does it speak HTTP there?"
            } else {
                "is the name right? --plain-http is for a registry without TLS"
            },
        }
    }

    /// An error in words that name registry, reference and the way out. A registry's own words are cut, and
    /// URLs are left out, for those of uploads hold state.
    fn explain(&self, place: &Place, action: Action, error: OciDistributionError) -> RegistryError {
        let registry = place.registry().to_owned();
        let reference = place.to_string();
        let answer = |reason: &str| RegistryError::Answer {
            registry: place.registry().to_owned(),
            reference: place.to_string(),
            action,
            reason: printable(reason, 400),
        };
        let (is_denied, is_missing) = verdict(&error);
        if is_denied {
            return RegistryError::Denied {
                registry,
                reference,
                action,
                credentials: self.credentials,
            };
        }
        if is_missing {
            return RegistryError::NotFound {
                registry,
                reference,
            };
        }
        match error {
            OciDistributionError::RequestError(error) => {
                self.unreachable(place, printable(&innermost(&error), 200))
            }
            OciDistributionError::DigestError(error) => RegistryError::Digest {
                registry,
                reference,
                reason: printable(&error.to_string(), 300),
            },
            // A body that ends early, or whose digest is wrong when its last byte has come.
            OciDistributionError::IoError(error) => {
                let reason = printable(&innermost(&error), 300);
                if reason.contains("Invalid digest") {
                    RegistryError::Digest {
                        registry,
                        reference,
                        reason,
                    }
                } else {
                    self.unreachable(place, reason)
                }
            }
            OciDistributionError::RegistryError { envelope, .. } => answer(&envelope.to_string()),
            OciDistributionError::ServerError { code, message, .. } => {
                answer(&format!("status {code} {message}"))
            }
            error => answer(&error.to_string()),
        }
    }
}

/// Whether an error means that we may not, or that there is nothing.
fn verdict(error: &OciDistributionError) -> (bool, bool) {
    match error {
        OciDistributionError::AuthenticationFailure(_)
        | OciDistributionError::UnauthorizedError { .. }
        | OciDistributionError::ServerError {
            code: 401 | 403, ..
        } => (true, false),
        OciDistributionError::ImageManifestNotFoundError(_)
        | OciDistributionError::ServerError { code: 404, .. } => (false, true),
        OciDistributionError::RegistryError { envelope, .. } => {
            let has = |codes: &[OciErrorCode]| {
                envelope
                    .errors
                    .iter()
                    .any(|error| codes.contains(&error.code))
            };
            (
                has(&[OciErrorCode::Unauthorized, OciErrorCode::Denied]),
                has(&[
                    OciErrorCode::ManifestUnknown,
                    OciErrorCode::NameUnknown,
                    OciErrorCode::NotFound,
                    OciErrorCode::BlobUnknown,
                ]),
            )
        }
        _ => (false, false),
    }
}

/// The words of the error at the bottom, which has no URL in it.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Where `docker login` stores what it knows.
fn docker_configuration() -> Option<PathBuf> {
    let folder = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".docker")));
    Some(folder?.join("config.json"))
}

fn credentials(registry: &str) -> Result<(RegistryAuth, &'static str), RegistryError> {
    let unusable = |reason: &str| RegistryError::Credentials {
        registry: registry.to_owned(),
        reason: reason.to_owned(),
    };
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (variable(USERNAME_VARIABLE), variable(PASSWORD_VARIABLE)) {
        (Some(username), Some(password)) => {
            let auth = RegistryAuth::Basic(username, password);
            return Ok((auth, "with PORTOLAN_REGISTRY_USERNAME"));
        }
        (None, None) => {}
        _ => {
            return Err(unusable(
                "PORTOLAN_REGISTRY_USERNAME and PORTOLAN_REGISTRY_PASSWORD belong together; set both or none",
            ));
        }
    }
    let login = if registry == DOCKER_HUB {
        DOCKER_HUB_LOGIN
    } else {
        registry
    };
    // The crate does not tell a file that is not there from one that cannot be read.
    if !docker_configuration().is_some_and(|file| file.exists()) {
        return Ok((RegistryAuth::Anonymous, "without credentials"));
    }
    // A helper's own words may hold what it was to keep secret, so that they are not repeated.
    match docker_credential::get_credential(login) {
        Ok(DockerCredential::UsernamePassword(username, password)) => {
            let auth = RegistryAuth::Basic(username, password);
            Ok((auth, "with the credentials of docker login"))
        }
        Ok(DockerCredential::IdentityToken(_)) => Err(unusable(
            "`docker login` stored an identity token, which is not supported; set PORTOLAN_REGISTRY_USERNAME and PORTOLAN_REGISTRY_PASSWORD",
        )),
        Err(CredentialRetrievalError::NoCredentialConfigured) => {
            Ok((RegistryAuth::Anonymous, "without credentials"))
        }
        Err(CredentialRetrievalError::ConfigReadError) => Err(unusable(
            "Docker's configuration file cannot be read; mend it, or set DOCKER_CONFIG to another folder",
        )),
        Err(_) => Err(unusable(
            "Docker's configuration names credentials or a credential helper that does not give them; log in again with `docker login`",
        )),
    }
}
