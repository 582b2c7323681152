//! Tokens of the API.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, Write};

/// A token, without its text.
#[derive(Clone, Debug)]
pub(crate) struct TokenRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) created_at: i64,
    pub(crate) expires_at: Option<i64>,
    pub(crate) last_used_at: Option<i64>,
    pub(crate) revoked_at: Option<i64>,
}

pub(super) fn token(row: &SqliteRow) -> Result<TokenRow, sqlx::Error> {
    Ok(TokenRow {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        role: row.try_get("role")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        last_used_at: row.try_get("last_used_at")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}

pub(crate) async fn insert(
    write: &mut Write,
    token: &TokenRow,
    hash: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO tokens (id, name, hash, role, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&token.id)
    .bind(&token.name)
    .bind(hash)
    .bind(&token.role)
    .bind(token.created_at)
    .bind(token.expires_at)
    .execute(&mut **write)
    .await?;
    Ok(())
}

pub(crate) async fn by_hash(store: &Store, hash: &str) -> Result<Option<TokenRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM tokens WHERE hash = $1")
        .bind(hash)
        .fetch_optional(store.read())
        .await?;
    Ok(row.as_ref().map(token).transpose()?)
}

/// All tokens, the newest first.
pub(crate) async fn all(store: &Store) -> Result<Vec<TokenRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM tokens ORDER BY id DESC")
        .fetch_all(store.read())
        .await?;
    Ok(rows.iter().map(token).collect::<Result<_, _>>()?)
}

/// Revokes the valid token of this id or name, and returns its name.
pub(crate) async fn revoke(
    write: &mut Write,
    id_or_name: &str,
    now: i64,
) -> Result<Option<String>, StoreError> {
    let revoked = sqlx::query_scalar(
        "UPDATE tokens SET revoked_at = $1 WHERE (id = $2 OR name = $2) AND revoked_at IS NULL RETURNING name",
    )
    .bind(now)
    .bind(id_or_name)
    .fetch_optional(&mut **write)
    .await?;
    Ok(revoked)
}

pub(crate) async fn used(write: &mut Write, id: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE tokens SET last_used_at = $1 WHERE id = $2")
        .bind(now)
        .bind(id)
        .execute(&mut **write)
        .await?;
    Ok(())
}
