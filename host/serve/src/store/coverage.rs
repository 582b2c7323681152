//! How much was evaluated.

use portolan_assess::ControlCounts;
use sqlx::{Row, SqliteExecutor};

use super::{StoreError, Write, from_json, json};

/// The counts of a control in an account and Region.
#[derive(Debug)]
pub(crate) struct Covered {
    pub(crate) registration_id: String,
    pub(crate) at: i64,
    pub(crate) counts: ControlCounts,
}

pub(crate) async fn put(
    write: &mut Write,
    registration_id: &str,
    scan_id: &str,
    at: i64,
    counts: &ControlCounts,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO coverage (registration_id, control_id, account_id, region, scan_id, at, counts) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (registration_id, control_id, account_id, region) DO UPDATE SET scan_id = excluded.scan_id, \
         at = excluded.at, counts = excluded.counts",
    )
    .bind(registration_id)
    .bind(&counts.control_id)
    .bind(&*counts.account_id)
    .bind(&*counts.region)
    .bind(scan_id)
    .bind(at)
    .bind(json(counts)?)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// The counts after a place in the order of registration, control, account and Region.
pub(crate) async fn page(
    from: impl SqliteExecutor<'_>,
    registration_id: Option<&str>,
    after: &[String; 4],
    limit: i64,
) -> Result<Vec<Covered>, StoreError> {
    let [registration, control, account, region] = after;
    let rows = sqlx::query(
        "SELECT * FROM coverage WHERE ($1 IS NULL OR registration_id = $1) \
         AND (registration_id, control_id, account_id, region) > ($2, $3, $4, $5) \
         ORDER BY registration_id, control_id, account_id, region LIMIT $6",
    )
    .bind(registration_id)
    .bind(registration)
    .bind(control)
    .bind(account)
    .bind(region)
    .bind(limit)
    .fetch_all(from)
    .await?;
    let covered = rows.iter().map(|row| {
        Ok(Covered {
            registration_id: row.try_get("registration_id")?,
            at: row.try_get("at")?,
            counts: from_json(row.try_get("counts")?, "coverage")?,
        })
    });
    covered.collect()
}

/// The places where a control lacks answers, up to a limit.
pub(crate) async fn gaps(
    from: impl SqliteExecutor<'_>,
    limit: i64,
) -> Result<Vec<Covered>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM coverage WHERE counts LIKE '%\"not_evaluated\"%' OR counts LIKE '%\"not_configured\"%' \
         OR counts LIKE '%\"subjects_complete\":false%' LIMIT $1",
    )
    .bind(limit)
    .fetch_all(from)
    .await?;
    let covered = rows.iter().map(|row| {
        Ok(Covered {
            registration_id: row.try_get("registration_id")?,
            at: row.try_get("at")?,
            counts: from_json(row.try_get("counts")?, "coverage")?,
        })
    });
    covered.collect()
}
