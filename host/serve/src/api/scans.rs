//! Scans and their reports.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::auth::{Operator, Viewer};
use super::extract::{Asked, Id, Page, cursor, limit};
use super::problem::Problem;
use crate::moment;
use crate::shared::Shared;
use crate::store::audit;
use crate::store::scans::{self, Scan, ScanState};

/// A scan.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScanView {
    pub(crate) scan_id: String,
    /// The registration.
    task_id: String,
    /// `schedule`, `registered` or `asked`.
    trigger: String,
    /// `queued`, `running`, `complete`, `partial`, `failed` or `cancelled`.
    state: &'static str,
    /// The number of tries; a scan is failed after the third.
    attempt: i64,
    /// Why it failed, was put back, or is not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// While it runs: `phase`, counts, and `etaSeconds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    progress: Option<Box<RawValue>>,
    /// The last sign of life.
    #[serde(skip_serializing_if = "Option::is_none")]
    heartbeat_at: Option<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
    /// LAST_CAPTURED of its records.
    #[serde(skip_serializing_if = "Option::is_none")]
    captured_at: Option<String>,
    /// The numbers of findings by result and severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    findings: Option<Box<RawValue>>,
}

pub(crate) fn scan_view(it: Scan) -> ScanView {
    let raw = |text: Option<String>| text.and_then(|text| RawValue::from_string(text).ok());
    ScanView {
        scan_id: it.id,
        task_id: it.registration_id,
        trigger: it.trigger,
        state: it.state.word(),
        attempt: it.attempt,
        reason: it.reason,
        progress: raw(it.progress.filter(|_| it.state == ScanState::Running)),
        heartbeat_at: it.heartbeat_at.map(moment::text),
        created_at: moment::text(it.created_at),
        started_at: it.started_at.map(moment::text),
        finished_at: it.finished_at.map(moment::text),
        captured_at: it.captured_at.map(moment::text),
        findings: raw(it.counts),
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ScanQuery {
    /// The `taskId` of a registration.
    task: Option<String>,
    /// `queued`, `running`, `complete`, `partial`, `failed` or `cancelled`.
    state: Option<String>,
    /// The rows of a page, 1 to 200; 50 if it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// List scans, the newest first
#[utoipa::path(get, path = "/v1/scans", tag = "scans", params(ScanQuery),
    responses((status = 200, body = Page<ScanView>)))]
pub(crate) async fn list(
    State(service): State<Shared>,
    _: Viewer,
    Asked(query): Asked<ScanQuery>,
) -> Result<Json<Page<ScanView>>, Problem> {
    let limit = limit(query.limit)?;
    let after: Option<String> = cursor(query.after.as_deref())?;
    let state = query.state.map(|word| {
        let found = ScanState::ALL.into_iter().find(|it| it.word() == word);
        found.ok_or_else(|| {
            let all = ScanState::ALL.map(ScanState::word).join(", ");
            Problem::bad(format!("state: it is one of {all}"))
        })
    });
    let rows = scans::page(
        service.store.read(),
        query.task.as_deref(),
        state.transpose()?,
        after.as_deref(),
        i64::from(limit) + 1,
    );
    Ok(Page::of(
        rows.await?,
        limit,
        |row| row.id.clone(),
        scan_view,
    ))
}

/// Show a scan
#[utoipa::path(get, path = "/v1/scans/{id}", tag = "scans", params(("id" = String, Path)),
    responses((status = 200, body = ScanView), (status = 404, body = Problem)))]
pub(crate) async fn show(
    State(service): State<Shared>,
    _: Viewer,
    Id(id): Id,
) -> Result<Json<ScanView>, Problem> {
    let known = scans::by_id(service.store.read(), &id).await?;
    known
        .map(|it| Json(scan_view(it)))
        .ok_or_else(|| Problem::missing("scan"))
}

/// The documents of a scan.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ScanDocuments {
    /// What was read, and what was not; its schema is `portolan schema report`.
    #[schema(value_type = Object)]
    report: Option<Box<RawValue>>,
    /// What was judged, and how much could not be; absent if the sync failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    assessment: Option<Box<RawValue>>,
}

/// Show the report and the assessment of a scan
#[utoipa::path(get, path = "/v1/scans/{id}/report", tag = "scans", params(("id" = String, Path)),
    responses((status = 200, body = ScanDocuments), (status = 404, body = Problem)))]
pub(crate) async fn report(
    State(service): State<Shared>,
    _: Viewer,
    Id(id): Id,
) -> Result<Json<ScanDocuments>, Problem> {
    let documents = scans::documents(service.store.read(), &id).await?;
    let (report, assessment) = documents.ok_or_else(|| Problem::missing("scan"))?;
    let raw = |text: Option<String>| text.and_then(|text| RawValue::from_string(text).ok());
    match raw(report) {
        None => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "this scan has no report: it has not ended yet, or nothing was read",
        )),
        report => Ok(Json(ScanDocuments {
            report,
            assessment: raw(assessment),
        })),
    }
}

/// Cancel a scan
#[utoipa::path(post, path = "/v1/scans/{id}/cancel", tag = "scans", params(("id" = String, Path)),
    responses((status = 202, body = ScanView), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn cancel(
    State(service): State<Shared>,
    Operator(caller): Operator,
    Id(id): Id,
) -> Result<(StatusCode, Json<ScanView>), Problem> {
    let mut write = service.store.write().await?;
    let known = scans::by_id(&mut *write, &id).await?;
    let known = known.ok_or_else(|| Problem::missing("scan"))?;
    let reason = format!("cancelled by {}", caller.name);
    let was_queued = scans::cancel_queued(&mut write, &id, &reason, moment::now()).await?;
    if !was_queued && !service.cancel(&id, &reason) {
        return Err(Problem::conflict("this scan has ended already"));
    }
    let act = super::credentials::act(&caller, "scan.cancelled", &id, json!({}));
    audit::add(&mut write, &act).await?;
    let scan = scans::by_id(&mut *write, &id).await?;
    write.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(scan_view(scan.unwrap_or(known)))))
}
