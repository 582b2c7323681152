//! Findings: lists, counts, history, coverage.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::auth::Viewer;
use super::credentials::Paging;
use super::extract::{Asked, Id, Page, cursor, limit};
use super::filters::{
    COUNTS_LIMIT, Counts, FindingQuery, counted_by, cursor_of, refuse, refuse_page, sort_of,
};
use super::mutes::{MuteView, mute_view};
use super::problem::Problem;
use crate::moment;
use crate::shared::Shared;
use crate::store::findings::{self, Event, FoundRow, severity_word};
use crate::store::mutes::{self, Mute};
use crate::store::sort::Sort;
use crate::store::{Store, StoreError, coverage};

/// A finding.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FindingView {
    id: String,
    /// The registration.
    task_id: String,
    /// The name of the registration.
    task_name: String,
    first_seen: String,
    /// When it was seen last. Earlier than the newest scan: that one was not complete there.
    last_seen: String,
    /// When its result changed.
    since: String,
    /// When it began to fail. An answer that is missing does not end that.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<String>,
    /// When a complete scan saw it resolved for the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_at: Option<String>,
    /// When a complete scan did not see its subject any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone_at: Option<String>,
    /// What the newest complete scan changed: `new`, `reopened` or `resolved`.
    #[serde(skip_serializing_if = "String::is_empty")]
    change: String,
    /// The mute that covers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    mute: Option<MuteView>,
    /// The finding itself, with CONTROL_ID, RESULT, REASONS, EVIDENCE and so on.
    #[schema(value_type = Object)]
    pub(super) finding: Map<String, Value>,
}

fn view(it: FoundRow, mute: Option<&Mute>) -> FindingView {
    let last_seen = moment::text(it.last_seen);
    let mut finding: Map<String, Value> = serde_json::from_str(&it.body).unwrap_or_default();
    finding.insert("MUTED".into(), mute.is_some().into());
    if let Some(mute) = mute {
        finding.insert("MUTE_REASON".into(), mute.reason.clone().into());
        let until = moment::text(mute.ends_at);
        let date = until.get(..10).unwrap_or_default();
        finding.insert("MUTED_UNTIL".into(), date.into());
    }
    finding.insert("LAST_CAPTURED".into(), last_seen.clone().into());
    FindingView {
        id: it.id,
        task_id: it.registration_id,
        task_name: it.registration,
        first_seen: moment::text(it.first_seen),
        last_seen,
        since: moment::text(it.since),
        failing_since: it.failing_since.map(moment::text),
        resolved_at: it.resolved_at.map(moment::text),
        gone_at: it.gone_at.map(moment::text),
        change: it.change,
        mute: mute.cloned().map(mute_view),
        finding,
    }
}

/// Rows with their mutes, each of which is read once.
pub(crate) async fn views(
    store: &Store,
    rows: Vec<FoundRow>,
) -> Result<Vec<FindingView>, StoreError> {
    let mut known: HashMap<String, Mute> = HashMap::new();
    for id in rows.iter().filter_map(|row| row.mute_id.as_ref()) {
        if !known.contains_key(id)
            && let Some(mute) = mutes::by_id(store.read(), id).await?
        {
            known.insert(id.clone(), mute);
        }
    }
    let views = rows.into_iter().map(|row| {
        let mute = row.mute_id.as_ref().and_then(|id| known.get(id));
        view(row, mute)
    });
    // The borrow of a row's id ends before the row is moved.
    Ok(views.collect())
}

pub(crate) fn sort(query: &FindingQuery) -> Result<Sort, Problem> {
    sort_of(&findings::SORTS, query.sort.as_deref())
}

/// List findings
#[utoipa::path(get, path = "/v1/findings", tag = "findings", params(FindingQuery),
    responses((status = 200, body = Page<FindingView>)))]
pub(crate) async fn list(
    State(service): State<Shared>,
    _: Viewer,
    Asked(query): Asked<FindingQuery>,
) -> Result<Json<Page<FindingView>>, Problem> {
    refuse(query.by.as_ref(), "by")?;
    refuse(query.format.as_ref(), "format")?;
    let limit = limit(query.limit)?;
    let (filter, sort) = (query.filter()?, sort(&query)?);
    let after = cursor_of(sort, query.after.as_deref())?;
    let store = &service.store;
    let rows = findings::page(
        store.read(),
        &filter,
        sort,
        after.as_ref(),
        i64::from(limit) + 1,
    )
    .await?;
    let cursors: Vec<_> = rows.iter().map(|row| row.cursor.clone()).collect();
    let rows = cursors.into_iter().zip(views(store, rows).await?).collect();
    Ok(Page::of(
        rows,
        limit,
        |(cursor, _)| cursor.clone(),
        |(_, view)| view,
    ))
}

