//! Registrations. Their path is that of JFrog's API, in which a task is the registration of a Region.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::auth::{Caller, Operator, Viewer};
use super::credentials::{Paging, act, cancel_all, checked_name};
use super::extract::{Asked, Body, Id, Page, cursor, limit};
use super::once::{Answer, answer, once};
use super::problem::Problem;
use super::scans::{ScanView, scan_view};
use crate::moment;
use crate::place::ScanPlace;
use crate::registration::Wishes;
use crate::scan::revision_cache;
use crate::shared::Shared;
use crate::store::credentials::{self, Credential};
use crate::store::registrations::{self, Registration, State as RegistrationState};
use crate::store::{Write, audit, scans};

/// The most accounts and Regions that one registration names. A scan holds all of them.
const PLACES_LIMIT: usize = 20_000;

/// A registration.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegistrationView {
    /// The id.
    task_id: String,
    /// `active`, `paused`, or `stopped` because it lacks its credential.
    status: &'static str,
    /// Why it is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<String>,
    /// When it is scanned next.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_run: Option<String>,
    /// When the records that the API shows were captured.
    #[serde(skip_serializing_if = "Option::is_none")]
    captured_at: Option<String>,
    created_at: String,
    updated_at: String,
    /// What was registered.
    #[serde(flatten)]
    wishes: Wishes,
}

/// The members of a registration to change; `null` removes one.
#[derive(utoipa::ToSchema)]
#[schema(value_type = Object)]
#[expect(dead_code, reason = "it describes a body")]
pub(crate) struct RegistrationChange(Map<String, Value>);

fn view(it: Registration) -> RegistrationView {
    RegistrationView {
        task_id: it.id,
        status: it.state.word(),
        status_reason: it.state_reason,
        next_run: it.next_run_at.map(moment::text),
        captured_at: it.captured_at.map(moment::text),
        created_at: moment::text(it.created_at),
        updated_at: moment::text(it.updated_at),
        wishes: it.wishes,
    }
}

/// Register a Region, or several, to be scanned
#[utoipa::path(post, path = "/v1/aws/ecs/tasks", tag = "registrations", request_body = Wishes,
    responses((status = 201, body = RegistrationView), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn register(
    State(service): State<Shared>,
    Operator(caller): Operator,
    headers: HeaderMap,
    body: Body<Wishes>,
) -> Response {
    let request = format!("POST /v1/aws/ecs/tasks {}", body.digest);
    let (for_work, by) = (Shared::clone(&service), caller.clone());
    let work = async move { registered(&for_work, &by, body.value).await };
    once(service, &caller, &headers, &request, work).await
}

pub(crate) async fn registered(service: &Shared, caller: &Caller, wishes: Wishes) -> Answer {
    let now = moment::now();
    let mut write = service.store.write().await?;
    let mut registration = Registration {
        id: moment::id(),
        name: String::new(),
        credential_id: None,
        schedule: wishes.schedule.clone(),
        wishes,
        places: Vec::new(),
        state: RegistrationState::Active,
        state_reason: None,
        next_run_at: None,
        planned_at: now,
        loaded_scan: None,
        captured_at: None,
        created_at: now,
        updated_at: now,
    };
    settle(service, &mut write, &mut registration).await?;
    let it = &registration;
    scans::queue(&mut write, &it.id, &it.places, "registered", now).await?;
    let detail = json!({"taskId": it.id, "credentialId": it.credential_id});
    audit::add(
        &mut write,
        &act(caller, "registration.created", &it.name, detail),
    )
    .await?;
    write.commit().await?;
    service.queued.notify_one();
    answer(StatusCode::CREATED, &view(registration))
}

/// Checks what a registration wishes, fills in what follows from it, and stores it.
async fn settle(service: &Shared, write: &mut Write, it: &mut Registration) -> Result<(), Problem> {
    let refused = |reason: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason);
    it.name = checked_name("taskName", &it.wishes.task_name)?;
    let credential = credentials::by_id(&mut **write, &it.wishes.secret_uuid).await?;
    let credential: Credential = credential.ok_or_else(|| {
        refused(
            "secretUUID: there is no credential with this id; POST /v1/aws/credentials gives one"
                .into(),
        )
    })?;
    let config = it.wishes.config(
        &service.settings,
        service.modules.as_ref(),
        &credential.roles,
    );
    config.map_err(|reason| refused(portolan_machine::text::printable(&reason, 500)))?;
    let identity = credential.identity.as_ref();
    if let Some(identity) = identity {
        it.wishes
            .check_partition(&identity.partition)
            .map_err(refused)?;
    }
    let account_id = identity.map(|it| it.account_id.as_str());
    it.places = it.wishes.places(account_id, &credential.roles);
    if it.places.len() > PLACES_LIMIT {
        return Err(refused(format!(
            "it names more than {PLACES_LIMIT} accounts and Regions; register them in parts, or `all`"
        )));
    }
    if let Some((name, place)) =
        registrations::overlapping(&mut **write, &it.id, &it.places).await?
    {
        let ScanPlace { account_id, region } = place;
        let any = |text: String, what: &str| match text.as_str() {
            ScanPlace::ANY => format!("any {what}"),
            _ => text,
        };
        return Err(Problem::conflict(format!(
            "{name} scans {} of {} already, and its objects would be counted twice; change that registration, or name other Regions",
            any(region, "Region"),
            any(account_id, "account")
        )));
    }
    it.credential_id = Some(credential.id);
    it.schedule = it.wishes.schedule.clone();
    let now = moment::now();
    (it.planned_at, it.updated_at) = (now, now);
    it.next_run_at = match it.state {
        RegistrationState::Active => it.schedule.next(now, fastrand::f64()).map_err(refused)?,
        _ => None,
    };
    store(write, it).await
}

