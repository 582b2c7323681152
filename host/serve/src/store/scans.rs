//! Scans, which are also the queue.

use std::collections::HashSet;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteExecutor};

use super::{StoreError, Write};
use crate::place::ScanPlace;

/// The state of a scan. A scan is open until it has one of the last four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScanState {
    Queued,
    Running,
    Complete,
    Partial,
    Failed,
    Cancelled,
}

impl ScanState {
    pub(crate) const ALL: [Self; 6] = [
        Self::Queued,
        Self::Running,
        Self::Complete,
        Self::Partial,
        Self::Failed,
        Self::Cancelled,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }

    pub(super) fn of(word: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|it| it.word() == word);
        found.ok_or(StoreError::Row("a scan"))
    }
}

/// A scan, without its report.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    pub(crate) id: String,
    pub(crate) registration_id: String,
    /// `schedule`, `registered` or `asked`.
    pub(crate) trigger: String,
    pub(crate) state: ScanState,
    /// The number of tries, this one included.
    pub(crate) attempt: i64,
    pub(crate) heartbeat_at: Option<i64>,
    /// JSON.
    pub(crate) progress: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) started_at: Option<i64>,
    pub(crate) finished_at: Option<i64>,
    pub(crate) captured_at: Option<i64>,
    /// JSON: the numbers of findings.
    pub(crate) counts: Option<String>,
}

/// The process and the try that a running scan belongs to. Writes of an earlier one change nothing.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub(crate) scan_id: String,
    pub(crate) owner: String,
    pub(crate) attempt: i64,
}

/// The result of a scan.
#[derive(Clone, Debug)]
pub(crate) struct Ending<'e> {
    pub(crate) state: ScanState,
    pub(crate) reason: Option<&'e str>,
    pub(crate) captured_at: Option<i64>,
    /// JSON.
    pub(crate) report: Option<String>,
    pub(crate) assessment: Option<String>,
    pub(crate) counts: Option<String>,
}

fn scan(row: &SqliteRow) -> Result<Scan, StoreError> {
    Ok(Scan {
        id: row.try_get("id")?,
        registration_id: row.try_get("registration_id")?,
        trigger: row.try_get("trigger_kind")?,
        state: ScanState::of(row.try_get("state")?)?,
        attempt: row.try_get("attempt")?,
        heartbeat_at: row.try_get("heartbeat_at")?,
        progress: row.try_get("progress")?,
        reason: row.try_get("reason")?,
        created_at: row.try_get("created_at")?,
        started_at: row.try_get("started_at")?,
        finished_at: row.try_get("finished_at")?,
        captured_at: row.try_get("captured_at")?,
        counts: row.try_get("counts")?,
    })
}

/// The columns of [`Scan`]. Reports are large and are read on their own.
macro_rules! scan_columns {
    ($rest:literal) => {
        concat!(
            "SELECT id, registration_id, trigger_kind, state, attempt, heartbeat_at, progress, reason, created_at, \
             started_at, finished_at, captured_at, counts FROM scans ",
            $rest
        )
    };
}

/// Queues a scan, unless its registration has an open one, whose id it then returns with `false`.
pub(crate) async fn queue(
    write: &mut Write,
    registration_id: &str,
    places: &[ScanPlace],
    trigger: &str,
    now: i64,
) -> Result<(String, bool), StoreError> {
    let open: Option<String> = sqlx::query_scalar(
        "SELECT id FROM scans WHERE registration_id = $1 AND state IN ('queued', 'running')",
    )
    .bind(registration_id)
    .fetch_optional(&mut **write)
    .await?;
    if let Some(open) = open {
        return Ok((open, false));
    }
    let id = crate::moment::id();
    sqlx::query(
        "INSERT INTO scans (id, registration_id, trigger_kind, state, attempt, not_before, created_at) \
         VALUES ($1, $2, $3, 'queued', 0, $4, $4)",
    )
    .bind(&id)
    .bind(registration_id)
    .bind(trigger)
    .bind(now)
    .execute(&mut **write)
    .await?;
    for place in places {
        sqlx::query("INSERT INTO scan_places (scan_id, account_id, region) VALUES ($1, $2, $3)")
            .bind(&id)
            .bind(&place.account_id)
            .bind(&place.region)
            .execute(&mut **write)
            .await?;
    }
    Ok((id, true))
}

