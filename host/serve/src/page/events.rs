//! Audit events: who changed what in ECS, and which of it should not be.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::address::Address;
use super::fault::Fault;
use super::findings::statement;
use super::frame::{Frame, Paging, asked, html};
use super::session::Visitor;
use super::words::{Severity, Time, number, short, shown};
use crate::api::extract::{cursor, encode};
use crate::moment;
use crate::shared::Shared;
use crate::store::filter::Filter;
use crate::store::{findings, objects};

const ROWS: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventsQuery {
    event: Option<String>,
    account: Option<String>,
    region: Option<String>,
    after: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default)]
struct EventBody {
    uid: String,
    event_name: String,
    error_code: Option<String>,
    actor_arn: Option<String>,
    actor_type: Option<String>,
    invoked_by: Option<String>,
    source_ip: Option<String>,
    target_arns: Option<Vec<String>>,
    setting_name: Option<String>,
    setting_value: Option<String>,
    account_id: String,
    region: String,
}

struct EventShown {
    time: Time,
    name: String,
    actor: String,
    target: String,
    source: String,
    error: String,
    account: String,
    region: String,
    failures: Vec<(Severity, String, String)>,
}

#[derive(Template)]
#[template(path = "events.html")]
struct EventsPage {
    frame: Frame,
    rows: Vec<EventShown>,
    paging: Paging,
    names: Vec<(String, String)>,
    event: String,
    account: String,
    region: String,
    is_filtered: bool,
}

/// The list
// Long, because it names everything that the screen shows.
pub(super) async fn list(
    State(service): State<Shared>,
    visitor: Visitor,
    uri: Uri,
) -> Result<Response, Fault> {
    let address = Address::of(&uri);
    if let Some(tidied) = address.tidied() {
        return Ok(Redirect::to(&tidied.to_string()).into_response());
    }
    let query: EventsQuery = asked(&uri)?;
    let before: Option<(i64, String)> = cursor(query.after.as_deref())?;
    let values =
        |key: &str| -> Vec<String> { address.values(key).into_iter().map(str::to_owned).collect() };
    let filter = Filter {
        accounts: values("account"),
        regions: values("region"),
        ..Filter::default()
    };
    let store = service.store.read();
    let limit = i64::try_from(ROWS).unwrap_or(i64::MAX) + 1;
    let mut found =
        objects::events(store, &filter, &values("event"), before.as_ref(), limit).await?;
    let has_more = found.len() > ROWS;
    found.truncate(ROWS);
    let next = found.last().filter(|_| has_more);
    let next = next.map(|(at, row)| encode(&(at, &row.id)));
    let bodies: Vec<(i64, EventBody)> = found
        .iter()
        .map(|(at, row)| (*at, serde_json::from_str(&row.body).unwrap_or_default()))
        .collect();
    let uids: Vec<String> = bodies.iter().map(|(_, body)| body.uid.clone()).collect();
    let mut failures: HashMap<String, Vec<(Severity, String, String)>> = HashMap::new();
    for failure in findings::failures(store, &uids, moment::now()).await? {
        let brief = statement(&failure.body);
        let link = (
            Severity(failure.severity),
            brief.title,
            format!("/findings/{}", failure.id),
        );
        failures.entry(brief.subject_uid).or_default().push(link);
    }
    let rows: Vec<EventShown> = bodies
        .into_iter()
        .map(|(at, body)| {
            let failures = failures.remove(&body.uid).unwrap_or_default();
            event(at, body, failures)
        })
        .collect();
    let names = objects::event_names(store).await?;
    let names = names.into_iter().map(|(name, count)| (name, number(count)));
    let page = EventsPage {
        frame: Frame::new(&service, &visitor, "Audit events", "events").await?,
        paging: Paging::new(
            &address,
            rows.len(),
            None,
            next.as_deref(),
            "the newest first",
        ),
        rows,
        names: names.collect(),
        event: query.event.clone().unwrap_or_default(),
        account: query.account.clone().unwrap_or_default(),
        region: query.region.clone().unwrap_or_default(),
        is_filtered: query.event.is_some() || query.account.is_some() || query.region.is_some(),
    };
    Ok(html(&page)?.into_response())
}

fn event(at: i64, body: EventBody, failures: Vec<(Severity, String, String)>) -> EventShown {
    let actor = body.actor_arn.or(body.invoked_by).or(body.actor_type);
    let targets = body.target_arns.unwrap_or_default();
    let setting = match (body.setting_name, body.setting_value) {
        (Some(name), Some(value)) => format!("{name} = {value}"),
        (Some(name), None) => name,
        _ => String::new(),
    };
    let target = match (targets.as_slice(), setting.as_str()) {
        (_, setting) if !setting.is_empty() => setting.to_owned(),
        ([one], _) => short(one).to_owned(),
        ([first, rest @ ..], _) => format!("{} and {} more", short(first), rest.len()),
        ([], _) => String::new(),
    };
    EventShown {
        time: Time(at),
        name: shown(&body.event_name),
        actor: shown(&actor.unwrap_or_else(|| "not told".into())),
        target: shown(&target),
        source: shown(&body.source_ip.unwrap_or_default()),
        error: shown(&body.error_code.unwrap_or_default()),
        account: body.account_id,
        region: body.region,
        failures,
    }
}
