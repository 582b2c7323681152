//! The state of the service, for those who run it.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::auth::Admin;
use super::problem::Problem;
use crate::moment;
use crate::shared::Shared;
use crate::space::Space;
use crate::store::scans;

/// The state of the service.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusView {
    version: &'static str,
    started_at: String,
    /// The space that the data folder takes.
    space: Space,
    retention: RetentionView,
    /// The numbers of scans by state.
    scans: Vec<ScansView>,
}

/// How long the service keeps what is over.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetentionView {
    /// Stopped tasks and other objects that are gone, in hours.
    stopped_tasks_hours: u64,
    /// Scans, and findings of objects that are gone, in hours.
    scans_hours: u64,
    /// Entries of the audit log, in hours.
    audit_hours: u64,
}

/// The number of scans in a state.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ScansView {
    state: String,
    count: i64,
}

/// Show the version, the space that is taken, and how long what is kept
#[utoipa::path(get, path = "/v1/status", tag = "health", responses((status = 200, body = StatusView)))]
pub(crate) async fn show(
    State(service): State<Shared>,
    _: Admin,
) -> Result<Json<StatusView>, Problem> {
    let hours = |age: std::time::Duration| age.as_secs() / 3600;
    let retention = service.retention;
    let counts = scans::counts(service.store.read()).await?;
    let scans = counts
        .into_iter()
        .map(|(state, count)| ScansView { state, count });
    Ok(Json(StatusView {
        version: env!("CARGO_PKG_VERSION"),
        started_at: moment::text(service.started_at),
        space: service.space().await,
        retention: RetentionView {
            stopped_tasks_hours: hours(retention.gone_objects),
            scans_hours: hours(retention.scans),
            audit_hours: hours(retention.audit),
        },
        scans: scans.collect(),
    }))
}