/// Claims the oldest scan whose accounts and Regions no running scan asks, and counts the try.
pub(crate) async fn claim(
    write: &mut Write,
    owner: &str,
    now: i64,
) -> Result<Option<Lease>, StoreError> {
    let claimed: Option<(String, i64)> = sqlx::query_as(
        "UPDATE scans SET state = 'running', attempt = attempt + 1, owner = $1, heartbeat_at = $2, \
         started_at = COALESCE(started_at, $2), progress = NULL \
         WHERE id = (SELECT candidate.id FROM scans candidate \
           WHERE candidate.state = 'queued' AND candidate.not_before <= $2 AND NOT EXISTS (\
             SELECT 1 FROM scan_places mine, scan_places theirs, scans other \
             WHERE mine.scan_id = candidate.id AND theirs.scan_id = other.id AND other.state = 'running' \
             AND (mine.account_id = theirs.account_id OR mine.account_id = '*' OR theirs.account_id = '*') \
             AND (mine.region = theirs.region OR mine.region = '*' OR theirs.region = '*')) \
           ORDER BY candidate.id LIMIT 1) \
         RETURNING id, attempt",
    )
    .bind(owner)
    .bind(now)
    .fetch_optional(&mut **write)
    .await?;
    Ok(claimed.map(|(scan_id, attempt)| Lease {
        scan_id,
        owner: owner.to_owned(),
        attempt,
    }))
}

/// Notes that the scan goes on. `false` if it no longer belongs to this try.
pub(crate) async fn heartbeat(
    write: &mut Write,
    lease: &Lease,
    progress: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE scans SET heartbeat_at = $1, progress = $2 \
         WHERE id = $3 AND owner = $4 AND attempt = $5 AND state = 'running'",
    )
    .bind(now)
    .bind(progress)
    .bind(&lease.scan_id)
    .bind(&lease.owner)
    .bind(lease.attempt)
    .execute(&mut **write)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a scan. `false` if it no longer belongs to this try.
pub(crate) async fn end(
    write: &mut Write,
    lease: &Lease,
    ending: &Ending<'_>,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE scans SET state = $1, reason = $2, captured_at = $3, report = $4, assessment = $5, counts = $6, \
         finished_at = $7, owner = NULL WHERE id = $8 AND owner = $9 AND attempt = $10 AND state = 'running'",
    )
    .bind(ending.state.word())
    .bind(ending.reason)
    .bind(ending.captured_at)
    .bind(&ending.report)
    .bind(&ending.assessment)
    .bind(&ending.counts)
    .bind(now)
    .bind(&lease.scan_id)
    .bind(&lease.owner)
    .bind(lease.attempt)
    .execute(&mut **write)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts a running scan back into the queue. `refund` does not count the try, because nothing failed.
pub(crate) async fn put_back(
    write: &mut Write,
    lease: &Lease,
    reason: &str,
    refund: bool,
    not_before: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE scans SET state = 'queued', owner = NULL, reason = $1, not_before = $2, attempt = attempt - $3 \
         WHERE id = $4 AND owner = $5 AND attempt = $6 AND state = 'running'",
    )
    .bind(reason)
    .bind(not_before)
    .bind(i64::from(refund))
    .bind(&lease.scan_id)
    .bind(&lease.owner)
    .bind(lease.attempt)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// The running scans of other processes than `owner`, which have died.
pub(crate) async fn abandoned(
    from: impl SqliteExecutor<'_>,
    owner: &str,
) -> Result<Vec<Lease>, StoreError> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT id, owner, attempt FROM scans WHERE state = 'running' AND owner <> $1",
    )
    .bind(owner)
    .fetch_all(from)
    .await?;
    let leases = rows.into_iter().map(|(scan_id, owner, attempt)| Lease {
        scan_id,
        owner,
        attempt,
    });
    Ok(leases.collect())
}

