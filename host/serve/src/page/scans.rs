//! Scans and registrations: whether the rest can be trusted, what runs, what failed, and what is next.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;

use super::address::{Address, way_back};
use super::fault::Fault;
use super::frame::{Frame, Paging, asked, html};
use super::session::Visitor;
use super::words::{Time, count, number, shown, span};
use crate::api::auth::Operator;
use crate::api::extract::{Id, cursor, encode};
use crate::api::problem::Problem;
use crate::api::{registrations as api, scans as api_scans};
use crate::place::ScanPlace;
use crate::shared::Shared;
use crate::store::credentials::{self, Credential};
use crate::store::registrations::{self, Registration, State as RegistrationState};
use crate::store::scans::{self, Scan, ScanState};
use crate::store::{StoreError, scans as store_scans};
use crate::token::Role;

/// The rows of a page of scans.
const ROWS: i64 = 25;
/// The registrations that a page lists; the API has all.
const REGISTRATIONS: i64 = 500;

/// A registration with its newest scan.
pub(super) struct RegistrationRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) places: String,
    pub(super) glyph: String,
    pub(super) word: &'static str,
    pub(super) detail: String,
    /// The newest scan; empty if there is none.
    pub(super) scan: String,
    /// Whether it is queued or running.
    pub(super) is_open: bool,
    pub(super) captured: Option<Time>,
    pub(super) next: String,
    pub(super) schedule: String,
    /// What failed or is missing, and what to do.
    pub(super) reason: String,
    pub(super) is_failed: bool,
    pub(super) is_paused: bool,
    pub(super) is_stopped: bool,
}

/// A scan of the list.
struct ScanRow {
    id: String,
    name: String,
    at: Time,
    by: String,
    glyph: String,
    word: &'static str,
    took: String,
    fail: String,
    unknown: String,
    is_open: bool,
    reason: String,
}

struct CredentialRow {
    id: String,
    name: String,
    kind: String,
    account: String,
    used_by: String,
    last_used: Option<Time>,
    created: Time,
}

pub(super) fn state_word(state: ScanState) -> (&'static str, &'static str) {
    match state {
        ScanState::Queued => ("Queued", "st-wait"),
        ScanState::Running => ("Running", "st-run"),
        ScanState::Complete => ("Complete", "res-pass"),
        ScanState::Partial => ("Incomplete", "st-part"),
        ScanState::Failed => ("Failed", "res-fail"),
        ScanState::Cancelled => ("Cancelled", "res-muted"),
    }
}

fn glyph(name: &str) -> String {
    format!("<svg aria-hidden=\"true\"><use href=\"#{name}\"/></svg>")
}

/// How far a scan is, in words.
pub(super) fn progress(scan: &Scan) -> String {
    let tries = match scan.attempt {
        0 | 1 => String::new(),
        attempt => format!(", try {attempt} of 3"),
    };
    if scan.state == ScanState::Queued {
        let reason = scan.reason.as_deref().unwrap_or("waits for its turn");
        return format!("{}{tries}", shown(reason));
    }
    let value: Value = scan
        .progress
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let phase = value["phase"].as_str().unwrap_or_default();
    let (listed, done) = (
        value["listed"].as_i64().unwrap_or_default(),
        value["done"].as_i64().unwrap_or_default(),
    );
    let text = match (phase, listed) {
        ("assessing", _) => "everything was read, and is assessed now".to_owned(),
        ("reading", listed) if listed > 0 => {
            let left = match value["etaSeconds"].as_i64() {
                Some(seconds) => format!("about {} left", span(seconds.max(1) * 1000)),
                None => "no estimate yet".to_owned(),
            };
            format!(
                "read {} of {} objects so far, {left}",
                number(done),
                number(listed)
            )
        }
        _ => "it begins to read".to_owned(),
    };
    format!("{text}{tries}")
}

