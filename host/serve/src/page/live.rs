//! Live assessments: which running workloads are in trouble, since when, why, and how sure that is.

mod rows;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::address::Address;
use super::facets::{Cause, Cube, causes};
use super::fault::Fault;
use super::frame::{Frame, Paging, asked, html};
use super::scans::{RegistrationRow, registration_rows};
use super::session::Visitor;
use super::words::{Severity, Time, bar, cluster, count, number, shown};
use crate::api::extract::{cursor, encode};
use crate::api::problem::Problem;
use crate::moment;
use crate::shared::Shared;
use crate::store::filter::Filter;
use crate::store::workloads::{self, Cursor, Narrowed, Sort, Totals};
use crate::store::{StoreError, facets as cells};
use rows::{WorkloadRow, rows};

/// The rows of a page.
const ROWS: usize = 50;
/// The causes that fit beside the list.
const CAUSES: usize = 6;
/// Registrations that fit under it.
const REGISTRATIONS: usize = 12;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LiveQuery {
    name: Option<String>,
    task: Option<String>,
    account: Option<String>,
    region: Option<String>,
    cluster: Option<String>,
    sort: Option<String>,
    after: Option<String>,
}

/// The failing checks of a severity.
struct SeverityRow {
    severity: Severity,
    fail: String,
    fail_href: String,
    unknown: String,
    unknown_href: String,
}