/// Ends a queued scan as cancelled. `false` if it was not queued.
pub(crate) async fn cancel_queued(
    write: &mut Write,
    id: &str,
    reason: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE scans SET state = 'cancelled', reason = $1, finished_at = $2 WHERE id = $3 AND state = 'queued'",
    )
    .bind(reason)
    .bind(now)
    .bind(id)
    .execute(&mut **write)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The open scans of a registration.
pub(crate) async fn open_of(
    from: impl SqliteExecutor<'_>,
    registration_id: &str,
) -> Result<Vec<Scan>, StoreError> {
    let rows = sqlx::query(scan_columns!(
        "WHERE registration_id = $1 AND state IN ('queued', 'running')"
    ))
    .bind(registration_id)
    .fetch_all(from)
    .await?;
    rows.iter().map(scan).collect()
}

pub(crate) async fn by_id(
    from: impl SqliteExecutor<'_>,
    id: &str,
) -> Result<Option<Scan>, StoreError> {
    let row = sqlx::query(scan_columns!("WHERE id = $1"))
        .bind(id)
        .fetch_optional(from)
        .await?;
    row.as_ref().map(scan).transpose()
}

/// Scans older than the one with id `before`, the newest first, of a registration and in a state if these are given.
pub(crate) async fn page(
    from: impl SqliteExecutor<'_>,
    registration_id: Option<&str>,
    state: Option<ScanState>,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Scan>, StoreError> {
    // With a condition for each, an index can be chosen.
    let mut query = QueryBuilder::<Sqlite>::new(scan_columns!("WHERE 1 = 1"));
    if let Some(id) = registration_id {
        query.push(" AND registration_id = ").push_bind(id);
    }
    if let Some(state) = state {
        query.push(" AND state = ").push_bind(state.word());
    }
    if let Some(before) = before {
        query.push(" AND id < ").push_bind(before);
    }
    query.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
    let rows = query.build().fetch_all(from).await?;
    rows.iter().map(scan).collect()
}

/// The registrations that one scan alone has read.
pub(crate) async fn read_once(
    from: impl SqliteExecutor<'_>,
) -> Result<HashSet<String>, StoreError> {
    let query = "SELECT registration_id FROM scans WHERE state IN ('complete', 'partial') \
        GROUP BY registration_id HAVING COUNT(*) = 1";
    let ids: Vec<String> = sqlx::query_scalar(query).fetch_all(from).await?;
    Ok(ids.into_iter().collect())
}

/// The newest scan of each registration.
pub(crate) async fn newest(from: impl SqliteExecutor<'_>) -> Result<Vec<Scan>, StoreError> {
    let rows = sqlx::query(scan_columns!(
        "WHERE id IN (SELECT MAX(id) FROM scans GROUP BY registration_id)"
    ))
    .fetch_all(from)
    .await?;
    rows.iter().map(scan).collect()
}

/// The report and the assessment of a scan, as JSON.
pub(crate) async fn documents(
    from: impl SqliteExecutor<'_>,
    id: &str,
) -> Result<Option<(Option<String>, Option<String>)>, StoreError> {
    let row = sqlx::query_as("SELECT report, assessment FROM scans WHERE id = $1")
        .bind(id)
        .fetch_optional(from)
        .await?;
    Ok(row)
}

/// The number of scans in each state.
pub(crate) async fn counts(
    from: impl SqliteExecutor<'_>,
) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query_as("SELECT state, COUNT(*) FROM scans GROUP BY state")
        .fetch_all(from)
        .await?;
    Ok(rows)
}

/// Forgets scans that ended before a time, but for those whose records are in the store.
pub(crate) async fn forget(write: &mut Write, before: i64) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM scans WHERE finished_at < $1 \
         AND NOT EXISTS (SELECT 1 FROM registrations r WHERE r.loaded_scan = scans.id)",
    )
    .bind(before)
    .execute(&mut **write)
    .await?;
    Ok(())
}
