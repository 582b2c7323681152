//! Making and revoking tokens, for the command line and the API alike.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;

use crate::moment;
use crate::store::audit::{self, Act};
use crate::store::tokens::{self, TokenRow};
use crate::store::{Store, StoreError};
use crate::token::{self, Role};

/// A token cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// A valid token has the name.
    #[error("a token with the name {0} is valid already; revoke it first, or choose another name")]
    Taken(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system has no random bits.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

/// Makes a token, and returns its text, which is kept nowhere.
pub(crate) async fn create(
    store: &Store,
    actor: &str,
    name: &str,
    role: Role,
    life: Option<Duration>,
) -> Result<(TokenRow, SecretString), TokenError> {
    let text = token::generate().ok_or(TokenError::NoRandomness)?;
    let hash = token::hash(&text).ok_or(TokenError::NoRandomness)?;
    let now = moment::now();
    let life_ms = life.map(|life| i64::try_from(life.as_millis()).unwrap_or(i64::MAX / 2));
    let row = TokenRow {
        id: moment::id(),
        name: name.to_owned(),
        role: role.word().to_owned(),
        created_at: now,
        expires_at: life_ms.map(|life_ms| now.saturating_add(life_ms)),
        last_used_at: None,
        revoked_at: None,
    };
    let mut write = store.write().await?;
    tokens::insert(&mut write, &row, &hash)
        .await
        .map_err(|error| match error.is_taken() {
            true => TokenError::Taken(name.to_owned()),
            false => error.into(),
        })?;
    let act = Act {
        actor,
        action: "token.created",
        target: name,
        outcome: "done",
        detail: json!({"tokenId": row.id, "role": row.role, "expiresAt": row.expires_at.map(moment::text)}),
    };
    audit::add(&mut write, &act).await?;
    write.commit().await.map_err(StoreError::from)?;
    Ok((row, text))
}

/// Revokes the valid token of an id or a name. `false` if there is none.
pub(crate) async fn revoke(
    store: &Store,
    actor: &str,
    id_or_name: &str,
) -> Result<bool, StoreError> {
    let mut write = store.write().await?;
    let Some(name) = tokens::revoke(&mut write, id_or_name, moment::now()).await? else {
        return Ok(false);
    };
    let act = Act {
        actor,
        action: "token.revoked",
        target: &name,
        outcome: "done",
        detail: json!({}),
    };
    audit::add(&mut write, &act).await?;
    write.commit().await?;
    Ok(true)
}