async fn store(write: &mut Write, it: &Registration) -> Result<(), Problem> {
    registrations::put(write, it)
        .await
        .map_err(|error| match error.is_taken() {
            true => Problem::conflict(format!(
                "{} is registered already; choose another name",
                it.name
            )),
            false => error.into(),
        })
}

/// List registrations
#[utoipa::path(get, path = "/v1/aws/ecs/tasks", tag = "registrations", params(Paging),
    responses((status = 200, body = Page<RegistrationView>)))]
pub(crate) async fn list(
    State(service): State<Shared>,
    _: Viewer,
    Asked(query): Asked<Paging>,
) -> Result<Json<Page<RegistrationView>>, Problem> {
    let limit = limit(query.limit)?;
    let after: Option<String> = cursor(query.after.as_deref())?;
    let rows =
        registrations::page(service.store.read(), after.as_deref(), i64::from(limit) + 1).await?;
    Ok(Page::of(rows, limit, |row| row.id.clone(), view))
}

/// Show a registration
#[utoipa::path(get, path = "/v1/aws/ecs/tasks/{id}", tag = "registrations", params(("id" = String, Path)),
    responses((status = 200, body = RegistrationView), (status = 404, body = Problem)))]
pub(crate) async fn show(
    State(service): State<Shared>,
    _: Viewer,
    Id(id): Id,
) -> Result<Json<RegistrationView>, Problem> {
    let known = registrations::by_id(service.store.read(), &id).await?;
    known
        .map(|it| Json(view(it)))
        .ok_or_else(|| Problem::missing("registration"))
}

async fn known(write: &mut Write, id: &str) -> Result<Registration, Problem> {
    let known = registrations::by_id(&mut **write, id).await?;
    known.ok_or_else(|| Problem::missing("registration"))
}

/// Change a registration, as RFC 7396 says
#[utoipa::path(patch, path = "/v1/aws/ecs/tasks/{id}", tag = "registrations", params(("id" = String, Path)),
    request_body = RegistrationChange,
    responses((status = 200, body = RegistrationView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn change(
    State(service): State<Shared>,
    Operator(caller): Operator,
    Id(id): Id,
    body: Body<Map<String, Value>>,
) -> Result<Json<RegistrationView>, Problem> {
    let mut write = service.store.write().await?;
    let mut registration = known(&mut write, &id).await?;
    let wishes = serde_json::to_value(&registration.wishes).unwrap_or_default();
    let names: Vec<String> = body.value.keys().take(32).cloned().collect();
    let wishes = merged(wishes, Value::Object(body.value));
    registration.wishes = serde_json::from_value(wishes).map_err(|error| {
        let reason = portolan_machine::text::printable(&error.to_string(), 500);
        Problem::bad(format!("the changed registration is not valid: {reason}"))
    })?;
    if registration.state == RegistrationState::Stopped {
        // Another credential was named, or the check below refuses it.
        registration.state = RegistrationState::Active;
        registration.state_reason = None;
    }
    settle(&service, &mut write, &mut registration).await?;
    let detail = json!({"taskId": id, "changed": names});
    audit::add(
        &mut write,
        &act(&caller, "registration.changed", &registration.name, detail),
    )
    .await?;
    write.commit().await?;
    Ok(Json(view(registration)))
}

/// A JSON merge patch.
fn merged(target: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else {
        return patch;
    };
    let mut target = match target {
        Value::Object(target) => target,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            target.shift_remove(&name);
        } else {
            let before = target.shift_remove(&name).unwrap_or_default();
            target.insert(name, merged(before, value));
        }
    }
    Value::Object(target)
}

/// Delete a registration with its records, findings and scans
#[utoipa::path(delete, path = "/v1/aws/ecs/tasks/{id}", tag = "registrations", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub(crate) async fn delete(
    State(service): State<Shared>,
    Operator(caller): Operator,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let mut write = service.store.write().await?;
    let registration = known(&mut write, &id).await?;
    let reason = format!("the registration {} was deleted", registration.name);
    let running = cancel_all(&mut write, &id, &reason).await?;
    registrations::delete(&mut write, &id).await?;
    let detail = json!({"taskId": id});
    audit::add(
        &mut write,
        &act(&caller, "registration.deleted", &registration.name, detail),
    )
    .await?;
    write.commit().await?;
    for scan_id in running {
        service.cancel(&scan_id, &reason);
    }
    let _ = std::fs::remove_file(revision_cache(&service, &id));
    Ok(StatusCode::NO_CONTENT)
}

