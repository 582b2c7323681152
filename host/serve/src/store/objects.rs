//! Records of the inventory.

use std::collections::HashMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteExecutor};

use super::filter::{Filter, push_columns};
use super::rows::{Id, LoadRow, RowPlace, hex};
use super::sort::{Column, Cursor, Kind, Sort};
use super::{StoreError, Write};

/// A record, as it is listed.
#[derive(Debug)]
pub(crate) struct ObjectRow {
    pub(crate) id: String,
    pub(crate) registration_id: String,
    pub(crate) registration: String,
    pub(crate) object: String,
    /// JSON, without LAST_CAPTURED.
    pub(crate) body: String,
    pub(crate) first_seen: i64,
    pub(crate) last_seen: i64,
    pub(crate) gone_at: Option<i64>,
    /// For the page after this row; only in lists.
    pub(crate) cursor: Option<Cursor>,
}

const fn column(name: &'static str, expressions: &'static [(&'static str, Kind)]) -> Column {
    Column {
        name,
        expressions,
        is_descending: false,
    }
}

/// The columns that records are sorted by; the first one is the default.
pub(crate) static SORTS: [Column; 9] = [
    column("object", &[("o.object", Kind::Text)]),
    column("uid", &[("o.uid", Kind::Text)]),
    column("subject", &[("o.name", Kind::Text)]),
    column("account", &[("o.account_id", Kind::Text)]),
    column("region", &[("o.region", Kind::Text)]),
    column("cluster", &[("o.cluster_arn", Kind::Text)]),
    column("service", &[("o.service", Kind::Text)]),
    Column {
        name: "firstSeen",
        expressions: &[("o.first_seen", Kind::Number)],
        is_descending: true,
    },
    Column {
        name: "lastSeen",
        expressions: &[(
            "COALESCE(o.last_seen, (SELECT r.captured_at FROM registrations r WHERE r.id = o.registration_id), o.first_seen)",
            Kind::Number,
        )],
        is_descending: true,
    },
];

/// What is known of the records of a registration, as `read` takes it from a row.
pub(crate) async fn known<T>(
    write: &mut Write,
    registration_id: &str,
    read: fn(&SqliteRow) -> Result<(Id, T), StoreError>,
) -> Result<HashMap<Id, T>, StoreError> {
    let query = "SELECT id, digest, gone_at, last_seen FROM objects WHERE registration_id = $1";
    let rows = sqlx::query(query)
        .bind(registration_id)
        .fetch_all(&mut **write)
        .await?;
    rows.iter().map(read).collect()
}

/// Inserts or replaces a record that a scan saw.
pub(crate) async fn put(
    write: &mut Write,
    registration_id: &str,
    row: &LoadRow,
    at: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO objects (id, registration_id, object, uid, name, account_id, region, cluster_arn, body, digest, \
         first_seen, event_at, service, is_running) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, cluster_arn = excluded.cluster_arn, \
         service = excluded.service, is_running = excluded.is_running, body = excluded.body, digest = excluded.digest, last_seen = NULL, gone_at = NULL",
    )
    .bind(hex(&row.id))
    .bind(registration_id)
    .bind(&row.object)
    .bind(&row.uid)
    .bind(&row.name)
    .bind(&row.account_id)
    .bind(&row.region)
    .bind(&row.cluster_arn)
    .bind(&row.body)
    .bind(&row.digest)
    .bind(at)
    .bind(row.event_at)
    .bind(&row.service)
    .bind(row.is_running)
    .execute(&mut **write)
    .await?;
    Ok(())
}

pub(crate) async fn place(write: &mut Write, id: &str) -> Result<RowPlace, StoreError> {
    let query = "SELECT object, account_id, region, cluster_arn FROM objects WHERE id = $1";
    let row = sqlx::query(query).bind(id).fetch_one(&mut **write).await?;
    Ok(RowPlace {
        object: row.try_get("object")?,
        account_id: row.try_get("account_id")?,
        region: row.try_get("region")?,
        cluster_arn: row.try_get("cluster_arn")?,
    })
}

/// Records that fit a filter and follow a cursor.
pub(crate) async fn page(
    from: impl SqliteExecutor<'_>,
    filter: &Filter,
    sort: Sort,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<ObjectRow>, StoreError> {
    // The rows are chosen by their keys alone, as those of findings.
    let mut query = QueryBuilder::new(
        "SELECT page.*, o.*, r.name AS registration, COALESCE(o.last_seen, r.captured_at) AS seen \
         FROM (SELECT o.id AS page_id",
    );
    sort.push_keys(&mut query);
    query.push(" FROM objects o WHERE 1 = 1");
    filter.push_objects(&mut query);
    if let Some(after) = after {
        sort.push_after(&mut query, "o.id", after);
    }
    sort.push_order(&mut query, "o.id");
    query.push(" LIMIT ").push_bind(limit).push(
        ") page JOIN objects o ON o.id = page.page_id JOIN registrations r ON r.id = o.registration_id",
    );
    sort.push_order(&mut query, "page_id");
    let rows = query.build().fetch_all(from).await?;
    let rows = rows.iter().map(|row| {
        let cursor = Some(sort.cursor(row)?);
        Ok::<_, sqlx::Error>(ObjectRow {
            cursor,
            ..object(row)?
        })
    });
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The columns that records are counted by.
pub(crate) const COUNTED: [(&str, &str); 7] = [
    ("object", "o.object"),
    ("account", "o.account_id"),
    ("region", "o.region"),
    ("cluster", "o.cluster_arn"),
    ("service", "o.service"),
    (
        "name",
        "(SELECT r.name FROM registrations r WHERE r.id = o.registration_id)",
    ),
    ("task", "o.registration_id"),
];

/// The numbers of records that fit a filter, by a column, the largest first. `column` is one of the program's own.
pub(crate) async fn counts(
    from: impl SqliteExecutor<'_>,
    filter: &Filter,
    column: &'static str,
    limit: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    let mut query = QueryBuilder::new("SELECT ");
    query
        .push(column)
        .push(" AS value, COUNT(*) AS number FROM objects o WHERE 1 = 1");
    filter.push_objects(&mut query);
    query
        .push(" GROUP BY ")
        .push(column)
        .push(" ORDER BY number DESC, value LIMIT ")
        .push_bind(limit);
    Ok(query.build_query_as().fetch_all(from).await?)
}

/// The bodies of records, by their ids.
pub(crate) async fn bodies(
    from: impl SqliteExecutor<'_>,
    ids: &[String],
) -> Result<HashMap<String, String>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut query: QueryBuilder<Sqlite> =
        QueryBuilder::new("SELECT id, body FROM objects WHERE id IN (");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(id.clone());
    }
    query.push(")");
    let rows: Vec<(String, String)> = query.build_query_as().fetch_all(from).await?;
    Ok(rows.into_iter().collect())
}

pub(crate) async fn by_id(
    from: impl SqliteExecutor<'_>,
    id: &str,
) -> Result<Option<ObjectRow>, StoreError> {
    let row = sqlx::query(
        "SELECT o.*, r.name AS registration, COALESCE(o.last_seen, r.captured_at) AS seen \
         FROM objects o JOIN registrations r ON r.id = o.registration_id WHERE o.id = $1",
    )
    .bind(id)
    .fetch_optional(from)
    .await?;
    Ok(row.as_ref().map(object).transpose()?)
}

/// Audit events of some names that fit a filter and come before a time and an id, the newest first.
pub(crate) async fn events(
    from: impl SqliteExecutor<'_>,
    filter: &Filter,
    names: &[String],
    before: Option<&(i64, String)>,
    limit: i64,
) -> Result<Vec<(i64, ObjectRow)>, StoreError> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "SELECT o.*, r.name AS registration, COALESCE(o.last_seen, r.captured_at) AS seen \
         FROM objects o JOIN registrations r ON r.id = o.registration_id \
         WHERE o.object = 'EcsAuditEvent' AND o.event_at IS NOT NULL",
    );
    filter.push_objects(&mut query);
    push_columns(&mut query, &[("o.name", names)]);
    if let Some((at, id)) = before {
        query.push(" AND (o.event_at, o.id) < (").push_bind(*at);
        query.push(", ").push_bind(id.clone()).push(")");
    }
    query
        .push(" ORDER BY o.event_at DESC, o.id DESC LIMIT ")
        .push_bind(limit);
    let rows = query.build().fetch_all(from).await?;
    let events = rows
        .iter()
        .map(|row| Ok((row.try_get("event_at")?, object(row)?)));
    Ok(events.collect::<Result<_, sqlx::Error>>()?)
}

