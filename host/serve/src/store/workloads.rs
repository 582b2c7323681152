//! What runs: services, and groups of tasks that no service started.

mod lists;

use std::collections::HashMap;

use sqlx::{Row, SqliteExecutor};

use super::rows::{Id, hex};
use super::{StoreError, Write};

pub(crate) use lists::{Cursor, Narrowed, Ranked, Sort, Totals, evaluated, page, totals};

/// The object of groups of tasks, as findings have it.
pub(crate) const GROUP: &str = "EcsTaskGroup";

/// A workload that a scan saw.
#[derive(Debug)]
pub(crate) struct SeenWorkload {
    pub(crate) object: String,
    pub(crate) name: String,
    pub(crate) account_id: String,
    pub(crate) region: String,
    pub(crate) cluster_arn: String,
    /// What the service says; absent of groups.
    pub(crate) running_tasks: Option<i64>,
    /// The numbers of running tasks by revision.
    pub(crate) revisions: HashMap<String, i64>,
}

/// A workload, as the store has it.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    pub(crate) id: String,
    pub(crate) registration_id: String,
    pub(crate) registration: String,
    pub(crate) object: String,
    pub(crate) uid: String,
    pub(crate) name: String,
    pub(crate) account_id: String,
    pub(crate) region: String,
    pub(crate) cluster_arn: String,
    pub(crate) running_tasks: i64,
    /// Whether the newest scan could not see it.
    pub(crate) is_stale: bool,
    pub(crate) last_seen: i64,
    pub(crate) gone_at: Option<i64>,
}

fn workload(row: &sqlx::sqlite::SqliteRow) -> Result<Workload, sqlx::Error> {
    let last_seen: Option<i64> = row.try_get("last_seen")?;
    let captured_at: Option<i64> = row.try_get("captured_at")?;
    Ok(Workload {
        id: row.try_get("id")?,
        registration_id: row.try_get("registration_id")?,
        registration: row.try_get("registration")?,
        object: row.try_get("object")?,
        uid: row.try_get("uid")?,
        name: row.try_get("name")?,
        account_id: row.try_get("account_id")?,
        region: row.try_get("region")?,
        cluster_arn: row.try_get("cluster_arn")?,
        running_tasks: row.try_get("running_tasks")?,
        is_stale: last_seen.is_some(),
        last_seen: last_seen.or(captured_at).unwrap_or_default(),
        gone_at: row.try_get("gone_at")?,
    })
}

/// The workloads of a registration that are not gone, with their object, account, Region and cluster.
pub(crate) async fn known(
    write: &mut Write,
    registration_id: &str,
) -> Result<Vec<(String, [String; 4])>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, object, account_id, region, cluster_arn FROM workloads WHERE registration_id = $1 AND gone_at IS NULL",
    )
    .bind(registration_id)
    .fetch_all(&mut **write)
    .await?;
    let known = rows.iter().map(|row| {
        let place = [
            row.try_get("object")?,
            row.try_get("account_id")?,
            row.try_get("region")?,
            row.try_get("cluster_arn")?,
        ];
        Ok((row.try_get("id")?, place))
    });
    Ok(known.collect::<Result<_, sqlx::Error>>()?)
}

/// Inserts or replaces a workload that a scan saw.
pub(crate) async fn put(
    write: &mut Write,
    id: &Id,
    registration_id: &str,
    uid: &str,
    it: &SeenWorkload,
) -> Result<(), StoreError> {
    let counted: i64 = it.revisions.values().sum();
    let running_tasks = it.running_tasks.unwrap_or(counted);
    let id = hex(id);
    sqlx::query(
        "INSERT INTO workloads (id, registration_id, object, uid, name, account_id, region, cluster_arn, running_tasks) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET name = excluded.name, \
         running_tasks = excluded.running_tasks, last_seen = NULL, gone_at = NULL",
    )
    .bind(&id)
    .bind(registration_id)
    .bind(&it.object)
    .bind(uid)
    .bind(&it.name)
    .bind(&it.account_id)
    .bind(&it.region)
    .bind(&it.cluster_arn)
    .bind(running_tasks)
    .execute(&mut **write)
    .await?;
    // A service whose tasks were not read keeps the revisions that are known of it.
    if it.revisions.is_empty() && running_tasks > 0 {
        return Ok(());
    }
    sqlx::query("DELETE FROM workload_revisions WHERE workload_id = $1")
        .bind(&id)
        .execute(&mut **write)
        .await?;
    for (revision, tasks) in &it.revisions {
        sqlx::query("INSERT INTO workload_revisions (workload_id, revision, running_tasks) VALUES ($1, $2, $3)")
            .bind(&id)
            .bind(revision)
            .bind(tasks)
            .execute(&mut **write)
            .await?;
    }
    Ok(())
}

/// A workload, whether it is gone or not.
pub(crate) async fn by_id(
    from: impl SqliteExecutor<'_>,
    id: &str,
) -> Result<Option<Workload>, StoreError> {
    let row = sqlx::query(
        "SELECT w.*, r.name AS registration, r.captured_at FROM workloads w \
         JOIN registrations r ON r.id = w.registration_id WHERE w.id = $1",
    )
    .bind(id)
    .fetch_optional(from)
    .await?;
    Ok(row.as_ref().map(workload).transpose()?)
}

/// The revisions that run in a workload, with their numbers of tasks.
pub(crate) async fn revisions(
    from: impl SqliteExecutor<'_>,
    id: &str,
) -> Result<Vec<(String, i64)>, StoreError> {
    let query = "SELECT revision, running_tasks FROM workload_revisions WHERE workload_id = $1 ORDER BY running_tasks DESC, revision";
    Ok(sqlx::query_as(query).bind(id).fetch_all(from).await?)
}

/// The workloads that run a revision, and their number of its tasks, the most first.
pub(crate) async fn running(
    from: impl SqliteExecutor<'_>,
    revision: &str,
    limit: i64,
) -> Result<Vec<(String, String, i64)>, StoreError> {
    let query = "SELECT w.id, w.name, v.running_tasks FROM workload_revisions v JOIN workloads w ON w.id = v.workload_id \
        WHERE v.revision = $1 AND w.gone_at IS NULL ORDER BY v.running_tasks DESC, w.id LIMIT $2";
    let query = sqlx::query_as(query).bind(revision).bind(limit);
    Ok(query.fetch_all(from).await?)
}
