//! What the command line does in a data folder, also beside a running service.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;

use crate::error::ServeError;
use crate::folder::DataFolder;
use crate::moment;
use crate::start::open_vault;
use crate::store::audit::{self, Act};
use crate::store::{Store, StoreError, credentials};
use crate::token::Role;
use crate::tokens::{self, TokenError};

/// The actor of these acts in the audit log.
const ACTOR: &str = "command line";

/// Makes a token, and returns its text.
///
/// # Errors
/// Fails if a valid token has the name.
pub async fn create_token(
    folder: &DataFolder,
    name: &str,
    role: Role,
    life: Option<Duration>,
) -> Result<SecretString, TokenError> {
    let store = Store::open(folder.path()).await?;
    let made = tokens::create(&store, ACTOR, name, role, life).await;
    store.close().await;
    Ok(made?.1)
}

/// Revokes the valid token of an id or a name. `false` if there is none.
///
/// # Errors
/// Fails if the store does.
pub async fn revoke_token(folder: &DataFolder, id_or_name: &str) -> Result<bool, StoreError> {
    let store = Store::open(folder.path()).await?;
    let revoked = tokens::revoke(&store, ACTOR, id_or_name).await;
    store.close().await;
    revoked
}

/// A line for each token: name, role, made, expiry, last use, revocation.
///
/// # Errors
/// Fails if the store does.
pub async fn list_tokens(folder: &DataFolder) -> Result<String, StoreError> {
    let store = Store::open(folder.path()).await?;
    let rows = crate::store::tokens::all(&store).await;
    store.close().await;
    let time = |at: Option<i64>| at.map_or_else(|| "-".to_owned(), moment::text);
    let mut text = String::new();
    for row in rows? {
        let made = moment::text(row.created_at);
        text.push_str(&format!(
            "{}\t{}\tcreated {made}\texpires {}\tlast used {}\trevoked {}\n",
            portolan_machine::text::printable(&row.name, 128),
            row.role,
            time(row.expires_at),
            time(row.last_used_at),
            time(row.revoked_at),
        ));
    }
    Ok(text)
}

/// Makes a new master key, and encrypts the keys of all credentials with it. Returns its id.
///
/// # Errors
/// Fails if the keys cannot be read or written.
pub async fn rotate_key(
    folder: &DataFolder,
    master_key: Option<SecretString>,
) -> Result<String, ServeError> {
    let store = Store::open(folder.path()).await?;
    let vault = open_vault(&store, folder, master_key).await?;
    let key_id = vault.rotate()?;
    let mut write = store.write().await?;
    let mut count = 0;
    for (id, sealed) in credentials::sealed(&mut *write).await? {
        if let Some(renewed) = vault.rewrap(&id, &sealed)? {
            credentials::rewrap(&mut write, &id, &renewed).await?;
            count += 1;
        }
    }
    let act = Act {
        actor: ACTOR,
        action: "key.rotated",
        target: &key_id,
        outcome: "done",
        detail: json!({"credentials": count}),
    };
    audit::add(&mut write, &act).await?;
    write.commit().await.map_err(StoreError::from)?;
    store.close().await;
    Ok(key_id)
}
