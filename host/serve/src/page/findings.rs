//! Findings: which checks fail, where, what is new, and what was never looked at.

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::address::Address;
use super::facets::{Cause, Cube, Facet, Tab, causes, facets, tabs};
use super::fault::Fault;
use super::frame::{Frame, Paging, asked, html};
use super::session::Visitor;
use super::words::{Outcome, Severity, Time, bar, cluster, count, kind, number, short, shown};
use crate::api::auth::Viewer;
use crate::api::exports;
use crate::api::extract::{Asked, encode, limit};
use crate::api::filters::{FindingQuery, cursor_of};
use crate::api::findings::sort;
use crate::shared::Shared;
use crate::store::findings::{self, FoundRow};
use crate::store::rows::{hex, id as row_id};
use crate::store::{Store, StoreError, facets as cells, scans, workloads};

/// The causes that fit into a line.
const CAUSES: usize = 4;
/// The orders that the page offers, of those of the API.
const ORDERS: [(&str, &str); 5] = [
    ("severity", "Severity"),
    ("since", "Newest"),
    ("control", "Control"),
    ("subject", "Subject"),
    ("region", "Region"),
];

/// What a list says of a finding.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default)]
pub(super) struct Brief {
    pub(super) control_id: String,
    pub(super) control_title: String,
    pub(super) result: String,
    pub(super) verdict: Option<String>,
    pub(super) standards: Vec<String>,
    pub(super) subject_object: String,
    pub(super) subject_uid: String,
    pub(super) subject_name: Option<String>,
    pub(super) cluster_arn: Option<String>,
    pub(super) running_tasks_count: Option<i64>,
    pub(super) reasons: Vec<String>,
    pub(super) account_id: String,
    pub(super) region: String,
    /// A statement about the subject.
    #[serde(skip)]
    pub(super) title: String,
}

/// What a list says of a finding: of a failure what is so, else what should be.
pub(super) fn statement(body: &str) -> Brief {
    let mut brief: Brief = serde_json::from_str(body).unwrap_or_default();
    let reason = brief.reasons.first().filter(|_| brief.result == "FAIL");
    let text = reason.unwrap_or(&brief.control_title);
    brief.title = shown(text.trim_end_matches('.'));
    brief
}

impl Brief {
    /// The name of the subject, short where it is an ARN.
    pub(super) fn subject(&self) -> String {
        let name = self.subject_name.as_deref().unwrap_or(&self.subject_uid);
        let name = name.strip_prefix("family:").unwrap_or(name);
        shown(if name.starts_with("arn:") {
            short(name)
        } else {
            name
        })
    }

    /// Its kind, and its cluster.
    pub(super) fn whereabouts(&self) -> String {
        let kind = kind(&self.subject_object);
        match &self.cluster_arn {
            Some(arn) => format!("{kind} · {}", shown(cluster(arn))),
            None => kind.to_owned(),
        }
    }

    /// The control, and the first of the standards that ask the same.
    fn ids(&self) -> String {
        let mut text = self.control_id.clone();
        for standard in self.standards.iter().take(2) {
            text.push_str(" · ");
            text.push_str(standard);
        }
        text
    }
}

/// What a list has to know beyond the rows themselves.
#[derive(Default)]
pub(super) struct Known {
    /// By the id of a finding about what runs, what is wrong with the revision.
    statements: HashMap<String, String>,
    /// Registrations that were read once: everything of them is new, so that the word says nothing.
    first: HashSet<String>,
}

impl Known {
    pub(super) async fn of(store: &Store, rows: &[FoundRow]) -> Result<Self, StoreError> {
        let mut revisions: HashMap<String, Vec<String>> = HashMap::new();
        for row in rows {
            if let Some(id) = revision_finding(row) {
                revisions.entry(id).or_default().push(row.id.clone());
            }
        }
        let ids: Vec<String> = revisions.keys().cloned().collect();
        let mut known = Self {
            first: scans::read_once(store.read()).await?,
            ..Self::default()
        };
        for (id, body) in findings::bodies(store.read(), &ids).await? {
            let title = statement(&body).title;
            for running in revisions.remove(&id).unwrap_or_default() {
                known.statements.insert(running, title.clone());
            }
        }
        Ok(known)
    }

