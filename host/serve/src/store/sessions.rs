//! Sessions of the page.

use sqlx::{Row, SqliteExecutor};

use super::tokens::{TokenRow, token};
use super::{StoreError, Write};

pub(crate) async fn insert(
    write: &mut Write,
    hash: &str,
    token_id: &str,
    now: i64,
    expires_at: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (hash, token_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(hash)
    .bind(token_id)
    .bind(now)
    .bind(expires_at)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// The token of a session that has not ended. Whether the token itself is valid is another question.
pub(crate) async fn token_of(
    from: impl SqliteExecutor<'_>,
    hash: &str,
    now: i64,
) -> Result<Option<TokenRow>, StoreError> {
    let row = sqlx::query(
        "SELECT t.* FROM sessions s JOIN tokens t ON t.id = s.token_id WHERE s.hash = $1 AND s.expires_at > $2",
    )
    .bind(hash)
    .bind(now)
    .fetch_optional(from)
    .await?;
    Ok(row.as_ref().map(token).transpose()?)
}

/// Ends a session. `false` if there is none.
pub(crate) async fn end(write: &mut Write, hash: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM sessions WHERE hash = $1")
        .bind(hash)
        .execute(&mut **write)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The numbers of open sessions by token.
pub(crate) async fn counts(
    from: impl SqliteExecutor<'_>,
    now: i64,
) -> Result<std::collections::HashMap<String, i64>, StoreError> {
    let query =
        "SELECT token_id, COUNT(*) AS open FROM sessions WHERE expires_at > $1 GROUP BY token_id";
    let rows = sqlx::query(query).bind(now).fetch_all(from).await?;
    let counts = rows
        .iter()
        .map(|row| Ok((row.try_get("token_id")?, row.try_get("open")?)));
    Ok(counts.collect::<Result<_, sqlx::Error>>()?)
}

/// Sessions that have ended are forgotten.
pub(crate) async fn expire(write: &mut Write, now: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
        .bind(now)
        .execute(&mut **write)
        .await?;
    Ok(())
}
