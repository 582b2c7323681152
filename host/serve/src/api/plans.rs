//! What a scan of a registration costs, before it runs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use portolan_sync::plan::{self, Plan};
use serde::Serialize;

use super::auth::Operator;
use super::extract::Id;
use super::problem::Problem;
use crate::scan::setup;
use crate::shared::Shared;
use crate::store::credentials;
use crate::store::registrations;
use crate::store::scans::{self, ScanState};

/// What a scan costs.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct PlanView {
    /// Calls and the least time by account and Region; its schema is `portolan schema plan`.
    #[schema(value_type = Object)]
    plan: Plan,
    /// Remarks about the numbers.
    notes: Vec<&'static str>,
}

/// Plan a scan: its calls, and the time that AWS's quotas require
///
/// It makes cheap calls: it lists clusters and task definitions, and reads the counters of clusters.
#[utoipa::path(get, path = "/v1/aws/ecs/tasks/{id}/plan", tag = "registrations", params(("id" = String, Path)),
    responses((status = 200, body = PlanView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn show(
    State(service): State<Shared>,
    Operator(caller): Operator,
    Id(id): Id,
) -> Result<Json<PlanView>, Problem> {
    let refused = |reason: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason);
    // One plan at once, and no scan begins meanwhile.
    let _planning = service.planning.lock().await;
    let registration = registrations::by_id(service.store.read(), &id).await?;
    let registration = registration.ok_or_else(|| Problem::missing("registration"))?;
    let open = scans::open_of(service.store.read(), &id).await?;
    if open.iter().any(|scan| scan.state == ScanState::Running) {
        return Err(Problem::conflict(
            "a scan of it is running, and both would ask AWS at once; wait until it has ended",
        ));
    }
    let gone =
        || Problem::conflict("its credential was deleted; give it another secretUUID with PATCH");
    let credential_id = registration.credential_id.as_deref().ok_or_else(gone)?;
    let credential = credentials::by_id(service.store.read(), credential_id).await?;
    let credential = credential.ok_or_else(gone)?;
    let config = setup::config(&service, &registration, &credential).map_err(refused)?;
    let mut write = service.store.write().await?;
    let by = ("plannedBy", caller.name.as_str());
    setup::note_use(&mut write, &registration, &credential, by).await?;
    write.commit().await?;
    let notes = Plan::notes(&config.fetching);
    let cache = portolan_sync::known_revisions(&config);
    let cache = cache.map_err(|error| refused(error.to_string()))?;
    let plan = plan::run(config, cache).await;
    let plan =
        plan.map_err(|error| refused(portolan_machine::text::printable(&error.to_string(), 500)))?;
    Ok(Json(PlanView { plan, notes }))
}
