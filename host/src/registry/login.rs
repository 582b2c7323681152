//! Which credentials there are for a registry: those of the environment, else what `docker login` stored.

use std::path::{Path, PathBuf};

use docker_credential::{CredentialRetrievalError, DockerCredential};
use oci_client::secrets::RegistryAuth;
use serde_json::{Map, Value};

use super::RegistryError;
use crate::text::printable;

const USERNAME_VARIABLE: &str = "PORTOLAN_REGISTRY_USERNAME";
const PASSWORD_VARIABLE: &str = "PORTOLAN_REGISTRY_PASSWORD";

const DOCKER_HUB: &str = "docker.io";
/// The name under which `docker login` stores credentials of Docker Hub.
const DOCKER_HUB_LOGIN: &str = "https://index.docker.io/v1/";

/// What a helper prints, by agreement, if it has nothing for a registry.
const NOTHING_STORED: &str = "credentials not found";

/// What is shown to a registry.
pub(super) enum Secret {
    /// As it is.
    Plain(RegistryAuth),
    /// A token that the registry's token service exchanges for one that the registry takes.
    Identity(String),
}

/// Credentials, and where they come from in words.
pub(super) struct Login {
    pub(super) secret: Secret,
    pub(super) origin: String,
}

impl Login {
    fn none(origin: impl Into<String>) -> Self {
        Self {
            secret: Secret::Plain(RegistryAuth::Anonymous),
            origin: origin.into(),
        }
    }

    /// # Errors
    /// If there are credentials that cannot be used. A helper that gives none is a warning: much can be
    /// pulled by anybody, and the configuration may come from another machine.
    pub(super) fn to(registry: &str) -> Result<Self, RegistryError> {
        let unusable = |reason: String| RegistryError::Credentials {
            registry: registry.to_owned(),
            reason,
        };
        let variable = |name| {
            let value = std::env::var(name).ok()?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        match (variable(USERNAME_VARIABLE), variable(PASSWORD_VARIABLE)) {
            (Some(username), Some(password)) => Ok(Self {
                secret: Secret::Plain(RegistryAuth::Basic(username, password)),
                origin: format!("with {USERNAME_VARIABLE}"),
            }),
            (None, None) => match docker_configuration().filter(|file| file.exists()) {
                Some(file) => Self::stored(registry, &file).map_err(unusable),
                None => Ok(Self::none("without credentials")),
            },
            _ => Err(unusable(format!(
                "{USERNAME_VARIABLE} and {PASSWORD_VARIABLE} belong together; set both or none"
            ))),
        }
    }

    /// What `docker login` stored. A helper's own words may hold what it was to keep secret, so that they
    /// are not repeated.
    fn stored(registry: &str, file: &Path) -> Result<Self, String> {
        let name = file.display();
        let unreadable = || {
            format!(
                "Docker's configuration file cannot be read: {name} is not JSON, or not ours to read; mend it, or set DOCKER_CONFIG to another folder"
            )
        };
        let text = std::fs::read(file).map_err(|_| unreadable())?;
        let mut configuration: Value = serde_json::from_slice(&text).map_err(|_| unreadable())?;
        // For Docker, an empty member is none.
        let entries = configuration
            .get_mut("auths")
            .and_then(Value::as_object_mut);
        for entry in entries.into_iter().flat_map(Map::values_mut) {
            if let Value::Object(entry) = entry {
                entry.retain(|_, value| value != "");
            }
        }
        let login = if registry == DOCKER_HUB {
            DOCKER_HUB_LOGIN
        } else {
            registry
        };
        let origin = "with the credentials of docker login".to_owned();
        let lacking = |what: &str| {
            let helper = helper(&configuration, login);
            let reason = format!("the credential helper `{helper}`, which {name} names, {what}");
            tracing::warn!("{reason}; going on without credentials for {registry}");
            Ok(Self::none(format!("without credentials, because {reason}")))
        };
        let text = configuration.to_string();
        match docker_credential::get_credential_from_reader(text.as_bytes(), login) {
            Ok(DockerCredential::UsernamePassword(username, password)) => Ok(Self {
                secret: Secret::Plain(RegistryAuth::Basic(username, password)),
                origin,
            }),
            Ok(DockerCredential::IdentityToken(token)) => Ok(Self {
                secret: Secret::Identity(token),
                origin,
            }),
            Err(CredentialRetrievalError::NoCredentialConfigured) => {
                Ok(Self::none("without credentials"))
            }
            Err(CredentialRetrievalError::HelperFailure { stdout, .. })
                if stdout.contains(NOTHING_STORED) =>
            {
                Ok(Self::none("without credentials"))
            }
            Err(CredentialRetrievalError::HelperCommunicationError) => {
                lacking("cannot be run (is it installed, and on the PATH?)")
            }
            Err(CredentialRetrievalError::HelperFailure { .. }) => {
                lacking("failed (run it by hand with `get` to see why)")
            }
            Err(CredentialRetrievalError::MalformedHelperResponse) => {
                lacking("does not answer with credentials")
            }
            Err(CredentialRetrievalError::ConfigReadError) => Err(unreadable()),
            Err(_) => Err(format!(
                "those in {name} cannot be decoded; log in again with `docker login {registry}`"
            )),
        }
    }
}

/// Where `docker login` stores what it knows. As for Docker, an empty variable is none.
fn docker_configuration() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = set("DOCKER_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(set("HOME")?).join(".docker")));
    Some(folder?.join("config.json"))
}

/// The program that Docker's configuration names for a registry, which the crate does not say.
fn helper(configuration: &Value, login: &str) -> String {
    let name = configuration["credHelpers"][login]
        .as_str()
        .filter(|name| !name.is_empty())
        .or(configuration["credsStore"].as_str());
    format!(
        "docker-credential-{}",
        printable(name.unwrap_or_default(), 64)
    )
}
