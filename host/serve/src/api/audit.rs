//! The audit log: who stored, used, rotated and deleted credentials, muted, made tokens, and was refused.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use serde_json::value::RawValue;

use super::auth::Admin;
use super::credentials::Paging;
use super::exports::attachment;
use super::extract::{Asked, Page, cursor, limit};
use super::problem::Problem;
use crate::moment;
use crate::shared::Shared;
use crate::store::audit::{self, AuditRow};

/// The entries of an export that are read at once.
const BATCH_ROWS: i64 = 1000;

/// An entry of the audit log.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AuditView {
    id: String,
    at: String,
    /// The name of a token, `command line`, `service` or `unknown`.
    actor: String,
    action: String,
    target: String,
    /// `done` or `refused`.
    outcome: String,
    #[schema(value_type = Object)]
    detail: Option<Box<RawValue>>,
}

fn audit_view(it: AuditRow) -> AuditView {
    AuditView {
        id: it.id,
        at: moment::text(it.at),
        actor: it.actor,
        action: it.action,
        target: it.target,
        outcome: it.outcome,
        detail: RawValue::from_string(it.detail).ok(),
    }
}

/// Read the audit log, the newest first
#[utoipa::path(get, path = "/v1/audit", tag = "audit", params(Paging),
    responses((status = 200, body = Page<AuditView>)))]
pub(crate) async fn list(
    State(service): State<Shared>,
    _: Admin,
    Asked(query): Asked<Paging>,
) -> Result<Json<Page<AuditView>>, Problem> {
    let limit = limit(query.limit)?;
    let after: Option<String> = cursor(query.after.as_deref())?;
    let rows = audit::page(&service.store, after.as_deref(), i64::from(limit) + 1).await?;
    Ok(Page::of(rows, limit, |row| row.id.clone(), audit_view))
}

/// Export the whole audit log as JSON Lines, the newest first
#[utoipa::path(get, path = "/v1/audit/export", tag = "audit",
    responses((status = 200, body = String, content_type = "application/jsonl")))]
pub(crate) async fn export(State(service): State<Shared>, _: Admin) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl".to_owned()),
        (header::CONTENT_DISPOSITION, attachment("audit.jsonl")),
    ];
    let body = Body::from_stream(stream::try_unfold((service, Some(None)), next));
    (headers, body).into_response()
}

/// The service, and the id of the last entry that was sent; `None` at the end.
type Position = (Shared, Option<Option<String>>);

async fn next((service, after): Position) -> std::io::Result<Option<(Bytes, Position)>> {
    let Some(after) = after else {
        return Ok(None);
    };
    let rows = audit::page(&service.store, after.as_deref(), BATCH_ROWS).await;
    let rows = rows.map_err(std::io::Error::other)?;
    let is_last = i64::try_from(rows.len()).is_ok_and(|read| read < BATCH_ROWS);
    let last = rows.last().map(|row| row.id.clone());
    let mut text = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut text, &audit_view(row))?;
        text.push(b'\n');
    }
    let after = (!is_last).then_some(last);
    Ok(Some((text.into(), (service, after))))
}
