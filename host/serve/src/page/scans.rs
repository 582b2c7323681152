//! Scans and registrations: whether the rest can be trusted, what runs, what failed, and what is next.

mod rows;

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
use super::words::{Time, count, shown};
use crate::api::auth::Operator;
use crate::api::extract::{Id, cursor, encode};
use crate::api::problem::Problem;
use crate::api::{registrations as api, scans as api_scans};
use crate::shared::Shared;
use crate::store::registrations;
use crate::store::scans;
use crate::token::Role;
use rows::{CredentialRow, ScanRow, credential_rows, scan_row};

pub(super) use rows::{RegistrationRow, progress, registration_rows, state_word};

/// The rows of a page of scans.
const ROWS: i64 = 25;

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
