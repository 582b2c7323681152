//! Scans that have ended, with the numbers of their findings.

use sqlx::{Row, SqliteExecutor};

use super::StoreError;
use super::scans::ScanState;

/// A scan that has ended, as a trend shows it.
#[derive(Debug)]
pub(crate) struct EndedScan {
    pub(crate) id: String,
    pub(crate) registration_id: String,
    pub(crate) state: ScanState,
    pub(crate) captured_at: Option<i64>,
    pub(crate) finished_at: i64,
    /// JSON: the numbers of findings.
    pub(crate) counts: Option<String>,
}

/// Ended scans older than the one with id `before`, the newest first.
pub(crate) async fn page(
    from: impl SqliteExecutor<'_>,
    registration_id: Option<&str>,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<EndedScan>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, registration_id, state, captured_at, finished_at, counts FROM scans \
         WHERE finished_at IS NOT NULL AND ($1 IS NULL OR registration_id = $1) AND ($2 IS NULL OR id < $2) \
         ORDER BY id DESC LIMIT $3",
    )
    .bind(registration_id)
    .bind(before)
    .bind(limit)
    .fetch_all(from)
    .await?;
    let ended = rows.iter().map(|row| {
        Ok(EndedScan {
            id: row.try_get("id")?,
            registration_id: row.try_get("registration_id")?,
            state: ScanState::of(row.try_get("state")?)?,
            captured_at: row.try_get("captured_at")?,
            finished_at: row.try_get("finished_at")?,
            counts: row.try_get("counts")?,
        })
    });
    ended.collect()
}