fn took(scan: &Scan) -> String {
    match (scan.started_at, scan.finished_at) {
        (Some(began), Some(ended)) if ended - began < 60_000 => {
            count((ended - began) / 1000, "second")
        }
        (Some(began), Some(ended)) => {
            let seconds = (ended - began) / 1000;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
        (Some(_), None) => "runs".into(),
        _ => String::new(),
    }
}

fn places(places: &[ScanPlace]) -> String {
    let any = |text: &str, what: &str| match text {
        ScanPlace::ANY => format!("any {what}"),
        text => text.to_owned(),
    };
    let unique = |texts: Vec<String>, noun: &str| {
        let mut texts = texts;
        texts.sort();
        texts.dedup();
        match texts.len() {
            0..=3 => texts.join(", "),
            many => count(i64::try_from(many).unwrap_or(i64::MAX), noun),
        }
    };
    let accounts = places
        .iter()
        .map(|it| any(&it.account_id, "account"))
        .collect();
    let regions = places.iter().map(|it| any(&it.region, "Region")).collect();
    format!(
        "{} in {}",
        unique(accounts, "account"),
        unique(regions, "Region")
    )
}

fn registration_row(it: Registration, scan: Option<&Scan>) -> RegistrationRow {
    let (word, icon) = scan.map_or(("Never scanned", "res-unknown"), |scan| {
        state_word(scan.state)
    });
    let is_open = scan.is_some_and(|it| matches!(it.state, ScanState::Queued | ScanState::Running));
    let is_failed = scan.is_some_and(|it| it.state == ScanState::Failed);
    let detail = match scan {
        Some(scan) if is_open => progress(scan),
        Some(scan) => scan
            .finished_at
            .map_or_else(String::new, |at| Time(at).relative()),
        None => String::new(),
    };
    let is_stopped = it.state == RegistrationState::Stopped;
    let mut reason = match (scan, &it.state_reason) {
        (_, Some(reason)) => format!(
            "Stopped: {}. Register it anew, or give it another credential by the API.",
            shown(reason)
        ),
        (Some(scan), None) if is_failed || scan.state == ScanState::Partial => {
            let tries = match scan.attempt {
                0 | 1 => String::new(),
                tries => format!(" It was tried {tries} times."),
            };
            format!(
                "{}.{tries}",
                shown(
                    scan.reason
                        .as_deref()
                        .unwrap_or("no reason is known")
                        .trim_end_matches('.')
                )
            )
        }
        _ => String::new(),
    };
    if is_failed && let Some(at) = it.captured_at {
        reason.push_str(&format!(
            " What it found is shown as it was on {} UTC.",
            Time(at).exact()
        ));
    }
    let schedule = &it.schedule;
    RegistrationRow {
        name: shown(&it.name),
        places: places(&it.places),
        glyph: glyph(icon),
        word,
        detail,
        scan: scan.map_or_else(String::new, |scan| scan.id.clone()),
        is_open,
        captured: it.captured_at.map(Time),
        next: match (it.state, it.next_run_at) {
            (RegistrationState::Paused, _) => "paused".into(),
            (RegistrationState::Stopped, _) => "stopped".into(),
            (_, Some(at)) => format!("{} UTC", Time(at).exact()),
            (_, None) => String::new(),
        },
        schedule: match (&schedule.cron, &schedule.interval) {
            (Some(cron), _) => {
                format!("{cron}, {}", schedule.time_zone.as_deref().unwrap_or("UTC"))
            }
            (None, Some(interval)) => format!("every {interval}"),
            (None, None) => "every hour".into(),
        },
        reason,
        is_failed,
        is_paused: it.state == RegistrationState::Paused,
        is_stopped,
        id: it.id,
    }
}

/// Registrations with their newest scans; trouble comes first.
pub(super) async fn registration_rows(
    service: &Shared,
) -> Result<Vec<RegistrationRow>, StoreError> {
    let store = service.store.read();
    let all = registrations::page(store, None, REGISTRATIONS).await?;
    let newest = store_scans::newest(store).await?;
    let newest: HashMap<&str, &Scan> = newest
        .iter()
        .map(|scan| (scan.registration_id.as_str(), scan))
        .collect();
    let mut rows: Vec<RegistrationRow> = all
        .into_iter()
        .map(|it| {
            let scan = newest.get(it.id.as_str()).copied();
            registration_row(it, scan)
        })
        .collect();
    rows.sort_by_key(|row| {
        (
            row.reason.is_empty(),
            !row.is_failed,
            !row.is_open,
            row.name.clone(),
        )
    });
    Ok(rows)
}

#[derive(Template)]
#[template(path = "scans.html")]
struct ScansPage {
    frame: Frame,
    answer: String,
    registrations: Vec<RegistrationRow>,
    scans: Vec<ScanRow>,
    paging: Paging,
    credentials: Vec<CredentialRow>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScansQuery {
    task: Option<String>,
    after: Option<String>,
}

/// Scans and registrations
pub(super) async fn list(
    State(service): State<Shared>,
    visitor: Visitor,
    uri: Uri,
) -> Result<Html<String>, Fault> {
    let query: ScansQuery = asked(&uri)?;
    let after: Option<String> = cursor(query.after.as_deref())?;
    let store = service.store.read();
    let task = query.task.as_deref();
    let mut scans = scans::page(store, task, None, after.as_deref(), ROWS + 1).await?;
    let size = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let has_more = scans.len() > size;
    scans.truncate(size);
    let next = scans
        .last()
        .filter(|_| has_more)
        .map(|scan| encode(&scan.id));
    let names = registrations::names(store).await?;
    let rows: Vec<ScanRow> = scans.iter().map(|scan| scan_row(scan, &names)).collect();
    let registrations = registration_rows(&service).await?;
    let credentials = match visitor.is(Role::Operator) {
        true => credential_rows(&service).await?,
        false => Vec::new(),
    };
    html(&ScansPage {
        frame: Frame::new(&service, &visitor, "Scans and registrations", "scans").await?,
        answer: answer(&registrations),
        paging: Paging::new(
            &Address::of(&uri),
            rows.len(),
            None,
            next.as_deref(),
            "the newest first",
        ),
        registrations,
        scans: rows,
        credentials,
    })
}

fn answer(all: &[RegistrationRow]) -> String {
    let number = |fits: fn(&&RegistrationRow) -> bool| {
        i64::try_from(all.iter().filter(fits).count()).unwrap_or(i64::MAX)
    };
    let open = number(|it| it.is_open);
    let failed = number(|it| it.is_failed);
    let incomplete = number(|it| it.word == "Incomplete");
    let complete = number(|it| it.word == "Complete");
    if all.is_empty() {
        return "Nothing is registered yet.".into();
    }
    let mut parts = vec![match open {
        0 => "No scan is running".to_owned(),
        1 => "1 scan is running or waits".to_owned(),
        open => format!("{open} scans are running or wait"),
    }];
    if failed > 0 {
        parts.push(format!(
            "the last scans of {} have failed",
            count(failed, "registration")
        ));
    }
    if incomplete > 0 {
        parts.push(format!("{incomplete} are incomplete"));
    }
    parts.push(format!(
        "the last scans of {} of {} were complete",
        complete,
        count(i64::try_from(all.len()).unwrap_or(i64::MAX), "registration")
    ));
    format!("{}.", parts.join(", "))
}

fn scan_row(scan: &Scan, names: &HashMap<String, String>) -> ScanRow {
    let (word, icon) = state_word(scan.state);
    let counts: Value = scan
        .counts
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let sum = |result: &str| match counts[result].as_object() {
        _ if scan.counts.is_none() => "n/a".to_owned(),
        None => "0".to_owned(),
        Some(counts) => number(counts.values().filter_map(Value::as_i64).sum::<i64>()),
    };
    ScanRow {
        id: scan.id.clone(),
        name: names
            .get(&scan.registration_id)
            .map_or_else(String::new, |name| shown(name)),
        at: Time(scan.started_at.unwrap_or(scan.created_at)),
        by: match (scan.trigger.as_str(), scan.attempt) {
            ("asked", 0 | 1) => "somebody".to_owned(),
            (trigger, 0 | 1) => trigger.to_owned(),
            (trigger, tries) => format!("{trigger}, {tries} tries"),
        },
        glyph: glyph(icon),
        word,
        took: took(scan),
        fail: sum("FAIL"),
        unknown: sum("NOT_EVALUATED"),
        is_open: matches!(scan.state, ScanState::Queued | ScanState::Running),
        reason: shown(scan.reason.as_deref().unwrap_or_default()),
    }
}

async fn credential_rows(service: &Shared) -> Result<Vec<CredentialRow>, StoreError> {
    let store = service.store.read();
    let mut rows = Vec::new();
    for it in credentials::page(store, None, REGISTRATIONS).await? {
        let users = registrations::of_credential(store, &it.id).await?;
        let users: Vec<String> = users.iter().map(|it| shown(&it.name)).collect();
        rows.push(CredentialRow {
            name: shown(&it.name),
            kind: credential_kind(&it),
            account: it
                .identity
                .as_ref()
                .map_or_else(|| "not checked".into(), |it| it.account_id.clone()),
            used_by: users.join(", "),
            last_used: it.last_used_at.map(Time),
            created: Time(it.rotated_at.unwrap_or(it.created_at)),
            id: it.id,
        });
    }
    Ok(rows)
}

fn credential_kind(it: &Credential) -> String {
    let roles = i64::try_from(it.roles.len()).unwrap_or(i64::MAX);
    let roles = if roles > 0 {
        format!(", {}", count(roles, "role"))
    } else {
        String::new()
    };
    match &it.access_key_id {
        Some(id) => {
            let end = id.len().saturating_sub(4);
            format!("Access key …{}{roles}", id.get(end..).unwrap_or_default())
        }
        None => format!("This host's own{roles}"),
    }
}

#[derive(Template)]
#[template(path = "scan.html")]
struct ScanPage {
    frame: Frame,
    row: ScanRow,
    registration_id: String,
    detail: String,
    heartbeat: Option<Time>,
    started: Option<Time>,
    finished: Option<Time>,
    captured: Option<Time>,
    created: Time,
    scopes: Vec<ScopeRow>,
    complete_scopes: usize,
}

/// A part of a scan that was not read wholly.
struct ScopeRow {
    object: String,
    place: String,
    reason: String,
}

/// A scan
pub(super) async fn show(
    State(service): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Html<String>, Fault> {
    let store = service.store.read();
    let scan = scans::by_id(store, &id).await?;
    let scan = scan.ok_or_else(|| Problem::missing("scan"))?;
    let names = registrations::names(store).await?;
    let row = scan_row(&scan, &names);
    let report = scans::documents(store, &id)
        .await?
        .and_then(|(report, _)| report);
    let report: Value = report
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let all = report["scopes"].as_array().cloned().unwrap_or_default();
    let text = |scope: &Value, key: &str| shown(scope[key].as_str().unwrap_or_default());
    let scopes: Vec<ScopeRow> = all
        .iter()
        .filter(|scope| scope["complete"] == Value::Bool(false))
        .map(|scope| ScopeRow {
            object: text(scope, "object"),
            place: format!("{} {}", text(scope, "account_id"), text(scope, "region")),
            reason: text(scope, "reason"),
        })
        .collect();
    html(&ScanPage {
        frame: Frame::new(
            &service,
            &visitor,
            &format!("Scan of {}", row.name),
            "scans",
        )
        .await?,
        registration_id: scan.registration_id.clone(),
        detail: if row.is_open {
            progress(&scan)
        } else {
            String::new()
        },
        heartbeat: scan.heartbeat_at.map(Time),
        started: scan.started_at.map(Time),
        finished: scan.finished_at.map(Time),
        captured: scan.captured_at.map(Time),
        created: Time(scan.created_at),
        complete_scopes: all.len() - scopes.len(),
        scopes,
        row,
    })
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    pub(super) to: Option<String>,
}

/// Cancel a scan
pub(super) async fn cancel(
    State(service): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(back): Form<Back>,
) -> Result<Response, Fault> {
    let caller = visitor.permit(&service, Role::Operator)?;
    let cancelled = api_scans::cancel(State(service), Operator(caller), Id(id)).await;
    let _ = cancelled?;
    Ok(Redirect::to(way_back(back.to.as_deref().or(Some("/scans")))).into_response())
}

/// Scan, pause, resume or delete a registration
pub(super) async fn act(
    State(service): State<Shared>,
    visitor: Visitor,
    Path((id, act)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let by = Operator(visitor.permit(&service, Role::Operator)?);
    let (service, id) = (State(service), Id(id));
    let to = match act.as_str() {
        "scan" => {
            let (_, scan) = api::scan(service, by, id).await?;
            format!("/scans/{}", scan.0.scan_id)
        }
        "pause" => api::pause(service, by, id)
            .await
            .map(|_| "/scans".to_owned())?,
        "resume" => api::resume(service, by, id)
            .await
            .map(|_| "/scans".to_owned())?,
        "delete" => api::delete(service, by, id)
            .await
            .map(|_| "/scans".to_owned())?,
        _ => return Err(Problem::missing("act").into()),
    };
    Ok(Redirect::to(&to).into_response())
}
