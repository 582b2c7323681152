//! One workload: what exactly runs, what fails, and whether it runs in FIPS mode.

mod runs;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;

use super::address::Address;
use super::fault::Fault;
use super::findings::{FindingRow, Known, row, statement};
use super::frame::{Frame, html};
use super::session::Visitor;
use super::words::{Time, bar, cluster, count, kind, number, shown};
use crate::api::filters::sort_of;
use crate::api::problem::Problem;
use crate::moment;
use crate::shared::Shared;
use crate::store::filter::Filter;
use crate::store::findings::{self, SORTS};
use crate::store::workloads::{self, Workload};
use crate::store::{Store, objects};
use runs::{RevisionShown, Runs, ServiceBody};

/// The checks that are shown; the list of findings has all.
const CHECKS: i64 = 60;

struct FipsShown {
    verdict: String,
    sentence: &'static str,
    reasons: Vec<String>,
    tasks: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "workload.html")]
struct WorkloadPage {
    frame: Frame,
    it: Workload,
    name: String,
    kind: String,
    cluster: String,
    cluster_href: String,
    answer: String,
    certainty: String,
    evaluated: String,
    gone_at: Option<Time>,
    last_seen: Time,
    service: ServiceBody,
    revisions: Vec<RevisionShown>,
    runs: Runs,
    checks: Vec<FindingRow>,
    fails: i64,
    unknown: i64,
    rest: i64,
    muted: usize,
    more_checks: bool,
    all_href: String,
    fips: Option<FipsShown>,
}

