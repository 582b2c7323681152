//! The credentials for a registry: from the environment, else from `docker login`.

use std::path::{Path, PathBuf};

use docker_credential::{CredentialRetrievalError, DockerCredential};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::RegistryError;
use super::helper;
use portolan_machine::text::printable;

/// Docker's configuration holds a login for each registry, and little else.
const FILE_LIMIT_BYTES: u64 = 16 * 1024 * 1024;

const USERNAME_VARIABLE: &str = "PORTOLAN_REGISTRY_USERNAME";
const PASSWORD_VARIABLE: &str = "PORTOLAN_REGISTRY_PASSWORD";

const DOCKER_HUB: &str = "docker.io";
/// The name under which `docker login` stores credentials of Docker Hub.
const DOCKER_HUB_LOGIN: &str = "https://index.docker.io/v1/";

/// A helper gives this user name with an identity token.
const TOKEN_USER: &str = "<token>";

/// The secret for a registry or its token service.
pub(super) enum Secret {
    Nothing,
    /// User name and password.
    Password(String, SecretString),
    /// A token that the registry's token service exchanges for one that the registry accepts.
    Identity(SecretString),
}

/// Credentials and their source in words.
pub(super) struct Login {
    pub(super) secret: Secret,
    pub(super) origin: String,
}

impl Login {
    fn none(origin: impl Into<String>) -> Self {
        Self {
            secret: Secret::Nothing,
            origin: origin.into(),
        }
    }

    /// # Errors
    /// If the credentials cannot be used. A helper that gives none is a warning: many modules need no
    /// credentials, and the configuration may come from another machine.
    pub(super) fn to(registry: &str) -> Result<Self, RegistryError> {
        let unusable = |reason: String| RegistryError::Credentials {
            registry: registry.to_owned(),
            reason,
        };
        let variable = |name| {
            let value = portolan_machine::text::variable(name);
            value.map_err(|reason| unusable(format!("{name}: {reason}")))
        };
        match (variable(USERNAME_VARIABLE)?, variable(PASSWORD_VARIABLE)?) {
            (Some(username), Some(password)) => Ok(Self {
                secret: Secret::Password(username, password.into()),
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

    /// The credentials that `docker login` stored.
    fn stored(registry: &str, file: &Path) -> Result<Self, String> {
        let name = file.display();
        let unreadable = |reason: &str| {
            format!(
                "Docker's configuration file cannot be read: {name}: {reason}; repair it, or set DOCKER_CONFIG to another folder"
            )
        };
        let text = portolan_machine::text::read_file(file, FILE_LIMIT_BYTES)
            .map_err(|error| unreadable(&error.to_string()))?;
        // The parser's message may quote a part of the line.
        let mut configuration: Value = serde_json::from_str(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            unreadable(&format!("it is not JSON (line {line}, column {column})"))
        })?;
        let entries = configuration
            .get_mut("auths")
            .and_then(Value::as_object_mut);
        for entry in entries.into_iter().flat_map(Map::values_mut) {
            if let Value::Object(entry) = entry {
                tidy(entry);
            }
        }
        let login = if registry == DOCKER_HUB {
            DOCKER_HUB_LOGIN
        } else {
            registry
        };
        let helper = |name: &Value| Some(name.as_str()?.to_owned()).filter(|name| !name.is_empty());
        if let Some(helper) = helper(&configuration["credHelpers"][login]) {
            return Ok(Self::helped(registry, login, &helper, file));
        }
        // The crate would run helpers itself, and wait without a limit.
        let text = serde_json::json!({"auths": configuration["auths"]}).to_string();
        match docker_credential::get_credential_from_reader(text.as_bytes(), login) {
            Ok(DockerCredential::UsernamePassword(username, password)) => {
                Ok(Self::of(username, password))
            }
            Ok(DockerCredential::IdentityToken(token)) => Ok(Self::of(TOKEN_USER.into(), token)),
            Err(CredentialRetrievalError::NoCredentialConfigured) => {
                Ok(match helper(&configuration["credsStore"]) {
                    Some(helper) => Self::helped(registry, login, &helper, file),
                    None => Self::none("without credentials"),
                })
            }
            Err(CredentialRetrievalError::ConfigReadError) => {
                Err(unreadable("its logins are not in Docker's format"))
            }
            Err(_) => Err(format!(
                "those in {name} cannot be decoded; log in again with `docker login {registry}`"
            )),
        }
    }

    fn of(username: String, secret: String) -> Self {
        let secret = SecretString::from(secret);
        // `echo user:password | base64` also encodes the line break.
        let secret = secret.expose_secret().trim_end_matches(['\r', '\n']).into();
        Self {
            secret: match username.as_str() {
                TOKEN_USER => Secret::Identity(secret),
                _ => Secret::Password(username, secret),
            },
            origin: "with the credentials of docker login".to_owned(),
        }
    }

    /// The credentials of a credential helper.
    fn helped(registry: &str, login: &str, helper: &str, file: &Path) -> Self {
        let program = format!("docker-credential-{helper}");
        let name = printable(&program, 128);
        match helper::ask(&program, login) {
            Ok(Some(stored)) => Self::of(stored.username, stored.secret),
            Ok(None) => Self::none(format!(
                "without credentials; the credential helper `{name}` has none for this registry"
            )),
            Err(what) => {
                let reason = format!(
                    "the credential helper `{name}`, which {} names, {what}",
                    file.display()
                );
                tracing::warn!("{reason}; continuing without credentials for {registry}");
                Self::none(format!("without credentials, because {reason}"))
            }
        }
    }
}

/// Removes values that Docker treats as absent, and white space, which some tools write into base64 and
/// tokens.
fn tidy(entry: &mut Map<String, Value>) {
    for (name, value) in entry.iter_mut() {
        if let Value::String(text) = value {
            match name.as_str() {
                "auth" => text.retain(|character| !character.is_whitespace()),
                "identitytoken" => *text = text.trim().to_owned(),
                _ => {}
            }
        }
    }
    entry.retain(|_, value| value != "");
}

/// The folder of `docker login`'s configuration. As in Docker, an empty variable counts as absent.
fn docker_configuration() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = set("DOCKER_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(set("HOME")?).join(".docker")));
    Some(folder?.join("config.json"))
}