/// Pause a registration
#[utoipa::path(post, path = "/v1/aws/ecs/tasks/{id}/pause", tag = "registrations", params(("id" = String, Path)),
    responses((status = 200, body = RegistrationView), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn pause(
    State(service): State<Shared>,
    Operator(caller): Operator,
    Id(id): Id,
) -> Result<Json<RegistrationView>, Problem> {
    switch(&service, &caller, &id, RegistrationState::Paused).await
}

/// Resume a paused registration
#[utoipa::path(post, path = "/v1/aws/ecs/tasks/{id}/resume", tag = "registrations", params(("id" = String, Path)),
    responses((status = 200, body = RegistrationView), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn resume(
    State(service): State<Shared>,
    Operator(caller): Operator,
    Id(id): Id,
) -> Result<Json<RegistrationView>, Problem> {
    switch(&service, &caller, &id, RegistrationState::Active).await
}

async fn switch(
    service: &Shared,
    caller: &Caller,
    id: &str,
    state: RegistrationState,
) -> Result<Json<RegistrationView>, Problem> {
    let mut write = service.store.write().await?;
    let mut registration = known(&mut write, id).await?;
    if registration.state == RegistrationState::Stopped {
        let reason = registration.state_reason.unwrap_or_default();
        return Err(Problem::conflict(format!(
            "it is stopped: {reason}; give it another secretUUID with PATCH"
        )));
    }
    let now = moment::now();
    registration.state = state;
    (registration.planned_at, registration.updated_at) = (now, now);
    // What was missed meanwhile is one run, at once.
    registration.next_run_at = (state == RegistrationState::Active).then_some(now);
    store(&mut write, &registration).await?;
    let action = match state {
        RegistrationState::Active => "registration.resumed",
        _ => "registration.paused",
    };
    audit::add(
        &mut write,
        &act(caller, action, &registration.name, json!({"taskId": id})),
    )
    .await?;
    write.commit().await?;
    service.queued.notify_one();
    Ok(Json(view(registration)))
}

/// Scan a registration now
#[utoipa::path(post, path = "/v1/aws/ecs/tasks/{id}/scan", tag = "registrations", params(("id" = String, Path)),
    responses((status = 202, body = ScanView), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn scan(
    State(service): State<Shared>,
    Operator(caller): Operator,
    Id(id): Id,
) -> Result<(StatusCode, Json<ScanView>), Problem> {
    let mut write = service.store.write().await?;
    let registration = known(&mut write, &id).await?;
    if registration.credential_id.is_none() {
        return Err(Problem::conflict(
            "its credential was deleted; give it another secretUUID with PATCH",
        ));
    }
    let now = moment::now();
    let (scan_id, is_new) =
        scans::queue(&mut write, &id, &registration.places, "asked", now).await?;
    if is_new {
        let detail = json!({"scanId": scan_id});
        audit::add(
            &mut write,
            &act(&caller, "scan.asked", &registration.name, detail),
        )
        .await?;
    }
    let scan = scans::by_id(&mut *write, &scan_id).await?;
    write.commit().await?;
    service.queued.notify_one();
    let scan = scan.ok_or_else(|| Problem::missing("scan"))?;
    Ok((StatusCode::ACCEPTED, Json(scan_view(scan))))
}
