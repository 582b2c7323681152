//! Records of the inventory.

use std::collections::HashMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteExecutor};

use super::filter::{Filter, push_columns};
use super::rows::{Id, LoadRow, RowPlace, hex};
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
}

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
         first_seen, event_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, cluster_arn = excluded.cluster_arn, \
         body = excluded.body, digest = excluded.digest, last_seen = NULL, gone_at = NULL",
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

/// Notes that a scan would have seen it.
pub(crate) async fn gone(write: &mut Write, id: &str, at: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE objects SET gone_at = $1 WHERE id = $2")
        .bind(at)
        .bind(id)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Notes when it was last seen: not by this scan, which was not complete there.
pub(crate) async fn stale(write: &mut Write, id: &str, last_seen: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE objects SET last_seen = $1 WHERE id = $2")
        .bind(last_seen)
        .bind(id)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Records that went before a time are forgotten.
pub(crate) async fn forget_gone(write: &mut Write, before: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM objects WHERE gone_at < $1")
        .bind(before)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Records that fit a filter and follow `after` in the order of their ids.
pub(crate) async fn page(
    from: impl SqliteExecutor<'_>,
    filter: &Filter,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<ObjectRow>, StoreError> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "SELECT o.*, r.name AS registration, COALESCE(o.last_seen, r.captured_at) AS seen \
         FROM objects o JOIN registrations r ON r.id = o.registration_id WHERE 1 = 1",
    );
    filter.push_objects(&mut query);
    if let Some(after) = after {
        query.push(" AND o.id > ").push_bind(after.to_owned());
    }
    query.push(" ORDER BY o.id LIMIT ").push_bind(limit);
    let rows = query.build().fetch_all(from).await?;
    Ok(rows.iter().map(object).collect::<Result<_, _>>()?)
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
    })
}
