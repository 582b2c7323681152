//! Answers that a repeated request gets again.

use sqlx::Row;

use super::{StoreError, Write};

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It was not used; now it is this request's.
    New,
    /// Another request had it.
    Other,
    /// The request is being answered, or its process died while it was.
    UnderWay,
    /// The answer to the same request.
    Answered { status: u16, body: String },
}

/// Keeps a key for a request, or says who had it.
pub(crate) async fn begin(
    write: &mut Write,
    token_id: &str,
    key: &str,
    request: &str,
    now: i64,
) -> Result<Known, StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO idempotency (token_id, idempotency_key, request, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (token_id, idempotency_key) DO NOTHING",
    )
    .bind(token_id)
    .bind(key)
    .bind(request)
    .bind(now)
    .execute(&mut **write)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(Known::New);
    }
    let row = sqlx::query("SELECT * FROM idempotency WHERE token_id = $1 AND idempotency_key = $2")
        .bind(token_id)
        .bind(key)
        .fetch_one(&mut **write)
        .await?;
    if row.try_get::<String, _>("request")? != request {
        return Ok(Known::Other);
    }
    let status: Option<i64> = row.try_get("status")?;
    let body: Option<String> = row.try_get("body")?;
    let status = status.and_then(|status| u16::try_from(status).ok());
    Ok(match status.zip(body) {
        Some((status, body)) => Known::Answered { status, body },
        None => Known::UnderWay,
    })
}

/// Keeps the answer to a request.
pub(crate) async fn finish(
    write: &mut Write,
    token_id: &str,
    key: &str,
    status: u16,
    body: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE idempotency SET status = $1, body = $2 WHERE token_id = $3 AND idempotency_key = $4",
    )
    .bind(i64::from(status))
    .bind(body)
    .bind(token_id)
    .bind(key)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Gives a key back, because its request has changed nothing.
pub(crate) async fn forget(write: &mut Write, token_id: &str, key: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM idempotency WHERE token_id = $1 AND idempotency_key = $2")
        .bind(token_id)
        .bind(key)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Removes the keys of before `before`.
pub(crate) async fn expire(write: &mut Write, before: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM idempotency WHERE created_at < $1")
        .bind(before)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Gives back the keys of requests that will not be answered any more.
pub(crate) async fn abandon(write: &mut Write) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM idempotency WHERE status IS NULL")
        .execute(&mut **write)
        .await?;
    Ok(())
}