    /// A statement about the subject of a finding.
    pub(super) fn title(&self, row: &FoundRow) -> String {
        let known = self.statements.get(&row.id).cloned();
        known.unwrap_or_else(|| statement(&row.body).title)
    }

    /// Whether it is news that a finding is new.
    pub(super) fn is_news(&self, row: &FoundRow) -> bool {
        !self.first.contains(&row.registration_id)
    }
}

/// The id of the finding of the revision that a finding about what runs rests on.
fn revision_finding(row: &FoundRow) -> Option<String> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE", default)]
    struct Basis {
        evidence: Vec<Basis>,
        uid: String,
    }
    let control = row.uid.strip_prefix("TK.1/")?.split('@').next()?;
    let basis: Basis = serde_json::from_str(&row.body).ok()?;
    let revision = basis.evidence.first()?.uid.split('#').next()?.to_owned();
    let uid = format!("{control}@{revision}");
    Some(hex(&row_id(&row.registration_id, "Finding", &uid)))
}

/// A row of a list.
pub(super) struct FindingRow {
    pub(super) href: String,
    pub(super) severity: Severity,
    pub(super) outcome: Outcome,
    pub(super) title: String,
    pub(super) ids: String,
    pub(super) subject: String,
    pub(super) place: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) tasks: String,
    pub(super) since: Time,
    pub(super) is_muted: bool,
    pub(super) change: &'static str,
    pub(super) as_of: Option<Time>,
}

/// A row of a list; `list` leads back to it.
pub(super) fn row(it: &FoundRow, list: &str, known: &Known) -> FindingRow {
    let brief = statement(&it.body);
    let href = match list {
        "" => format!("/findings/{}", it.id),
        list => Address::to(&format!("/findings/{}", it.id))
            .with("list", list)
            .to_string(),
    };
    FindingRow {
        href,
        severity: Severity(it.severity),
        title: known.title(it),
        ids: brief.ids(),
        subject: brief.subject(),
        place: brief.whereabouts(),
        account: brief.account_id.clone(),
        region: brief.region.clone(),
        tasks: brief.running_tasks_count.map_or_else(String::new, number),
        since: Time(it.failing_since.unwrap_or(it.since)),
        is_muted: it.mute_id.is_some(),
        change: match it.change.as_str() {
            "new" if known.is_news(it) => "New",
            "reopened" => "Reopened",
            "resolved" => "Resolved",
            _ => "",
        },
        as_of: it.is_stale.then_some(Time(it.last_seen)),
        outcome: Outcome(brief.result),
    }
}

