//! Mutes. They apply when findings are read, so that they act and end at once.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteExecutor};

use super::{StoreError, Write};

#[derive(Clone, Debug)]
pub(crate) struct Mute {
    pub(crate) id: String,
    /// A control, or `*`.
    pub(crate) control_id: String,
    /// The UID of the subject, or a pattern with `*`.
    pub(crate) subject: String,
    pub(crate) reason: String,
    pub(crate) author: String,
    pub(crate) created_at: i64,
    pub(crate) ends_at: i64,
    pub(crate) revoked_at: Option<i64>,
    pub(crate) revoked_by: Option<String>,
}

fn mute(row: &SqliteRow) -> Result<Mute, sqlx::Error> {
    Ok(Mute {
        id: row.try_get("id")?,
        control_id: row.try_get("control_id")?,
        subject: row.try_get("subject")?,
        reason: row.try_get("reason")?,
        author: row.try_get("author")?,
        created_at: row.try_get("created_at")?,
        ends_at: row.try_get("ends_at")?,
        revoked_at: row.try_get("revoked_at")?,
        revoked_by: row.try_get("revoked_by")?,
    })
}

/// A pattern with `*` as LIKE takes it; `None` if there is no `*`.
fn like(subject: &str) -> Option<String> {
    let escaped = subject
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    subject.contains('*').then(|| escaped.replace('*', "%"))
}

pub(crate) async fn insert(write: &mut Write, it: &Mute) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO mutes (id, control_id, subject, subject_like, reason, author, created_at, ends_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&it.id)
    .bind(&it.control_id)
    .bind(&it.subject)
    .bind(like(&it.subject))
    .bind(&it.reason)
    .bind(&it.author)
    .bind(it.created_at)
    .bind(it.ends_at)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Ends a mute before its time. `None` if there is none that is valid.
pub(crate) async fn revoke(
    write: &mut Write,
    id: &str,
    by: &str,
    now: i64,
) -> Result<Option<Mute>, StoreError> {
    let row = sqlx::query(
        "UPDATE mutes SET revoked_at = $1, revoked_by = $2 WHERE id = $3 AND revoked_at IS NULL RETURNING *",
    )
    .bind(now)
    .bind(by)
    .bind(id)
    .fetch_optional(&mut **write)
    .await?;
    Ok(row.as_ref().map(mute).transpose()?)
}

/// Mutes older than the one with id `before`, the newest first.
pub(crate) async fn page(
    from: impl SqliteExecutor<'_>,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Mute>, StoreError> {
    let query = "SELECT * FROM mutes WHERE $1 IS NULL OR id < $1 ORDER BY id DESC LIMIT $2";
    let rows = sqlx::query(query)
        .bind(before)
        .bind(limit)
        .fetch_all(from)
        .await?;
    Ok(rows.iter().map(mute).collect::<Result<_, _>>()?)
}

pub(crate) async fn by_id(
    from: impl SqliteExecutor<'_>,
    id: &str,
) -> Result<Option<Mute>, StoreError> {
    let row = sqlx::query("SELECT * FROM mutes WHERE id = $1").bind(id);
    let row = row.fetch_optional(from).await?;
    Ok(row.as_ref().map(mute).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn only_a_star_is_a_pattern() {
        assert_eq!(like("arn:x_y"), None);
        assert_eq!(like("a%_\\*b*").as_deref(), Some("a\\%\\_\\\\%b%"));
    }
}
