//! Stored AWS credentials.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteExecutor};

use super::{StoreError, Write, from_json, json};
use crate::vault::Sealed;

/// A stored credential. Its secrets are in `sealed`, encrypted.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Absent if roles are assumed with the credentials of the host.
    pub(crate) access_key_id: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) has_external_id: bool,
    /// Known once AWS has been asked.
    pub(crate) identity: Option<StoredIdentity>,
    pub(crate) sealed: Sealed,
    pub(crate) created_at: i64,
    pub(crate) rotated_at: Option<i64>,
    pub(crate) last_used_at: Option<i64>,
}

/// What GetCallerIdentity said.
#[derive(Clone, Debug)]
pub(crate) struct StoredIdentity {
    pub(crate) account_id: String,
    pub(crate) arn: String,
    pub(crate) partition: String,
    pub(crate) verified_at: i64,
}

fn credential(row: &SqliteRow) -> Result<Credential, StoreError> {
    let account_id: Option<String> = row.try_get("account_id")?;
    let identity = match account_id {
        Some(account_id) => Some(StoredIdentity {
            account_id,
            arn: row.try_get("arn")?,
            partition: row.try_get("partition")?,
            verified_at: row.try_get("verified_at")?,
        }),
        None => None,
    };
    Ok(Credential {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        access_key_id: row.try_get("access_key_id")?,
        roles: from_json(row.try_get("roles")?, "a list of roles")?,
        has_external_id: row.try_get("has_external_id")?,
        identity,
        sealed: Sealed {
            version: row.try_get("version")?,
            secrets: row.try_get("sealed")?,
            wrapped_key: row.try_get("wrapped_key")?,
            key_id: row.try_get("key_id")?,
        },
        created_at: row.try_get("created_at")?,
        rotated_at: row.try_get("rotated_at")?,
        last_used_at: row.try_get("last_used_at")?,
    })
}

/// Inserts a credential, or replaces the one with its id.
pub(crate) async fn put(write: &mut Write, it: &Credential) -> Result<(), StoreError> {
    let identity = it.identity.as_ref();
    sqlx::query(
        "INSERT INTO credentials (id, name, access_key_id, roles, has_external_id, account_id, arn, partition, \
         verified_at, version, sealed, wrapped_key, key_id, created_at, rotated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, access_key_id = excluded.access_key_id, \
         roles = excluded.roles, has_external_id = excluded.has_external_id, account_id = excluded.account_id, \
         arn = excluded.arn, partition = excluded.partition, verified_at = excluded.verified_at, \
         version = excluded.version, sealed = excluded.sealed, wrapped_key = excluded.wrapped_key, \
         key_id = excluded.key_id, rotated_at = excluded.rotated_at",
    )
    .bind(&it.id)
    .bind(&it.name)
    .bind(&it.access_key_id)
    .bind(json(&it.roles)?)
    .bind(it.has_external_id)
    .bind(identity.map(|it| &it.account_id))
    .bind(identity.map(|it| &it.arn))
    .bind(identity.map(|it| &it.partition))
    .bind(identity.map(|it| it.verified_at))
    .bind(it.sealed.version)
    .bind(&it.sealed.secrets)
    .bind(&it.sealed.wrapped_key)
    .bind(&it.sealed.key_id)
    .bind(it.created_at)
    .bind(it.rotated_at)
    .execute(&mut **write)
    .await?;
    Ok(())
}

pub(crate) async fn by_id(
    from: impl SqliteExecutor<'_>,
    id: &str,
) -> Result<Option<Credential>, StoreError> {
    let row = sqlx::query("SELECT * FROM credentials WHERE id = $1")
        .bind(id)
        .fetch_optional(from)
        .await?;
    row.as_ref().map(credential).transpose()
}

/// Credentials whose id follows `after`, by id.
pub(crate) async fn page(
    from: impl SqliteExecutor<'_>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Credential>, StoreError> {
    let rows = sqlx::query("SELECT * FROM credentials WHERE id > $1 ORDER BY id LIMIT $2")
        .bind(after.unwrap_or_default())
        .bind(limit)
        .fetch_all(from)
        .await?;
    rows.iter().map(credential).collect()
}

/// All sealed keys, with the ids of their credentials.
pub(crate) async fn sealed(
    from: impl SqliteExecutor<'_>,
) -> Result<Vec<(String, Sealed)>, StoreError> {
    let rows = sqlx::query("SELECT * FROM credentials")
        .fetch_all(from)
        .await?;
    let all = rows.iter().map(credential);
    all.map(|it| it.map(|it| (it.id, it.sealed))).collect()
}

/// Replaces the wrapped key of a credential, unless it has been sealed anew meanwhile.
pub(crate) async fn rewrap(write: &mut Write, id: &str, it: &Sealed) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE credentials SET wrapped_key = $1, key_id = $2 WHERE id = $3 AND version = $4",
    )
    .bind(&it.wrapped_key)
    .bind(&it.key_id)
    .bind(id)
    .bind(it.version)
    .execute(&mut **write)
    .await?;
    Ok(())
}

pub(crate) async fn used(write: &mut Write, id: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE credentials SET last_used_at = $1 WHERE id = $2")
        .bind(now)
        .bind(id)
        .execute(&mut **write)
        .await?;
    Ok(())
}

pub(crate) async fn delete(write: &mut Write, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM credentials WHERE id = $1")
        .bind(id)
        .execute(&mut **write)
        .await?;
    Ok(())
}
