//! A short summary of a report.

use std::collections::{BTreeMap, BTreeSet};

use portolan_page::ledger::{GroupCalls, RejectionLine};
use portolan_records::report::{Report, Status};

/// Number of problems printed one by one; the report has all of them.
const PROBLEMS: usize = 10;

pub(super) fn table(report: &Report) -> String {
    let mut text = format!(
        "{:<18} {:>9} {:>9} {:>9} {:>10} {:>9} {:>7}\n",
        "object", "listed", "described", "written", "tombstones", "rejected", "failed"
    );
    for (object, counts) in &report.objects {
        text.push_str(&format!(
            "{:<18} {:>9} {:>9} {:>9} {:>10} {:>9} {:>7}\n",
            object.name(),
            counts.listed,
            counts.described,
            counts.written,
            counts.tombstones,
            counts.rejected,
            counts.failed
        ));
    }
    let (mut calls, mut throttles, mut retries) = (0, 0, 0);
    for each in &report.operations {
        calls += each.calls;
        throttles += each.throttles;
        retries += each.retries;
    }
    for (object, names) in &report.unfilled_attributes {
        text.push_str(&format!("no record of {object} has {}\n", names.join(", ")));
    }
    if let Some(changes) = &report.changes {
        text.push_str(&super::changes::table(changes));
        text.push('\n');
    }
    if let Some(resumed) = &report.resumed {
        text.push_str(&format!(
            "resumed: {} objects had been described before, as of {}\n",
            resumed.objects, report.captured_at
        ));
    }
    let status = match report.status {
        Status::Complete => "complete",
        Status::Partial => "partial",
        Status::Failed => "failed",
    };
    if let Some(slowest) = slowest(report) {
        text.push_str(&slowest);
    }
    text.push_str(&format!(
        "{status}: {calls} calls, {throttles} throttled, {retries} repeated"
    ));
    text
}

/// The action group that took longest, if a quota slowed the sync.
fn slowest(report: &Report) -> Option<String> {
    let slowed = report.quotas.iter().filter(|each| each.quota_wait_ms > 0);
    let GroupCalls {
        account_id,
        region,
        group,
        calls,
        floor_ms,
        elapsed_ms,
        ..
    } = slowed.max_by_key(|each| each.elapsed_ms)?;
    #[expect(clippy::cast_precision_loss, reason = "seconds for a person")]
    let seconds = |milliseconds: u64| milliseconds as f64 / 1e3;
    Some(format!(
        "slowest quota: {group} of {account_id} {region}, {calls} calls in {:.1} s; the quota allows {:.1} s\n",
        seconds(*elapsed_ms),
        seconds(floor_ms.unwrap_or(0)),
    ))
}

/// The incomplete scopes and their reasons. Objects with the same reason share a line.
pub(super) fn problems(report: &Report) -> Vec<String> {
    let mut by_reason: BTreeMap<(&str, &str, &str), BTreeSet<&str>> = BTreeMap::new();
    for scope in report.scopes.iter().filter(|scope| !scope.complete) {
        let reason = scope.reason.as_deref().unwrap_or("no reason given");
        let key = (scope.account_id.as_str(), scope.region.as_str(), reason);
        by_reason
            .entry(key)
            .or_default()
            .insert(scope.object.name());
    }
    let mut lines: Vec<String> = by_reason
        .iter()
        .take(PROBLEMS)
        .map(|((account, region, reason), objects)| {
            let account = if account.is_empty() {
                "unknown account"
            } else {
                account
            };
            let objects: Vec<&str> = objects.iter().copied().collect();
            format!(
                "incomplete: {account} {region} {}: {reason}",
                objects.join(", ")
            )
        })
        .collect();
    if by_reason.len() > PROBLEMS {
        let more = by_reason.len() - PROBLEMS;
        lines.push(format!("… and {more} more; the report has all of them"));
    }
    lines.extend(record_warnings(report));
    lines.extend(
        report
            .warnings
            .iter()
            .map(|warning| format!("warning: {warning}")),
    );
    lines
}

/// Warnings of mappers and overlays about records, once for each kind of warning.
fn record_warnings(report: &Report) -> Vec<String> {
    let mut by_code: BTreeMap<(&str, &str), (u64, &RejectionLine)> = BTreeMap::new();
    for scope in &report.scopes {
        for warning in &scope.warnings {
            let key = (scope.object.name(), warning.code.as_str());
            by_code.entry(key).or_insert((0, warning)).0 += 1;
        }
    }
    let lines = by_code.iter().map(|((object, code), (count, first))| {
        let place = match first.path.as_str() {
            "" => String::new(),
            path => format!(" (at {path})"),
        };
        let message = &first.message;
        format!("warning: {object}: {count} times {code}, first: {message}{place}")
    });
    let mut lines: Vec<String> = lines.take(PROBLEMS).collect();
    if by_code.len() > PROBLEMS {
        let more = by_code.len() - PROBLEMS;
        lines.push(format!("… and {more} more; the report has all of them"));
    }
    lines
}
