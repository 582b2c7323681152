//! The audit log.

use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, Write};

/// An entry of the audit log.
#[derive(Clone, Debug)]
pub(crate) struct AuditRow {
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) target: String,
    pub(crate) outcome: String,
    pub(crate) detail: String,
}

/// An act, as it is written to the log. Nothing here may be a secret.
#[derive(Clone, Debug)]
pub(crate) struct Act<'a> {
    /// The token's name, or `command line`, `service`, `unknown`.
    pub(crate) actor: &'a str,
    /// What was done, for example `credential.stored`.
    pub(crate) action: &'static str,
    /// The name of the object.
    pub(crate) target: &'a str,
    /// `done` or `refused`.
    pub(crate) outcome: &'static str,
    pub(crate) detail: Value,
}

/// Adds an entry, in the transaction of the act itself.
pub(crate) async fn add(write: &mut Write, act: &Act<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit (id, at, actor, action, target, outcome, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(crate::moment::id())
    .bind(crate::moment::now())
    .bind(act.actor)
    .bind(act.action)
    .bind(act.target)
    .bind(act.outcome)
    .bind(act.detail.to_string())
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Entries older than the one with id `before`, the newest first.
pub(crate) async fn page(
    store: &Store,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let rows =
        sqlx::query("SELECT * FROM audit WHERE $1 IS NULL OR id < $1 ORDER BY id DESC LIMIT $2")
            .bind(before)
            .bind(limit)
            .fetch_all(store.read())
            .await?;
    Ok(rows.iter().map(entry).collect::<Result<_, _>>()?)
}

/// Entries from before a time are forgotten.
pub(crate) async fn forget(write: &mut Write, before: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM audit WHERE at < $1")
        .bind(before)
        .execute(&mut **write)
        .await?;
    Ok(())
}

fn entry(row: &SqliteRow) -> Result<AuditRow, sqlx::Error> {
    Ok(AuditRow {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        actor: row.try_get("actor")?,
        action: row.try_get("action")?,
        target: row.try_get("target")?,
        outcome: row.try_get("outcome")?,
        detail: row.try_get("detail")?,
    })
}
