//! How the number of failures goes from scan to scan.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::auth::Viewer;
use super::extract::{Asked, Page, cursor, limit};
use super::problem::Problem;
use crate::moment;
use crate::shared::Shared;
use crate::store::findings::SEVERITIES;
use crate::store::from_json;
use crate::store::scans::ScanState;
use crate::store::trend::{self, EndedScan};

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TrendQuery {
    /// The `taskId` of a registration; all if it is not given.
    task: Option<String>,
    /// The rows of a page, 1 to 200; 50 if it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A point of the trend.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TrendPoint {
    scan_id: String,
    /// The registration.
    task_id: String,
    /// When the scan captured, or ended without.
    at: String,
    /// `complete`, `partial`, `failed` or `cancelled`.
    state: &'static str,
    /// The numbers of failures by severity, muted ones included. Absent where the scan was not complete: that is a
    /// gap, and not a zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    failures: Option<BTreeMap<String, u64>>,
}

fn point(it: EndedScan) -> TrendPoint {
    // A scan without findings of a severity has none of them, which is a zero.
    let failures = it.counts.filter(|_| it.state == ScanState::Complete);
    let failures = failures.and_then(|text| {
        let counts: BTreeMap<String, BTreeMap<String, u64>> = from_json(&text, "counts").ok()?;
        let failures = counts.get("FAIL").cloned().unwrap_or_default();
        let severities = SEVERITIES.into_iter();
        let all = severities.map(|word| (word.to_owned(), failures.get(word).copied()));
        Some(
            all.map(|(word, count)| (word, count.unwrap_or(0)))
                .collect(),
        )
    });
    TrendPoint {
        scan_id: it.id,
        task_id: it.registration_id,
        at: moment::text(it.captured_at.unwrap_or(it.finished_at)),
        state: it.state.word(),
        failures,
    }
}

/// Show the failures of each ended scan, the newest first
#[utoipa::path(get, path = "/v1/trend", tag = "findings", params(TrendQuery),
    responses((status = 200, body = Page<TrendPoint>)))]
pub(crate) async fn list(
    State(service): State<Shared>,
    _: Viewer,
    Asked(query): Asked<TrendQuery>,
) -> Result<Json<Page<TrendPoint>>, Problem> {
    let limit = limit(query.limit)?;
    let after: Option<String> = cursor(query.after.as_deref())?;
    let rows = trend::page(
        service.store.read(),
        query.task.as_deref(),
        after.as_deref(),
        i64::from(limit) + 1,
    );
    Ok(Page::of(rows.await?, limit, |row| row.id.clone(), point))
}
