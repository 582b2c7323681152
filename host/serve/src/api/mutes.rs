//! Mutes: decisions to live with findings until a date.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::auth::{Caller, Operator, Viewer};
use super::credentials::{Paging, act};
use super::extract::{Asked, Body, Id, Page, cursor, limit};
use super::once::{Answer, answer, once};
use super::problem::Problem;
use crate::moment;
use crate::shared::Shared;
use crate::store::audit;
use crate::store::mutes::{self, Mute};

/// A reason is a sentence or two.
const REASON_LIMIT: usize = 500;
/// Longer than any ARN.
const SUBJECT_LIMIT: usize = 2048;
/// Whoever still wants it after a year says so again.
const LONGEST_MS: i64 = 366 * 24 * 60 * 60 * 1000;

/// A mute to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewMute {
    /// A control, or `*` for all.
    control: String,
    /// The UID of a subject, or a pattern in which `*` stands for any text.
    subject: String,
    /// Why it may be so.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// When it ends: a date, or a time, at most a year ahead.
    #[schema(example = "2027-01-31")]
    until: String,
}

/// A mute.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MuteView {
    mute_id: String,
    control: String,
    subject: String,
    reason: String,
    author: String,
    created_at: String,
    until: String,
    /// Whether it acts now.
    is_active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_by: Option<String>,
}

pub(crate) fn mute_view(it: Mute) -> MuteView {
    MuteView {
        is_active: it.revoked_at.is_none() && it.ends_at > moment::now(),
        mute_id: it.id,
        control: it.control_id,
        subject: it.subject,
        reason: it.reason,
        author: it.author,
        created_at: moment::text(it.created_at),
        until: moment::text(it.ends_at),
        revoked_at: it.revoked_at.map(moment::text),
        revoked_by: it.revoked_by,
    }
}

/// Mute findings until a date
#[utoipa::path(post, path = "/v1/mutes", tag = "mutes", request_body = NewMute,
    responses((status = 201, body = MuteView)))]
pub(crate) async fn create(
    State(service): State<Shared>,
    Operator(caller): Operator,
    headers: HeaderMap,
    body: Body<NewMute>,
) -> Response {
    let request = format!("POST /v1/mutes {}", body.digest);
    let (for_work, by) = (Shared::clone(&service), caller.clone());
    let work = async move { created(&for_work, &by, body.value).await };
    once(service, &caller, &headers, &request, work).await
}

pub(crate) async fn created(service: &Shared, caller: &Caller, new: NewMute) -> Answer {
    let now = moment::now();
    let is_text = |text: &str, most: usize| {
        (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
    };
    if !is_text(&new.control, 128) || (new.control.contains('*') && new.control != "*") {
        return Err(Problem::bad("control: it is the id of a control, or `*`"));
    }
    if !is_text(&new.subject, SUBJECT_LIMIT) {
        return Err(Problem::bad(format!(
            "subject: it has 1 to {SUBJECT_LIMIT} printable characters"
        )));
    }
    if !is_text(new.reason.trim(), REASON_LIMIT) {
        return Err(Problem::bad(format!(
            "reason: it has 1 to {REASON_LIMIT} printable characters"
        )));
    }
    // A date is its whole day.
    let ends_at = moment::parse(&new.until)
        .or_else(|| moment::parse(&format!("{}T23:59:59.999Z", new.until)))
        .filter(|at| (now..=now + LONGEST_MS).contains(at));
    let ends_at = ends_at.ok_or_else(|| {
        Problem::bad("until: it is a date or a time in the future and at most a year ahead, for example 2027-01-31")
    })?;
    let mute = Mute {
        id: moment::id(),
        control_id: new.control,
        subject: new.subject,
        reason: new.reason.trim().to_owned(),
        author: caller.name.clone(),
        created_at: now,
        ends_at,
        revoked_at: None,
        revoked_by: None,
    };
    let mut write = service.store.write().await?;
    mutes::insert(&mut write, &mute).await?;
    let detail = json!({"muteId": mute.id, "subject": mute.subject, "reason": mute.reason, "until": moment::text(ends_at)});
    audit::add(
        &mut write,
        &act(caller, "mute.created", &mute.control_id, detail),
    )
    .await?;
    write.commit().await?;
    answer(StatusCode::CREATED, &mute_view(mute))
}

/// List mutes, the newest first
#[utoipa::path(get, path = "/v1/mutes", tag = "mutes", params(Paging),
    responses((status = 200, body = Page<MuteView>)))]
pub(crate) async fn list(
    State(service): State<Shared>,
    _: Viewer,
    Asked(query): Asked<Paging>,
) -> Result<Json<Page<MuteView>>, Problem> {
    let limit = limit(query.limit)?;
    let after: Option<String> = cursor(query.after.as_deref())?;
    let rows = mutes::page(service.store.read(), after.as_deref(), i64::from(limit) + 1).await?;
    Ok(Page::of(rows, limit, |row| row.id.clone(), mute_view))
}

/// Revoke a mute
#[utoipa::path(delete, path = "/v1/mutes/{id}", tag = "mutes", params(("id" = String, Path)),
    responses((status = 200, body = MuteView), (status = 404, body = Problem)))]
pub(crate) async fn revoke(
    State(service): State<Shared>,
    Operator(caller): Operator,
    Id(id): Id,
) -> Result<Json<MuteView>, Problem> {
    let mut write = service.store.write().await?;
    let revoked = mutes::revoke(&mut write, &id, &caller.name, moment::now()).await?;
    let revoked = revoked.ok_or_else(|| Problem::missing("valid mute"))?;
    let detail = json!({"muteId": id, "subject": revoked.subject});
    audit::add(
        &mut write,
        &act(&caller, "mute.revoked", &revoked.control_id, detail),
    )
    .await?;
    write.commit().await?;
    Ok(Json(mute_view(revoked)))
}
