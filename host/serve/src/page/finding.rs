//! One finding: why we think so, what to do, since when, and whether others agree.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::address::Address;
use super::fault::Fault;
use super::findings::{Brief, Known, statement};
use super::frame::{Frame, html};
use super::session::Visitor;
use super::words::{Outcome, Severity, Time, kind, shown};
use crate::api::mutes as api;
use crate::api::problem::Problem;
use crate::moment;
use crate::shared::Shared;
use crate::store::findings::{self, FoundRow};
use crate::store::mutes;
use crate::store::objects;
use crate::store::rows::{hex, id as row_id};
use crate::token::Role;

/// The changes that are shown; the API has all.
const EVENTS: i64 = 50;
/// A mute that ends so soon is said to.
const SOON_MS: i64 = 7 * 24 * 60 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What only the page of a finding shows.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default)]
struct Details {
    evidence: Vec<Piece>,
    remediation: String,
    references: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default)]
struct Piece {
    uid: String,
    attribute: String,
    value: Option<Value>,
}

struct EvidenceRow {
    kind: String,
    uid: String,
    attribute: String,
    value: String,
}

struct EventRow {
    time: Time,
    outcome: Outcome,
    text: String,
    scan: String,
}

struct MuteShown {
    id: String,
    reason: String,
    author: String,
    ends: Time,
    ends_soon: bool,
}

#[derive(Template)]
#[template(path = "finding.html")]
struct FindingPage {
    frame: Frame,
    id: String,
    brief: Brief,
    severity: Severity,
    outcome: Outcome,
    subject: String,
    workload: String,
    list: String,
    list_href: String,
    since: Option<Time>,
    first_seen: Time,
    last_seen: Time,
    is_stale: bool,
    gone_at: Option<Time>,
    resolved_at: Option<Time>,
    change: String,
    question: String,
    condition: String,
    command: String,
    differences: String,
    details: Details,
    evidence: Vec<EvidenceRow>,
    history: Vec<EventRow>,
    strip: String,
    mute: Option<MuteShown>,
    registration: String,
    today: String,
    latest: String,
    patterns: Vec<(String, String)>,
    problem: String,
    typed: MuteForm,
    control_href: String,
    subject_href: String,
}

