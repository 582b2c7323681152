//! Registrations: what is scanned, with which credential, and when.

use std::collections::HashMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteExecutor};

use super::{StoreError, Write, from_json, json};
use crate::place::ScanPlace;
use crate::registration::Wishes;
use crate::schedule::Schedule;

/// Whether a registration is scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Active,
    /// Somebody paused it.
    Paused,
    /// It lacks its credential.
    Stopped,
}

impl State {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
        }
    }

    fn of(word: &str) -> Result<Self, StoreError> {
        let all = [Self::Active, Self::Paused, Self::Stopped];
        let found = all.into_iter().find(|it| it.word() == word);
        found.ok_or(StoreError::Row("a registration"))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Registration {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Absent after its credential was deleted.
    pub(crate) credential_id: Option<String>,
    pub(crate) wishes: Wishes,
    pub(crate) schedule: Schedule,
    pub(crate) places: Vec<ScanPlace>,
    pub(crate) state: State,
    pub(crate) state_reason: Option<String>,
    pub(crate) next_run_at: Option<i64>,
    /// When `next_run_at` was computed. A clock that is before it was set back.
    pub(crate) planned_at: i64,
    pub(crate) loaded_scan: Option<String>,
    pub(crate) captured_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

fn registration(row: &SqliteRow) -> Result<Registration, StoreError> {
    Ok(Registration {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        credential_id: row.try_get("credential_id")?,
        wishes: from_json(row.try_get("settings")?, "a registration")?,
        schedule: from_json(row.try_get("schedule")?, "a schedule")?,
        places: from_json(row.try_get("places")?, "a registration's places")?,
        state: State::of(row.try_get("state")?)?,
        state_reason: row.try_get("state_reason")?,
        next_run_at: row.try_get("next_run_at")?,
        planned_at: row.try_get("planned_at")?,
        loaded_scan: row.try_get("loaded_scan")?,
        captured_at: row.try_get("captured_at")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

/// Inserts a registration, or replaces the one with its id, but for what it has loaded.
pub(crate) async fn put(write: &mut Write, it: &Registration) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO registrations (id, name, credential_id, settings, schedule, places, state, state_reason, \
         next_run_at, planned_at, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, credential_id = excluded.credential_id, \
         settings = excluded.settings, schedule = excluded.schedule, places = excluded.places, \
         state = excluded.state, state_reason = excluded.state_reason, next_run_at = excluded.next_run_at, \
         planned_at = excluded.planned_at, updated_at = excluded.updated_at",
    )
    .bind(&it.id)
    .bind(&it.name)
    .bind(&it.credential_id)
    .bind(json(&it.wishes)?)
    .bind(json(&it.schedule)?)
    .bind(json(&it.places)?)
    .bind(it.state.word())
    .bind(&it.state_reason)
    .bind(it.next_run_at)
    .bind(it.planned_at)
    .bind(it.created_at)
    .bind(it.updated_at)
    .execute(&mut **write)
    .await?;
    Ok(())
}

pub(crate) async fn by_id(
    from: impl SqliteExecutor<'_>,
    id: &str,
) -> Result<Option<Registration>, StoreError> {
    let row = sqlx::query("SELECT * FROM registrations WHERE id = $1")
        .bind(id)
        .fetch_optional(from)
        .await?;
    row.as_ref().map(registration).transpose()
}

/// Registrations whose id follows `after`, by id.
pub(crate) async fn page(
    from: impl SqliteExecutor<'_>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Registration>, StoreError> {
    let rows = sqlx::query("SELECT * FROM registrations WHERE id > $1 ORDER BY id LIMIT $2")
        .bind(after.unwrap_or_default())
        .bind(limit)
        .fetch_all(from)
        .await?;
    rows.iter().map(registration).collect()
}

/// The names of registrations by their id.
pub(crate) async fn names(
    from: impl SqliteExecutor<'_>,
) -> Result<HashMap<String, String>, StoreError> {
    let query = sqlx::query_as("SELECT id, name FROM registrations");
    let rows: Vec<(String, String)> = query.fetch_all(from).await?;
    Ok(rows.into_iter().collect())
}

/// The number of registrations.
pub(crate) async fn count(from: impl SqliteExecutor<'_>) -> Result<i64, StoreError> {
    let query = sqlx::query_scalar("SELECT COUNT(*) FROM registrations");
    Ok(query.fetch_one(from).await?)
}

/// The registrations that use a credential.
pub(crate) async fn of_credential(
    from: impl SqliteExecutor<'_>,
    credential_id: &str,
) -> Result<Vec<Registration>, StoreError> {
    let rows = sqlx::query("SELECT * FROM registrations WHERE credential_id = $1 ORDER BY id")
        .bind(credential_id)
        .fetch_all(from)
        .await?;
    rows.iter().map(registration).collect()
}

/// The active registrations whose time has come, or whose plan was made with a clock that was ahead.
pub(crate) async fn due(
    from: impl SqliteExecutor<'_>,
    now: i64,
    limit: i64,
) -> Result<Vec<Registration>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM registrations WHERE state = 'active' AND (next_run_at <= $1 OR planned_at > $1) \
         ORDER BY next_run_at LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(from)
    .await?;
    rows.iter().map(registration).collect()
}

/// Whether one exists, and its name, that may ask a place of `places`, other than `id`.
pub(crate) async fn overlapping(
    from: impl SqliteExecutor<'_>,
    id: &str,
    places: &[ScanPlace],
) -> Result<Option<(String, ScanPlace)>, StoreError> {
    let rows = sqlx::query("SELECT name, places FROM registrations WHERE id <> $1")
        .bind(id)
        .fetch_all(from)
        .await?;
    for row in rows {
        let others: Vec<ScanPlace> = from_json(row.try_get("places")?, "a registration's places")?;
        let shared = places
            .iter()
            .find(|place| others.iter().any(|other| place.overlaps(other)));
        if let Some(shared) = shared {
            return Ok(Some((row.try_get("name")?, shared.clone())));
        }
    }
    Ok(None)
}

pub(crate) async fn delete(write: &mut Write, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM registrations WHERE id = $1")
        .bind(id)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Notes when a registration runs next.
pub(crate) async fn plan(
    write: &mut Write,
    id: &str,
    next_run_at: Option<i64>,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE registrations SET next_run_at = $1, planned_at = $2 WHERE id = $3")
        .bind(next_run_at)
        .bind(now)
        .bind(id)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Notes the scan whose records are in the store now.
pub(crate) async fn loaded(
    write: &mut Write,
    id: &str,
    scan_id: &str,
    captured_at: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE registrations SET loaded_scan = $1, captured_at = $2 WHERE id = $3")
        .bind(scan_id)
        .bind(captured_at)
        .bind(id)
        .execute(&mut **write)
        .await?;
    Ok(())
}
