//! Checks a module's answer; nothing in it is trusted.

use super::bindings::mapping_world::portolan::mapper::types;
use super::guest::LOG_LINE_CHARACTERS;
use super::{CallError, Issue, Mapped, MappedRecord, Severity};
use portolan_machine::text::printable;
use portolan_page::Page;

/// Checks an answer: each row has to point to an object of the page and into the payload, and an object has
/// at most one row.
pub(super) fn check(
    module: &str,
    mapped: types::MappedPage,
    page: &Page,
) -> Result<Mapped, CallError> {
    let broken = |message: String| CallError::BadAnswer {
        module: module.to_owned(),
        message,
    };
    let mut seen = vec![false; page.len()];
    let mut rows = Vec::with_capacity(mapped.rows.len().min(page.len()));
    for row in &mapped.rows {
        let source_index = row.source_index as usize;
        if !page.has(source_index) {
            return Err(broken(format!(
                "a row names object {source_index}, which the page does not have"
            )));
        }
        if std::mem::replace(&mut seen[source_index], true) {
            return Err(broken(format!(
                "object {source_index} has more than one row"
            )));
        }
        let start = row.offset as usize;
        let end = start + row.length as usize;
        if end > mapped.payload.len() {
            let payload = mapped.payload.len();
            return Err(broken(format!(
                "the row of object {source_index} spans bytes {start} to {end} of a payload of {payload}"
            )));
        }
        rows.push(MappedRecord {
            source_index,
            span: start..end,
        });
    }
    Ok(Mapped {
        payload: mapped.payload,
        rows,
        issues: issues(module, mapped.issues, page),
    })
}

/// Cuts a module's issues to a length and a number that a report can hold.
fn issues(module: &str, issues: Vec<types::Issue>, page: &Page) -> Vec<Issue> {
    let limit = 100 + 10 * page.len();
    if issues.len() > limit {
        tracing::warn!(
            "module {module} gave {} issues for one page; only the first {limit} are kept",
            issues.len()
        );
    }
    issues
        .into_iter()
        .take(limit)
        .map(|issue| Issue {
            source_index: issue
                .source_index
                .map(|index| index as usize)
                .filter(|index| page.has(*index)),
            severity: match issue.severity {
                types::Severity::Warning => Severity::Warning,
                types::Severity::Rejected => Severity::Rejected,
            },
            code: printable(&issue.code, 64),
            path: printable(&issue.path, 256),
            message: printable(&issue.message, LOG_LINE_CHARACTERS),
        })
        .collect()
}
