//! Lists and counts of findings.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteExecutor};

use super::StoreError;
use crate::store::filter::{Filter, push_mutes};
use crate::store::sort::{Column, Cursor, Kind, Sort};

/// A finding, as it is listed.
#[derive(Debug)]
pub(crate) struct FoundRow {
    pub(crate) id: String,
    pub(crate) uid: String,
    pub(crate) severity: i64,
    pub(crate) registration_id: String,
    pub(crate) registration: String,
    pub(crate) subject_object: String,
    pub(crate) subject_uid: String,
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
    /// For the page after this row; only in lists.
    pub(crate) cursor: Option<Cursor>,
}

/// The name of a finding's registration.
const NAME: &str = "(SELECT r.name FROM registrations r WHERE r.id = f.registration_id)";

const fn column(name: &'static str, expressions: &'static [(&'static str, Kind)]) -> Column {
    Column {
        name,
        expressions,
        is_descending: false,
    }
}

const fn descending(name: &'static str, expressions: &'static [(&'static str, Kind)]) -> Column {
    Column {
        name,
        expressions,
        is_descending: true,
    }
}

/// The columns that findings are sorted by; the first one is the default. The worst and the newest come first.
pub(crate) static SORTS: [Column; 13] = [
    descending(
        "severity",
        &[("f.severity", Kind::Number), ("f.since", Kind::Number)],
    ),
    descending("since", &[("f.since", Kind::Number)]),
    descending("firstSeen", &[("f.first_seen", Kind::Number)]),
    descending(
        "lastSeen",
        &[(
            "COALESCE(f.last_seen, (SELECT r.captured_at FROM registrations r WHERE r.id = f.registration_id), f.first_seen)",
            Kind::Number,
        )],
    ),
    column("uid", &[("f.uid", Kind::Text)]),
    column("control", &[("f.control_id", Kind::Text)]),
    column("result", &[("f.result", Kind::Text)]),
    column(
        "subject",
        &[
            ("f.subject_name", Kind::Text),
            ("f.subject_uid", Kind::Text),
        ],
    ),
    column("account", &[("f.account_id", Kind::Text)]),
    column("region", &[("f.region", Kind::Text)]),
    column("cluster", &[("f.cluster_arn", Kind::Text)]),
    column("service", &[("f.service", Kind::Text)]),
    column("name", &[(NAME, Kind::Text)]),
];

/// The columns that findings are counted by.
pub(crate) const COUNTED: [(&str, &str); 12] = [
    ("severity", "f.severity"),
    ("result", "f.result"),
    ("control", "f.control_id"),
    ("account", "f.account_id"),
    ("region", "f.region"),
    ("cluster", "f.cluster_arn"),
    ("service", "f.service"),
    ("object", "f.subject_object"),
    ("subject", "f.subject_uid"),
    ("name", NAME),
    ("change", "f.change"),
    ("task", "f.registration_id"),
];

/// Adds what a list shows of the findings `f` to a query that has selected something before.
fn push_shown(query: &mut QueryBuilder<Sqlite>, now: i64) {
    query.push("f.*, r.name AS registration, COALESCE(f.last_seen, r.captured_at) AS seen, (");
    push_mutes(query, now);
    query.push(" ORDER BY m.ends_at DESC, m.id LIMIT 1) AS mute_id FROM ");
}

/// Findings that fit a filter and follow a cursor.
pub(crate) async fn page(
    from: impl SqliteExecutor<'_>,
    filter: &Filter,
    sort: Sort,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<FoundRow>, StoreError> {
    // The rows are chosen by their keys alone: bodies are large, and all but those of one page are left out.
    let mut query = QueryBuilder::new("SELECT page.*, ");
    push_shown(&mut query, filter.now);
    query.push("(SELECT f.id AS page_id");
    sort.push_keys(&mut query);
    query.push(" FROM findings f WHERE 1 = 1");
    filter.push_findings(&mut query);
    if let Some(after) = after {
        sort.push_after(&mut query, "f.id", after);
    }
    sort.push_order(&mut query, "f.id");
    query.push(" LIMIT ").push_bind(limit).push(
        ") page JOIN findings f ON f.id = page.page_id JOIN registrations r ON r.id = f.registration_id",
    );
    sort.push_order(&mut query, "page_id");
    let rows = query.build().fetch_all(from).await?;
    let rows = rows.iter().map(|row| {
        let cursor = Some(sort.cursor(row)?);
        Ok::<_, sqlx::Error>(FoundRow {
            cursor,
            ..found(row)?
        })
    });
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A finding, whether it is gone or not.
pub(crate) async fn by_id(
    from: impl SqliteExecutor<'_>,
    id: &str,
    now: i64,
) -> Result<Option<FoundRow>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    push_shown(&mut query, now);
    query
        .push("findings f JOIN registrations r ON r.id = f.registration_id WHERE f.id = ")
        .push_bind(id.to_owned());
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
    let mut query = QueryBuilder::new("SELECT ");
    push_shown(&mut query, now);
    query.push("findings f JOIN registrations r ON r.id = f.registration_id WHERE +f.gone_at IS NULL AND f.result = 'FAIL' AND f.subject_uid IN (");
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
    query
        .push(column)
        .push(" AS TEXT) AS value, COUNT(*) AS number FROM findings f WHERE 1 = 1");
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
        subject_object: row.try_get("subject_object")?,
        subject_uid: row.try_get("subject_uid")?,
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
        cursor: None,
    })
}
