//! Issues that only one of two modules reports.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Differences, EXAMPLES, Made, uid, word};
use portolan_machine::text::without_positions;
use portolan_page::Page;
use portolan_sandbox::Severity;

/// The most sorts of issues that are counted one by one.
const SORTS: usize = 200;

/// Issues of one sort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IssueDifference {
    /// `warning`, or `rejected` if the object has no record.
    pub severity: String,
    /// A short constant in kebab case.
    pub code: String,
    /// The path without positions, for example `tasks[].createdAt`.
    pub path: String,
    /// The number that only the new module reports.
    pub appear: u64,
    /// The number that only the old module reports.
    pub vanish: u64,
    /// The UIDs of the first objects.
    pub examples: Vec<String>,
    /// The message of the first one.
    pub message: String,
}

/// The identity of an issue of a page. The message is not part of it, because its words may differ between
/// versions.
type Key = (Option<usize>, bool, String, String);

pub(super) fn compare(differences: &mut Differences, page: &Page, old: Made<'_>, new: Made<'_>) {
    let mut before = of(old);
    for (key, message) in of(new) {
        if before.remove(&key).is_none() {
            note(differences, page, key, message, true);
        }
    }
    for (key, message) in before {
        note(differences, page, key, message, false);
    }
}

/// The issues of a page, each once, with their messages.
fn of(made: Made<'_>) -> BTreeMap<Key, String> {
    let records = match made {
        Ok(records) => records,
        Err(error) => {
            let key = (None, true, error.code().to_owned(), String::new());
            return BTreeMap::from([(key, error.to_string())]);
        }
    };
    let rejections = records.rejections.iter().map(|each| {
        let key = (
            Some(each.source_index),
            true,
            each.code.clone(),
            each.path.clone(),
        );
        (key, each.message.clone())
    });
    let warnings = records.warnings.iter().map(|each| {
        let is_rejected = each.severity == Severity::Rejected;
        let key = (
            each.source_index,
            is_rejected,
            each.code.clone(),
            each.path.clone(),
        );
        (key, each.message.clone())
    });
    rejections.chain(warnings).collect()
}

fn note(differences: &mut Differences, page: &Page, key: Key, message: String, is_new: bool) {
    let (index, is_rejected, code, path) = key;
    let severity = word(match is_rejected {
        true => Severity::Rejected,
        false => Severity::Warning,
    });
    let path = without_positions(&path);
    let issues = &mut differences.issues;
    let known = issues
        .iter()
        .position(|each| each.severity == severity && each.code == code && each.path == path);
    let place = match known {
        Some(place) => place,
        None if issues.len() >= SORTS => {
            differences.omitted += 1;
            return;
        }
        None => {
            issues.push(IssueDifference {
                severity: severity.into(),
                code,
                path,
                appear: 0,
                vanish: 0,
                examples: Vec::new(),
                message,
            });
            issues.len() - 1
        }
    };
    let issue = &mut issues[place];
    match is_new {
        true => issue.appear += 1,
        false => issue.vanish += 1,
    }
    if let Some(index) = index
        && issue.examples.len() < EXAMPLES
    {
        issue.examples.push(uid(page, index));
    }
}
