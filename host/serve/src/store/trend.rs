//! Scans that have ended, with the numbers of their findings.

use sqlx::{QueryBuilder, Row, Sqlite, SqliteExecutor};

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
    let mut query = QueryBuilder::<Sqlite>::new(
        "SELECT id, registration_id, state, captured_at, finished_at, counts FROM scans WHERE finished_at IS NOT NULL",
    );
    if let Some(id) = registration_id {
        query.push(" AND registration_id = ").push_bind(id);
    }
    if let Some(before) = before {
        query.push(" AND id < ").push_bind(before);
    }
    query.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
    let rows = query.build().fetch_all(from).await?;
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