/// A workload
// Long, because it names everything that the screen shows.
pub(super) async fn show(
    State(service): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Html<String>, Fault> {
    let store = &service.store;
    let it = workloads::by_id(store.read(), &id).await?;
    let it = it.ok_or_else(|| Problem::missing("workload"))?;
    let revisions = workloads::revisions(store.read(), &id).await?;
    let runs = Runs::read(store, &it).await?;
    let mut uids: Vec<String> = revisions
        .iter()
        .map(|(revision, _)| revision.clone())
        .collect();
    let all_href = Address::to("/findings")
        .with("subject", &it.uid)
        .to_string();
    let filter = |uids, results: &[&str]| Filter {
        registrations: vec![it.registration_id.clone()],
        uids,
        results: results.iter().map(|result| (*result).to_owned()).collect(),
        gone: it.gone_at.is_some(),
        now: moment::now(),
        ..Filter::default()
    };
    let worst = sort_of(&SORTS, None)?;
    let failing = filter(vec![it.uid.clone()], &["FAIL"]);
    let failing = findings::page(store.read(), &failing, worst, None, CHECKS).await?;
    // What runs is judged by its revisions, whose failures are among its own.
    uids.push(it.uid.clone());
    let unknown = filter(uids, &["NOT_EVALUATED"]);
    let unknown = findings::page(store.read(), &unknown, worst, None, CHECKS).await?;
    let [mut fail, mut unanswered, mut rest] = [0; 3];
    for (_, result, number) in workloads::evaluated(store.read(), std::slice::from_ref(&id)).await?
    {
        match result.as_str() {
            "FAIL" => fail += number,
            "NOT_EVALUATED" => unanswered += number,
            _ => rest += number,
        }
    }
    let evaluated = fail + rest;
    let muted = failing.iter().filter(|it| it.mute_id.is_some()).count();
    let known = Known::of(store, &failing).await?;
    let own = i64::try_from(failing.len()).unwrap_or(i64::MAX);
    let checks: Vec<FindingRow> = failing
        .iter()
        .chain(&unknown)
        .map(|it| row(it, "", &known))
        .collect();
    let body = objects::body(store.read(), &it.registration_id, &it.uid).await?;
    let fips = fips(store, &it, &runs).await?;
    let name = shown(it.name.strip_prefix("family:").unwrap_or(&it.name));
    let page = WorkloadPage {
        frame: Frame::new(&service, &visitor, &name, "live").await?,
        answer: answer(&it, &failing, &known, own, muted),
        certainty: bar(&[
            (if it.is_stale { "old" } else { "evaluated" }, evaluated),
            ("unknown", unanswered),
        ]),
        evaluated: format!(
            "{} of {}",
            number(evaluated),
            number(evaluated + unanswered)
        ),
        kind: kind(&it.object).to_owned(),
        cluster: shown(cluster(&it.cluster_arn)),
        cluster_href: Address::to("/")
            .with("cluster", &it.cluster_arn)
            .to_string(),
        gone_at: it.gone_at.map(Time),
        last_seen: Time(it.last_seen),
        service: body
            .and_then(|body| serde_json::from_str(&body).ok())
            .unwrap_or_default(),
        revisions: runs::revisions(&revisions, &runs),
        more_checks: own == CHECKS,
        fails: own,
        unknown: unanswered,
        rest,
        muted,
        checks,
        all_href,
        name,
        runs,
        fips,
        it,
    };
    html(&page)
}

fn answer(
    it: &Workload,
    failing: &[findings::FoundRow],
    known: &Known,
    own: i64,
    muted: usize,
) -> String {
    let worst = failing.iter().find(|it| it.mute_id.is_none());
    let tasks = count(it.running_tasks, "running task");
    match worst {
        _ if it.gone_at.is_some() => format!("This {} does not run any more.", kind(&it.object)),
        None if muted > 0 => format!(
            "Its {} are muted, and it has {tasks}.",
            count(own, "failing control")
        ),
        None => format!("No control is known to fail, and it has {tasks}."),
        Some(worst) => format!(
            "It fails {}. The worst: {}. It has {tasks}.",
            count(own, "control"),
            known.title(worst)
        ),
    }
}

/// FIPS readiness: the verdict of a service, and those of its running tasks.
async fn fips(store: &Store, it: &Workload, runs: &Runs) -> Result<Option<FipsShown>, Fault> {
    let filter = |uids, control: &str| Filter {
        registrations: vec![it.registration_id.clone()],
        uids,
        controls: vec![control.to_owned()],
        now: moment::now(),
        ..Filter::default()
    };
    let by_uid = sort_of(&SORTS, Some("uid"))?;
    let own = filter(vec![it.uid.clone()], "FIPS.2");
    let own = findings::page(store.read(), &own, by_uid, None, 1).await?;
    let own = own.first().map(|row| statement(&row.body));
    let uids: Vec<String> = runs.uids();
    let mut tasks: Vec<(String, i64)> = Vec::new();
    if !uids.is_empty() {
        let filter = filter(uids, "FIPS.1");
        tasks = findings::counts(store.read(), &filter, "f.verdict", 20).await?;
    }
    if own.is_none() && tasks.is_empty() {
        return Ok(None);
    }
    let verdict = own.as_ref().and_then(|own| own.verdict.clone());
    let verdict = verdict.or_else(|| tasks.first().map(|(verdict, _)| verdict.clone()));
    let verdict = verdict.unwrap_or_default();
    Ok(Some(FipsShown {
        sentence: sentence(&verdict),
        reasons: own.map_or_else(Vec::new, |own| own.reasons),
        tasks: tasks
            .into_iter()
            .map(|(verdict, tasks)| (verdict, count(tasks, "task")))
            .collect(),
        verdict,
    }))
}

/// What a verdict means.
fn sentence(verdict: &str) -> &'static str {
    match verdict {
        "READY_ON" => "Everything fits, and FIPS mode is on.",
        "READY_ON_UNCERTAIN" => {
            "Everything fits and the setting is on, but perhaps not yet when the tasks started."
        }
        "READY_OFF" => "Everything fits, but the setting is off.",
        "NOT_READY" => "Something does not fit FIPS mode.",
        "MANAGED_ON" => "The capacity provider starts instances in FIPS mode.",
        "MANAGED_OFF" => "The capacity provider starts instances without FIPS mode.",
        "NOT_OFFERED" => "AWS offers FIPS mode on Fargate in GovCloud Regions only.",
        "HOST" => "FIPS mode is a matter of the hosts, which Portolan does not see.",
        _ => "There is no answer.",
    }
}
