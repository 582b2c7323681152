//! Lists and counts of findings.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteExecutor};

use super::StoreError;
use crate::store::filter::{Filter, push_mutes};

/// A finding, as it is listed.
#[derive(Debug)]
pub(crate) struct FoundRow {
    pub(crate) id: String,
    pub(crate) uid: String,
    pub(crate) severity: i64,
    pub(crate) registration_id: String,
    pub(crate) registration: String,
    /// JSON, without LAST_CAPTURED and mutes.
    pub(crate) body: String,
    pub(crate) first_seen: i64,
    pub(crate) last_seen: i64,
    /// Whether the newest scan could not see it.
    pub(crate) is_stale: bool,
    pub(crate) since: i64,
    pub(crate) failing_since: Option<i64>,
    pub(crate) resolved_at: Option<i64>,
    pub(crate) gone_at: Option<i64>,
    pub(crate) change: String,
    pub(crate) mute_id: Option<String>,
}

/// The order of a list. Each ends in the id, so that it is total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// The worst first, then the newest.
    Severity,
    /// The newest change first.
    Since,
    /// By UID.
    Uid,
}

/// The last row of a page, as far as its order needs it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Cursor {
    pub(crate) severity: i64,
    pub(crate) since: i64,
    pub(crate) uid: String,
    pub(crate) id: String,
}

impl FoundRow {
    /// The cursor for the page after this row.
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor {
            severity: self.severity,
            since: self.since,
            uid: self.uid.clone(),
            id: self.id.clone(),
        }
    }
}

fn select(now: i64) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "SELECT f.*, r.name AS registration, COALESCE(f.last_seen, r.captured_at) AS seen, (",
    );
    push_mutes(&mut query, now);
    query.push(
        " ORDER BY m.ends_at DESC, m.id LIMIT 1) AS mute_id \
         FROM findings f JOIN registrations r ON r.id = f.registration_id WHERE 1 = 1",
    );
    query
}

/// Findings that fit a filter and follow a cursor.
pub(crate) async fn page(
    from: impl SqliteExecutor<'_>,
    filter: &Filter,
    sort: Sort,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<FoundRow>, StoreError> {
    let mut query = select(filter.now);
    filter.push_findings(&mut query);
    if let Some(after) = after {
        push_after(&mut query, sort, after);
    }
    query.push(match sort {
        Sort::Severity => " ORDER BY f.severity DESC, f.since DESC, f.id DESC LIMIT ",
        Sort::Since => " ORDER BY f.since DESC, f.id DESC LIMIT ",
        Sort::Uid => " ORDER BY f.uid, f.id LIMIT ",
    });
    query.push_bind(limit);
    let rows = query.build().fetch_all(from).await?;
    Ok(rows.iter().map(found).collect::<Result<_, _>>()?)
}

fn push_after(query: &mut QueryBuilder<Sqlite>, sort: Sort, after: &Cursor) {
    match sort {
        Sort::Severity => query
            .push(" AND (f.severity, f.since, f.id) < (")
            .push_bind(after.severity)
            .push(", ")
            .push_bind(after.since),
        Sort::Since => query
            .push(" AND (f.since, f.id) < (")
            .push_bind(after.since),
        Sort::Uid => query
            .push(" AND (f.uid, f.id) > (")
            .push_bind(after.uid.clone()),
    };
    query.push(", ").push_bind(after.id.clone()).push(")");
}

/// A finding, whether it is gone or not.
pub(crate) async fn by_id(
    from: impl SqliteExecutor<'_>,
    id: &str,
    now: i64,
) -> Result<Option<FoundRow>, StoreError> {
    let mut query = select(now);
    query.push(" AND f.id = ").push_bind(id.to_owned());
    let row = query.build().fetch_optional(from).await?;
    Ok(row.as_ref().map(found).transpose()?)
}

/// The bodies of findings by their ids.
pub(crate) async fn bodies(
    from: impl SqliteExecutor<'_>,
    ids: &[String],
) -> Result<Vec<(String, String)>, StoreError> {
    let mut query = QueryBuilder::new("SELECT id, body FROM findings WHERE id IN (");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(id.clone());
    }
    query.push(")");
    Ok(query.build_query_as().fetch_all(from).await?)
}

/// The failures of subjects, the worst first.
pub(crate) async fn failures(
    from: impl SqliteExecutor<'_>,
    subjects: &[String],
    now: i64,
) -> Result<Vec<FoundRow>, StoreError> {
    let mut query = select(now);
    query.push(" AND +f.gone_at IS NULL AND f.result = 'FAIL' AND f.subject_uid IN (");
    let mut list = query.separated(", ");
    for subject in subjects {
        list.push_bind(subject.clone());
    }
    query.push(") ORDER BY f.severity DESC, f.since DESC, f.id DESC");
    let rows = query.build().fetch_all(from).await?;
    Ok(rows.iter().map(found).collect::<Result<_, _>>()?)
}

/// The numbers of findings that fit a filter, by a column, the largest first. `column` is one of the program's own.
pub(crate) async fn counts(
    from: impl SqliteExecutor<'_>,
    filter: &Filter,
    column: &'static str,
    limit: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    let mut query = QueryBuilder::new("SELECT CAST(");
    query.push(column).push(
        " AS TEXT) AS value, COUNT(*) AS number FROM findings f JOIN registrations r ON r.id = f.registration_id \
         WHERE 1 = 1",
    );
    filter.push_findings(&mut query);
    query
        .push(" GROUP BY ")
        .push(column)
        .push(" ORDER BY number DESC, value LIMIT ")
        .push_bind(limit);
    Ok(query.build_query_as().fetch_all(from).await?)
}

fn found(row: &SqliteRow) -> Result<FoundRow, sqlx::Error> {
    let first_seen = row.try_get("first_seen")?;
    Ok(FoundRow {
        id: row.try_get("id")?,
        uid: row.try_get("uid")?,
        severity: row.try_get("severity")?,
        registration_id: row.try_get("registration_id")?,
        registration: row.try_get("registration")?,
        body: row.try_get("body")?,
        first_seen,
        last_seen: row.try_get::<Option<i64>, _>("seen")?.unwrap_or(first_seen),
        is_stale: row.try_get::<Option<i64>, _>("last_seen")?.is_some(),
        since: row.try_get("since")?,
        failing_since: row.try_get("failing_since")?,
        resolved_at: row.try_get("resolved_at")?,
        gone_at: row.try_get("gone_at")?,
        change: row.try_get("change")?,
        mute_id: row.try_get("mute_id")?,
    })
}