/// A finding
pub(super) async fn show(
    State(service): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Html<String>, Fault> {
    let list = Address::of(&uri).get("list").map(str::to_owned);
    let typed = MuteForm {
        list: list.unwrap_or_default(),
        ..MuteForm::default()
    };
    html(&page(&service, &visitor, &id, typed, String::new()).await?)
}

// Long, because it names everything that the screen shows.
async fn page(
    service: &Shared,
    visitor: &Visitor,
    id: &str,
    typed: MuteForm,
    problem: String,
) -> Result<FindingPage, Fault> {
    let store = &service.store;
    let now = moment::now();
    let row = findings::by_id(store.read(), id, now).await?;
    let row = row.ok_or_else(|| Problem::missing("finding"))?;
    let mut brief = statement(&row.body);
    brief.title = Known::of(store, std::slice::from_ref(&row))
        .await?
        .title(&row);
    let details: Details = serde_json::from_str(&row.body).unwrap_or_default();
    let control = service
        .controls
        .of(&service.settings, &brief.control_id)
        .await;
    let control = control.map(|it| it.control);
    if brief.standards.is_empty() {
        brief.standards = control
            .as_ref()
            .map_or_else(Vec::new, |it| it.standards.clone());
    }
    let events = findings::history(store.read(), id, None, EVENTS).await?;
    let mute = match &row.mute_id {
        Some(id) => mutes::by_id(store.read(), id).await?,
        None => None,
    };
    let subject_uid = brief.subject_uid.clone();
    let is_workload = ["EcsService", "EcsTaskGroup"].contains(&brief.subject_object.as_str());
    let subject_list = Address::to("/findings").with("subject", &subject_uid);
    let list_href = match typed.list.as_str() {
        "" => "/findings?result=FAIL&muted=false".to_owned(),
        list => format!("/findings?{list}"),
    };
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    Ok(FindingPage {
        frame: Frame::new(service, visitor, &brief.title, "findings").await?,
        severity: Severity(row.severity),
        outcome: Outcome(brief.result.clone()),
        subject: brief.subject(),
        workload: match is_workload {
            true => hex(&row_id(&row.registration_id, "Workload", &subject_uid)),
            false => String::new(),
        },
        list_href,
        list: typed.list.clone(),
        since: row.failing_since.map(Time),
        first_seen: Time(row.first_seen),
        last_seen: Time(row.last_seen),
        is_stale: row.is_stale,
        gone_at: row.gone_at.map(Time),
        resolved_at: row.resolved_at.map(Time),
        question: text(control.as_ref().map(|it| &it.question)),
        condition: text(control.as_ref().map(|it| &it.condition)),
        command: text(control.as_ref().and_then(|it| it.command.as_ref())),
        differences: text(control.as_ref().and_then(|it| it.differences.as_ref())),
        evidence: evidence(service, &details).await?,
        strip: strip(&row, &events, now),
        history: events.iter().map(event).collect(),
        mute: mute.map(|it| MuteShown {
            ends_soon: it.ends_at - now < SOON_MS,
            id: it.id,
            reason: shown(&it.reason),
            author: shown(&it.author),
            ends: Time(it.ends_at),
        }),
        registration: shown(&row.registration),
        today: day(now),
        latest: day(now + 365 * DAY_MS),
        patterns: patterns(service, &brief, now).await?,
        control_href: format!(
            "/controls/{}",
            brief.control_id.rsplit('/').next().unwrap_or_default()
        ),
        subject_href: subject_list.to_string(),
        change: row.change.clone(),
        id: row.id,
        brief,
        details,
        problem,
        typed,
    })
}

fn day(at: i64) -> String {
    moment::text(at).get(..10).unwrap_or_default().to_owned()
}

/// What a mute may cover, with the number of failures that it takes in now.
async fn patterns(
    service: &Shared,
    brief: &Brief,
    now: i64,
) -> Result<Vec<(String, String)>, Fault> {
    let mut patterns = vec![(
        brief.subject_uid.clone(),
        format!("{} on {}", brief.control_id, brief.subject()),
    )];
    let filter = crate::store::filter::Filter {
        controls: vec![brief.control_id.clone()],
        results: vec!["FAIL".into()],
        now,
        ..crate::store::filter::Filter::default()
    };
    let counts = findings::counts(service.store.read(), &filter, "f.result", 1).await?;
    let number = counts.first().map_or(0, |(_, number)| *number);
    let everywhere = format!("{} everywhere: {number} failures now", brief.control_id);
    patterns.push(("*".into(), everywhere));
    Ok(patterns)
}

async fn evidence(service: &Shared, details: &Details) -> Result<Vec<EvidenceRow>, Fault> {
    let mut rows = Vec::new();
    for piece in &details.evidence {
        let known = objects::by_uid(service.store.read(), &piece.uid).await?;
        let value = match &piece.value {
            None => "absent".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        rows.push(EvidenceRow {
            kind: known.map_or_else(|| "record".into(), |object| kind(&object).to_owned()),
            uid: shown(&piece.uid),
            attribute: piece.attribute.clone(),
            value: shown(&value),
        });
    }
    Ok(rows)
}

fn event(it: &findings::Event) -> EventRow {
    let outcome = Outcome(it.result.clone());
    let text = match it.event.as_str() {
        "new" => "Fail, seen for the first time".to_owned(),
        "reopened" => "Fail, reopened".to_owned(),
        "resolved" => format!("Resolved: {}", outcome.word().to_lowercase()),
        "gone" => "The object is gone: a complete scan did not see it".to_owned(),
        "seen" => format!("{}, seen for the first time", outcome.word()),
        _ => {
            let before = it.result_before.clone().map(Outcome);
            let before = before.map_or("", |it| it.word()).to_lowercase();
            format!("{}, before it {before}", outcome.word())
        }
    };
    EventRow {
        time: Time(it.at),
        outcome,
        text,
        scan: it.scan_id.clone(),
    }
}

/// One mark a day for a month: the result at its end.
fn strip(row: &FoundRow, events: &[findings::Event], now: i64) -> String {
    const DAYS: i64 = 30;
    let mut text = String::from(
        "<svg class=\"strip\" viewBox=\"0 0 300 18\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
    );
    for day in 0..DAYS {
        let end = now - (DAYS - 1 - day) * DAY_MS;
        let last = events.iter().find(|event| event.at <= end);
        let class = match last.map(|event| (event.event.as_str(), event.result.as_str())) {
            None | Some(("gone", _)) => None,
            Some((_, "FAIL")) => Some(("s-fail", 0, 18)),
            Some((_, "NOT_EVALUATED")) => Some(("s-ne", 4, 14)),
            Some(_) => Some(("s-pass", 8, 10)),
        };
        let class = class.filter(|_| end >= row.first_seen);
        let (name, top, height) = class.unwrap_or(("s-none", 17, 1));
        let left = day * 10 + 1;
        text.push_str(&format!(
            "<rect class=\"{name}\" x=\"{left}\" y=\"{top}\" width=\"8\" height=\"{height}\"/>"
        ));
    }
    text.push_str("</svg>");
    text
}

/// A mute, as the form sends it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct MuteForm {
    #[serde(default)]
    pub(super) reason: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    pub(super) until: String,
    #[serde(default)]
    list: String,
}

/// Mute it
pub(super) async fn mute(
    State(service): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<MuteForm>,
) -> Result<Response, Fault> {
    let caller = visitor.permit(&service, Role::Operator)?;
    let row = findings::by_id(service.store.read(), &id, moment::now()).await?;
    let row = row.ok_or_else(|| Problem::missing("finding"))?;
    let control = statement(&row.body).control_id;
    let new = json!({"control": control, "subject": form.subject, "reason": form.reason, "until": form.until});
    let new = serde_json::from_value(new).map_err(|_| Problem::bad("the form is not complete"))?;
    match api::created(&service, &caller, new).await {
        Ok(_) => {
            let mut address = Address::to(&format!("/findings/{id}"));
            if !form.list.is_empty() {
                address = address.with("list", &form.list);
            }
            Ok(Redirect::to(&address.to_string()).into_response())
        }
        Err(problem) => {
            let status = problem.status();
            let page = page(&service, &visitor, &id, form, problem.into_detail()).await?;
            Ok((status, html(&page)?).into_response())
        }
    }
}