/// The names of audit events with their numbers, the most frequent first.
pub(crate) async fn event_names(
    from: impl SqliteExecutor<'_>,
) -> Result<Vec<(String, i64)>, StoreError> {
    let query = "SELECT name, COUNT(*) AS number FROM objects WHERE object = 'EcsAuditEvent' AND gone_at IS NULL \
        GROUP BY name ORDER BY number DESC, name LIMIT 200";
    Ok(sqlx::query_as(query).fetch_all(from).await?)
}

/// The bodies of the records of an object in a cluster, up to a limit.
pub(crate) async fn in_cluster(
    from: impl SqliteExecutor<'_>,
    registration_id: &str,
    cluster_arn: &str,
    object: &str,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let query = sqlx::query_scalar(
        "SELECT body FROM objects WHERE cluster_arn = $1 AND object = $2 AND registration_id = $3 AND gone_at IS NULL LIMIT $4",
    );
    let query = query.bind(cluster_arn).bind(object).bind(registration_id);
    Ok(query.bind(limit).fetch_all(from).await?)
}

/// The body of the record of a registration with a UID.
pub(crate) async fn body(
    from: impl SqliteExecutor<'_>,
    registration_id: &str,
    uid: &str,
) -> Result<Option<String>, StoreError> {
    let query = "SELECT body FROM objects WHERE uid = $1 AND registration_id = $2 LIMIT 1";
    let query = sqlx::query_scalar(query).bind(uid).bind(registration_id);
    Ok(query.fetch_optional(from).await?)
}

/// The object of the record with a UID, whoever registered it.
pub(crate) async fn by_uid(
    from: impl SqliteExecutor<'_>,
    uid: &str,
) -> Result<Option<String>, StoreError> {
    let query = sqlx::query_scalar("SELECT object FROM objects WHERE uid = $1 LIMIT 1");
    Ok(query.bind(uid).fetch_optional(from).await?)
}

fn object(row: &SqliteRow) -> Result<ObjectRow, sqlx::Error> {
    let first_seen = row.try_get("first_seen")?;
    Ok(ObjectRow {
        id: row.try_get("id")?,
        registration_id: row.try_get("registration_id")?,
        registration: row.try_get("registration")?,
        object: row.try_get("object")?,
        body: row.try_get("body")?,
        first_seen,
        last_seen: row.try_get::<Option<i64>, _>("seen")?.unwrap_or(first_seen),
        gone_at: row.try_get("gone_at")?,
        cursor: None,
    })
}
