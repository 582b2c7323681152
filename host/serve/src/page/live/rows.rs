//! The rows of workloads: why each is in trouble, and how much of it was looked at.

use std::collections::HashMap;

use crate::page::findings::Known;
use crate::page::words::{Severity, Time, bar, cluster, kind, number, shown};
use crate::store::findings::{self, FoundRow};
use crate::store::workloads::{self, Ranked};
use crate::store::{Store, StoreError};

/// A running workload.
pub(in crate::page) struct WorkloadRow {
    pub(in crate::page) href: String,
    pub(in crate::page) name: String,
    pub(in crate::page) place: String,
    pub(in crate::page) account: String,
    pub(in crate::page) region: String,
    pub(in crate::page) why: String,
    pub(in crate::page) why_href: String,
    pub(in crate::page) also: String,
    pub(in crate::page) tally: Vec<(Severity, String)>,
    pub(in crate::page) lower: i64,
    pub(in crate::page) failing: i64,
    pub(in crate::page) since: Option<Time>,
    pub(in crate::page) tasks: String,
    pub(in crate::page) evaluated: String,
    pub(in crate::page) bar: String,
    pub(in crate::page) as_of: Option<Time>,
    pub(in crate::page) is_new: bool,
}

/// Rows with why they are in trouble, and how much of them was looked at.
pub(super) async fn rows(
    store: &Store,
    ranked: &[Ranked],
    now: i64,
) -> Result<Vec<WorkloadRow>, StoreError> {
    let uids: Vec<String> = ranked.iter().map(|it| it.workload.uid.clone()).collect();
    let ids: Vec<String> = ranked.iter().map(|it| it.workload.id.clone()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut failures: HashMap<(String, String), Vec<FoundRow>> = HashMap::new();
    let found = findings::failures(store.read(), &uids, now).await?;
    let known = Known::of(store, &found).await?;
    for failure in found {
        let subject = failure.uid.split_once('@').map_or("", |(_, it)| it);
        let key = (failure.registration_id.clone(), subject.to_owned());
        failures.entry(key).or_default().push(failure);
    }
    let mut results: HashMap<String, (i64, i64)> = HashMap::new();
    for (id, result, number) in workloads::evaluated(store.read(), &ids).await? {
        let (evaluated, all) = results.entry(id).or_default();
        *all += number;
        *evaluated += if result == "NOT_EVALUATED" { 0 } else { number };
    }
    let rows = ranked.iter().map(|it| {
        let key = (it.workload.registration_id.clone(), it.workload.uid.clone());
        let failures = failures.get(&key).map_or(&[][..], Vec::as_slice);
        row(
            it,
            failures,
            &known,
            results.get(&it.workload.id).copied().unwrap_or_default(),
        )
    });
    Ok(rows.collect())
}

/// The numbers of the two worst severities that occur, and that of all others.
fn tally(failing: [i64; 5]) -> (Vec<(Severity, String)>, i64) {
    let mut tally = Vec::new();
    let mut lower = 0;
    for (severity, failing) in Severity::ALL.into_iter().zip(failing.into_iter().rev()) {
        match failing {
            0 => {}
            _ if tally.len() < 2 => tally.push((severity, number(failing))),
            _ => lower += failing,
        }
    }
    (tally, lower)
}

// Long, because it names every cell of a row.
fn row(
    it: &Ranked,
    failures: &[FoundRow],
    known: &Known,
    (evaluated, all): (i64, i64),
) -> WorkloadRow {
    let workload = &it.workload;
    let (tally, lower) = tally(it.failing);
    let failures: Vec<&FoundRow> = failures.iter().filter(|it| it.mute_id.is_none()).collect();
    let worst = failures.first();
    let mut also: Vec<String> = Vec::new();
    for failure in failures.iter().skip(1) {
        let text = known.title(failure);
        if also.len() < 2 && !also.contains(&text) {
            also.push(text);
        }
    }
    let failing = it.failing.iter().sum();
    WorkloadRow {
        href: format!("/workloads/{}", workload.id),
        name: shown(
            workload
                .name
                .strip_prefix("family:")
                .unwrap_or(&workload.name),
        ),
        place: match workload.object.as_str() {
            "EcsService" => shown(cluster(&workload.cluster_arn)),
            object => format!(
                "{}, {}",
                shown(cluster(&workload.cluster_arn)),
                kind(object)
            ),
        },
        account: workload.account_id.clone(),
        region: workload.region.clone(),
        why: worst.map_or_else(String::new, |it| known.title(it)),
        why_href: worst.map_or_else(String::new, |it| format!("/findings/{}", it.id)),
        also: also.join(" · "),
        tally,
        lower,
        failing,
        since: it.failing_since.map(Time),
        tasks: number(workload.running_tasks),
        evaluated: match all {
            0 => "no check".to_owned(),
            all => format!("{} of {}", number(evaluated), number(all)),
        },
        bar: bar(&[
            (
                if workload.is_stale {
                    "old"
                } else {
                    "evaluated"
                },
                evaluated,
            ),
            ("unknown", if all == 0 { 1 } else { all - evaluated }),
        ]),
        as_of: workload.is_stale.then_some(Time(workload.last_seen)),
        is_new: failures
            .iter()
            .any(|it| it.change == "new" && known.is_news(it)),
    }
}