/// Show a finding
#[utoipa::path(get, path = "/v1/findings/{id}", tag = "findings", params(("id" = String, Path)),
    responses((status = 200, body = FindingView), (status = 404, body = Problem)))]
pub(crate) async fn show(
    State(service): State<Shared>,
    _: Viewer,
    Id(id): Id,
) -> Result<Json<FindingView>, Problem> {
    let store = &service.store;
    let row = findings::by_id(store.read(), &id, moment::now()).await?;
    let row = row.ok_or_else(|| Problem::missing("finding"))?;
    let mut views = views(store, vec![row]).await?;
    views
        .pop()
        .map(Json)
        .ok_or_else(|| Problem::missing("finding"))
}

/// Something that happened to a finding.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventView {
    at: String,
    scan_id: String,
    /// `seen` (without a failure), `new`, `changed`, `resolved`, `reopened` or `gone`.
    event: String,
    result: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_before: Option<String>,
}

fn event_view(it: Event) -> EventView {
    EventView {
        at: moment::text(it.at),
        scan_id: it.scan_id,
        event: it.event,
        result: it.result,
        result_before: it.result_before,
    }
}

/// Show what happened to a finding, the newest first
#[utoipa::path(get, path = "/v1/findings/{id}/history", tag = "findings", params(("id" = String, Path), Paging),
    responses((status = 200, body = Page<EventView>)))]
pub(crate) async fn history(
    State(service): State<Shared>,
    _: Viewer,
    Id(id): Id,
    Asked(query): Asked<Paging>,
) -> Result<Json<Page<EventView>>, Problem> {
    let limit = limit(query.limit)?;
    let after: Option<String> = cursor(query.after.as_deref())?;
    let rows = findings::history(
        service.store.read(),
        &id,
        after.as_deref(),
        i64::from(limit) + 1,
    );
    Ok(Page::of(
        rows.await?,
        limit,
        |row| row.id.clone(),
        event_view,
    ))
}

/// Count findings by a column
#[utoipa::path(get, path = "/v1/findings/counts", tag = "findings", params(FindingQuery),
    responses((status = 200, body = Counts)))]
pub(crate) async fn counts(
    State(service): State<Shared>,
    _: Viewer,
    Asked(query): Asked<FindingQuery>,
) -> Result<Json<Counts>, Problem> {
    for (parameter, given) in [
        ("sort", &query.sort),
        ("after", &query.after),
        ("format", &query.format),
    ] {
        refuse(given.as_ref(), parameter)?;
    }
    refuse_page(query.limit)?;
    let (by, column) = counted_by(&findings::COUNTED, query.by.as_deref())?;
    let filter = query.filter()?;
    let mut rows =
        findings::counts(service.store.read(), &filter, column, COUNTS_LIMIT + 1).await?;
    if by == "severity" {
        for (value, _) in &mut rows {
            *value = severity_word(value.parse().unwrap_or_default()).to_owned();
        }
    }
    Ok(Json(Counts::of(rows)))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CoverageQuery {
    /// The `taskId` of a registration.
    task: Option<String>,
    /// The rows of a page, 1 to 200; 50 if it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// How much of a control was evaluated in an account and Region.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CoverageView {
    /// The registration.
    task_id: String,
    /// When the scan captured.
    captured_at: String,
    /// The counts, as in `controls` of an assessment.
    #[schema(value_type = Object)]
    counts: portolan_assess::ControlCounts,
}

/// Show how much was evaluated, and why the rest was not
#[utoipa::path(get, path = "/v1/coverage", tag = "findings", params(CoverageQuery),
    responses((status = 200, body = Page<CoverageView>)))]
pub(crate) async fn covered(
    State(service): State<Shared>,
    _: Viewer,
    Asked(query): Asked<CoverageQuery>,
) -> Result<Json<Page<CoverageView>>, Problem> {
    let limit = limit(query.limit)?;
    let after: Option<[String; 4]> = cursor(query.after.as_deref())?;
    let after = after.unwrap_or_default();
    let task = query.task.as_deref();
    let rows = coverage::page(service.store.read(), task, &after, i64::from(limit) + 1).await?;
    let cursor = |row: &coverage::Covered| {
        let counts = &row.counts;
        let place = [&counts.account_id as &str, &counts.region as &str].map(str::to_owned);
        let [account, region] = place;
        [
            row.registration_id.clone(),
            counts.control_id.clone(),
            account,
            region,
        ]
    };
    Ok(Page::of(rows, limit, cursor, |row| CoverageView {
        task_id: row.registration_id,
        captured_at: moment::text(row.at),
        counts: row.counts,
    }))
}