#[derive(Template)]
#[template(path = "findings.html")]
struct FindingsPage {
    frame: Frame,
    facets: Vec<Facet>,
    tabs: Vec<Tab>,
    bar: String,
    rows: Vec<FindingRow>,
    paging: Paging,
    causes: Vec<Cause>,
    answer: String,
    unknown: i64,
    unknown_href: String,
    is_filtered: bool,
    all_href: String,
    shows_unknown: bool,
    export: String,
    api: String,
    count: String,
    sorts: Vec<(&'static str, &'static str, bool)>,
    kept: Vec<(String, String)>,
    running: Vec<(String, String)>,
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
    let query: FindingQuery = asked(&uri)?;
    let (size, order) = (limit(query.limit)?, sort(&query)?);
    let after = cursor_of(order, query.after.as_deref())?;
    let order_name = query.sort.as_deref().unwrap_or("severity");
    let filter = query.filter()?;
    let store = &service.store;
    let wanted = i64::from(size) + 1;
    let mut found = findings::page(store.read(), &filter, order, after.as_ref(), wanted).await?;
    let has_more = i64::try_from(found.len()).is_ok_and(|len| len == wanted);
    found.truncate(size.try_into().unwrap_or(usize::MAX));
    let next = found.last().filter(|_| has_more);
    let next = next.and_then(|row| row.cursor.as_ref()).map(encode);
    let known = Known::of(store, &found).await?;
    let cells = cells::cells(store.read(), &filter).await?;
    let cube = Cube::new(&cells, &address);
    let controls = service.controls.all(&service.settings).await;
    let (mut causes, unasked) = causes(store, &address, &controls).await?;
    let shows_unknown = address.get("result") == Some("NOT_EVALUATED");
    if !shows_unknown {
        causes.truncate(CAUSES);
    }
    let all = cube.all();
    let here = address.query();
    let [fail, unknown, pass, na] =
        ["FAIL", "NOT_EVALUATED", "PASS", "NOT_APPLICABLE"].map(|it| cube.of(Some(it), false).0);
    let words = match order_name {
        "severity" => "by severity, then newest first".to_owned(),
        "since" => "newest first".to_owned(),
        other => match other.strip_prefix('-') {
            Some(other) => format!("by {other}, turned round"),
            None => format!("by {other}"),
        },
    };
    let bare = address.without("sort").without("limit");
    let page = FindingsPage {
        frame: Frame::new(&service, &visitor, "Findings", "findings").await?,
        facets: facets(&cube, &address, &controls),
        tabs: tabs(&cube, &address),
        bar: bar(&[
            ("fail", fail),
            ("unknown", unknown),
            ("pass", pass),
            ("na", na),
        ]),
        rows: found.iter().map(|it| row(it, &here, &known)).collect(),
        paging: Paging::new(&address, found.len(), Some(all), next.as_deref(), &words),
        causes,
        answer: answer(fail, fail + pass + na, unknown, unasked),
        unknown: unknown + unasked,
        unknown_href: address
            .with("result", "NOT_EVALUATED")
            .with("muted", "false")
            .to_string(),
        is_filtered: bare.others(&["result", "muted"]).iter().any(|_| true),
        all_href: Address::to("/findings")
            .with("result", "FAIL")
            .with("muted", "false")
            .to_string(),
        shows_unknown,
        export: address.without("limit").at("/findings/export").to_string(),
        api: address.without("after").at("/v1/findings").to_string(),
        count: number(all),
        sorts: ORDERS
            .map(|(name, shown)| (name, shown, name == order_name))
            .into(),
        kept: address.others(&["sort"]),
        running: running(&service, &filter.uids).await?,
    };
    Ok(html(&page)?.into_response())
}

/// The workloads that run the revision that a list is narrowed to.
async fn running(service: &Shared, uids: &[String]) -> Result<Vec<(String, String)>, Fault> {
    let [uid] = uids else {
        return Ok(Vec::new());
    };
    let running = workloads::running(service.store.read(), uid, 20).await?;
    let links = running.into_iter().map(|(id, name, tasks)| {
        let text = format!("{} ({})", shown(&name), count(tasks, "task"));
        (format!("/workloads/{id}"), text)
    });
    Ok(links.collect())
}

fn answer(fail: i64, evaluated: i64, unknown: i64, unasked: i64) -> String {
    let unknown = unknown + unasked;
    let checks = count(evaluated, "evaluated check");
    match (fail, evaluated, unknown) {
        (_, 0, 0) => "No check fits this filter.".into(),
        (0, _, 0) => {
            format!(
                "No failing check. All {checks} that fit this filter have an answer, and none fails."
            )
        }
        (0, _, unknown) => format!(
            "No failing check was found, and this is no all-clear: {} could not be evaluated, and {checks} could.",
            count(unknown, "check")
        ),
        (fail, _, 0) => format!(
            "{} of {checks} fail, and every check has an answer.",
            number(fail)
        ),
        (fail, _, unknown) => format!(
            "{} of {checks} fail. {} more could not be evaluated, so {0} is the least it can be.",
            number(fail),
            number(unknown)
        ),
    }
}

/// Export exactly what the list shows
pub(super) async fn export(
    State(service): State<Shared>,
    _: Visitor,
    uri: Uri,
) -> Result<Response, Fault> {
    let query: FindingQuery = asked(&uri)?;
    let exported = exports::findings(State(service), Viewer, Asked(query)).await;
    Ok(exported?)
}