#[derive(Template)]
#[template(path = "live.html")]
struct LivePage {
    frame: Frame,
    totals: Totals,
    rows: Vec<WorkloadRow>,
    paging: Paging,
    name: String,
    region: String,
    account: String,
    cluster: String,
    kept: Vec<(String, String)>,
    regions: Vec<String>,
    accounts: Vec<String>,
    is_filtered: bool,
    all_running: i64,
    sorts: Vec<(&'static str, &'static str, String, bool)>,
    critical_href: String,
    critical: i64,
    critical_workloads: String,
    unknown: i64,
    unknown_href: String,
    checks: i64,
    share: String,
    stale: i64,
    unasked: i64,
    certainty: String,
    newest: Option<Time>,
    severities: Vec<SeverityRow>,
    failing: String,
    evaluated: String,
    muted: i64,
    causes: Vec<Cause>,
    changes: Vec<(&'static str, String, String)>,
    registrations: Vec<RegistrationRow>,
    first: Option<RegistrationRow>,
}

/// Live assessments
pub(super) async fn show(
    State(service): State<Shared>,
    visitor: Visitor,
    uri: Uri,
) -> Result<Response, Fault> {
    let address = Address::of(&uri);
    if let Some(tidied) = address.tidied() {
        return Ok(Redirect::to(&tidied.to_string()).into_response());
    }
    let query: LiveQuery = asked(&uri)?;
    let sort = sort(query.sort.as_deref())?;
    let after: Option<Cursor> = cursor(query.after.as_deref())?;
    let narrowed = narrowed(query);
    let store = &service.store;
    let everything = Narrowed {
        now: narrowed.now,
        ..Narrowed::default()
    };
    let totals = workloads::totals(store.read(), &narrowed).await?;
    let is_filtered = ["name", "task", "account", "region", "cluster"]
        .iter()
        .any(|key| address.get(key).is_some());
    let all_running = match is_filtered {
        true => workloads::totals(store.read(), &everything).await?.running,
        false => totals.running,
    };
    let limit = i64::try_from(ROWS).unwrap_or(i64::MAX) + 1;
    let mut ranked = workloads::page(store.read(), &narrowed, sort, after.as_ref(), limit).await?;
    let has_more = ranked.len() > ROWS;
    ranked.truncate(ROWS);
    let next = ranked.last().filter(|_| has_more);
    let next = next.map(|row| encode(&row.cursor()));
    let rows = rows(store, &ranked, narrowed.now).await?;
    let mut page = beside(&service, &visitor, &address).await?;
    let order = page.order(&address, sort);
    page.paging = Paging::new(
        &address,
        rows.len(),
        Some(totals.running),
        next.as_deref(),
        order,
    );
    (page.totals, page.rows) = (totals, rows);
    (page.is_filtered, page.all_running) = (is_filtered, all_running);
    page.critical_workloads = count(totals.critical, "running workload");
    Ok(html(&page)?.into_response())
}

fn sort(word: Option<&str>) -> Result<Sort, Problem> {
    match word {
        None | Some("failing") => Ok(Sort::Failing),
        Some("since") => Ok(Sort::Since),
        Some("tasks") => Ok(Sort::Tasks),
        Some("name") => Ok(Sort::Name),
        Some(_) => Err(Problem::bad("sort: it is failing, since, tasks or name")),
    }
}

fn narrowed(query: LiveQuery) -> Narrowed {
    let values = |text: Option<String>| -> Vec<String> {
        let text = text.unwrap_or_default();
        let values = text.split(',').filter(|value| !value.is_empty());
        values.map(str::to_owned).collect()
    };
    Narrowed {
        name: query.name.unwrap_or_default().trim().to_owned(),
        registrations: values(query.task),
        accounts: values(query.account),
        regions: values(query.region),
        clusters: values(query.cluster),
        now: moment::now(),
    }
}

/// Everything but the list.
// Long, because it names everything that the screen shows beside it.
async fn beside(
    service: &Shared,
    visitor: &Visitor,
    address: &Address,
) -> Result<LivePage, StoreError> {
    let store = &service.store;
    let filter = Filter {
        now: moment::now(),
        ..Filter::default()
    };
    let cells = cells::cells(store.read(), &filter).await?;
    // A part of a name does not narrow findings, and neither do sort and position.
    let place = address.without("name").without("sort");
    let cube = Cube::new(&cells, &place);
    let whole = Cube::new(&cells, &Address::to("/"));
    let controls = service.controls.all(&service.settings).await;
    let (mut causes, unasked) = causes(store, &place, &controls).await?;
    causes.truncate(CAUSES);
    let (fail, fail_stale) = cube.of(Some("FAIL"), false);
    let (muted, _) = cube.of(None, true);
    let (unknown, _) = cube.of(Some("NOT_EVALUATED"), false);
    let (all, all_stale) = cube.of(None, false);
    let unknown_stale = cube.of(Some("NOT_EVALUATED"), false).1;
    let stale = (all_stale - unknown_stale).max(fail_stale);
    let list = place.at("/findings");
    let unknown_list = list.with("result", "NOT_EVALUATED").with("muted", "false");
    let fail_list = list.with("result", "FAIL").with("muted", "false");
    let severities = severities(&cells, &fail_list, &unknown_list);
    let critical = Cube::new(&cells, &fail_list.with("severity", "critical"));
    let critical_href = fail_list.with("severity", "critical").to_string();
    let changes = [
        ("New", "new"),
        ("Reopened", "reopened"),
        ("Resolved", "resolved"),
    ];
    let changes = changes.map(|(word, key)| {
        let href = list.with("change", key);
        (
            word,
            number(Cube::new(&cells, &href).all()),
            href.to_string(),
        )
    });
    let mut registrations = registration_rows(service).await?;
    let newest = registrations
        .iter()
        .filter_map(|it| it.captured.map(|time| time.0))
        .max();
    let first = match registrations.as_slice() {
        [only] if only.captured.is_none() => registrations.pop(),
        _ => None,
    };
    registrations.truncate(REGISTRATIONS);
    let text = |key: &str| address.get(key).unwrap_or_default().to_owned();
    Ok(LivePage {
        frame: Frame::new(service, visitor, "Live assessments", "live").await?,
        totals: Totals::default(),
        rows: Vec::new(),
        paging: Paging::default(),
        name: text("name"),
        region: text("region"),
        account: text("account"),
        cluster: shown(cluster(&text("cluster"))),
        kept: address.others(&["name", "region", "account"]),
        regions: whole.by("region").into_keys().collect(),
        accounts: whole.by("account").into_keys().collect(),
        is_filtered: false,
        all_running: 0,
        sorts: Vec::new(),
        critical_href,
        critical: critical.all(),
        critical_workloads: String::new(),
        unknown,
        unknown_href: unknown_list.to_string(),
        checks: all,
        share: share(unknown + unasked, all + unasked),
        stale,
        certainty: bar(&[
            ("evaluated", all - unknown - stale),
            ("old", stale),
            ("unknown", unknown + unasked),
        ]),
        unasked,
        newest: newest.map(Time),
        severities,
        failing: number(fail),
        evaluated: number(all - unknown),
        muted,
        causes,
        changes: changes.into(),
        registrations,
        first,
    })
}

/// A share in per cent, which is 100 only if it is all.
fn share(part: i64, all: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    let share = part as f64 * 100.0 / all.max(1) as f64;
    match share {
        share if share > 0.0 && share < 0.1 => "less than 0.1 %".to_owned(),
        share if share > 99.9 && part < all => "more than 99.9 %".to_owned(),
        share => format!("{share:.1} %"),
    }
}

fn severities(
    cells: &[crate::store::facets::Cell],
    fail: &Address,
    unknown: &Address,
) -> Vec<SeverityRow> {
    let (fails, unknowns) = (
        Cube::new(cells, fail).by("severity"),
        Cube::new(cells, unknown).by("severity"),
    );
    let rows = Severity::ALL.map(|severity| {
        let of = |counts: &std::collections::BTreeMap<String, i64>| {
            number(counts.get(severity.key()).copied().unwrap_or_default())
        };
        SeverityRow {
            severity,
            fail: of(&fails),
            fail_href: fail.with("severity", severity.key()).to_string(),
            unknown: of(&unknowns),
            unknown_href: unknown.with("severity", severity.key()).to_string(),
        }
    });
    rows.into()
}

impl LivePage {
    /// Sets the links of the table's head, and tells the order in words.
    fn order(&mut self, address: &Address, sort: Sort) -> &'static str {
        let sorts = [
            ("failing", "Failing", Sort::Failing),
            ("since", "Since", Sort::Since),
            ("tasks", "Tasks", Sort::Tasks),
            ("name", "Workload", Sort::Name),
        ];
        let link = |(key, word, it)| {
            let href = match it {
                Sort::Failing => address.without("sort"),
                _ => address.with("sort", key),
            };
            (key, word, href.to_string(), it == sort)
        };
        self.sorts = sorts.map(link).into();
        match sort {
            Sort::Failing => "by severity, then by number of failing controls",
            Sort::Since => "the newest failure first",
            Sort::Tasks => "the most running tasks first",
            Sort::Name => "by name",
        }
    }
}
