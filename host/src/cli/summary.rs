//! A report in a few lines.

use portolan::report::{Report, Status};

/// Scopes whose problems are told one by one; the report has all of them.
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
    let status = match report.status {
        Status::Complete => "complete",
        Status::Partial => "partial",
        Status::Failed => "failed",
    };
    text.push_str(&format!(
        "{status}: {calls} calls, {throttles} throttled, {retries} repeated"
    ));
    text
}

/// What is not complete, and why.
pub(super) fn problems(report: &Report) -> Vec<String> {
    let incomplete: Vec<_> = report
        .scopes
        .iter()
        .filter(|scope| !scope.complete)
        .collect();
    let mut lines: Vec<String> = incomplete
        .iter()
        .take(PROBLEMS)
        .map(|scope| {
            let account = if scope.account_id.is_empty() {
                "unknown account"
            } else {
                &scope.account_id
            };
            let cluster = scope
                .cluster
                .as_ref()
                .map(|arn| format!(" {arn}"))
                .unwrap_or_default();
            let reason = scope.reason.as_deref().unwrap_or("no reason given");
            format!(
                "incomplete: {} {} {}{cluster}: {reason}",
                account, scope.region, scope.object
            )
        })
        .collect();
    if incomplete.len() > PROBLEMS {
        lines.push(format!(
            "… and {} more; the report has all of them",
            incomplete.len() - PROBLEMS
        ));
    }
    lines.extend(
        report
            .warnings
            .iter()
            .map(|warning| format!("warning: {warning}")),
    );
    lines
}
