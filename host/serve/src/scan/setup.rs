//! The configuration of a scan or a plan, with the keys of its credential.

use std::path::PathBuf;

use portolan_aws::AccessKeys;
use portolan_sync::config::Config;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::moment;
use crate::shared::Shared;
use crate::store::audit::{self, Act};
use crate::store::credentials::{self, Credential};
use crate::store::registrations::Registration;
use crate::store::{StoreError, Write};

/// The configuration of a registration with the keys of its credential.
///
/// # Errors
/// The sentence of what cannot be used.
pub(crate) fn config(
    service: &Shared,
    registration: &Registration,
    credential: &Credential,
) -> Result<Config, String> {
    let mut settings = service.settings.clone();
    if settings.revision_cache.is_none() && settings.endpoint_url.is_none() {
        // One for each registration, because two syncs cannot open one file.
        settings.revision_cache = Some(revision_cache(service, &registration.id));
    }
    let wishes = &registration.wishes;
    let mut config = wishes.config(&settings, service.modules.as_ref(), &credential.roles)?;
    let secrets = service.vault.unseal(&credential.id, &credential.sealed);
    let secrets = secrets.map_err(|error| error.to_string())?;
    if let Some((access_key_id, secret_access_key)) = credential
        .access_key_id
        .clone()
        .zip(secrets.secret_access_key)
    {
        config.connection.access_keys = Some(AccessKeys {
            access_key_id,
            secret_access_key,
            session_token: secrets.session_token,
        });
    } else if !service.allows_host_credentials {
        return Err(
            "its credential has roles and no keys, and this service does not use the credentials of its host; start it with --allow-host-credentials, or store keys".into(),
        );
    }
    if let Some(external_id) = secrets.external_id {
        config.connection.external_id = Some(external_id.expose_secret().to_owned());
    }
    Ok(config)
}

/// The revision cache of a registration.
pub(crate) fn revision_cache(service: &Shared, registration_id: &str) -> PathBuf {
    let name = format!("revisions-{registration_id}.redb");
    service.data.join("cache").join(name)
}

/// Notes that a credential is used, with the member that says what for.
pub(crate) async fn note_use(
    write: &mut Write,
    registration: &Registration,
    credential: &Credential,
    (what, value): (&str, &str),
) -> Result<(), StoreError> {
    credentials::used(write, &credential.id, moment::now()).await?;
    let act = Act {
        actor: "service",
        action: "credential.used",
        target: &credential.name,
        outcome: "done",
        detail: json!({"credentialId": credential.id, "taskId": registration.id, what: value}),
    };
    audit::add(write, &act).await
}
