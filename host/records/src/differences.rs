//! The differences between the records that two modules make of the same pages: before a new mapping is
//! released, and in a sync with `--shadow`.

mod attributes;
mod issues;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Records;
pub use attributes::{AttributeDifference, Example};
pub use issues::IssueDifference;
use portolan_machine::text::printable;
use portolan_page::Page;
use portolan_sandbox::{CallError, Severity};

/// The most UIDs named for each sort of difference, enough to find the objects.
const EXAMPLES: usize = 3;
/// The most characters of a UID that are shown; an ARN has fewer.
const UID_CHARACTERS: usize = 256;

/// The differences of a new module's records and issues from those of an old one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Differences {
    /// Pages that both modules mapped.
    pub pages: u64,
    /// Objects whose record is the same.
    pub same: u64,
    /// Objects whose record differs in an attribute.
    pub changed: u64,
    /// Records that only the new module makes.
    pub appear: Presence,
    /// Records that only the old module makes.
    pub vanish: Presence,
    /// Attributes that differ.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, AttributeDifference>,
    /// Issues that only one of the modules reports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<IssueDifference>,
    /// The number of differences in further attributes or sorts of issues, which are left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub omitted: u64,
}

/// Records that only one of the modules makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// The number of these records.
    pub records: u64,
    /// The UIDs of the first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
}

/// The records that a module made of a page, or its failure.
pub type Made<'a> = Result<&'a Records, &'a CallError>;

impl Differences {
    /// Whether there are no differences.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed == 0
            && self.appear.records == 0
            && self.vanish.records == 0
            && self.issues.is_empty()
            && self.omitted == 0
    }

    /// Compares the results of two modules for a page. Records belong together if they come from the same
    /// object of the page, whatever their UIDs.
    pub fn compare(&mut self, page: &Page, old: Made<'_>, new: Made<'_>) {
        self.pages += 1;
        let old_rows = rows(old);
        let mut new_rows = rows(new);
        for (index, before) in old_rows {
            match new_rows.remove(&index) {
                None => self.vanish.note(page, index),
                Some(after) if before == after => self.same += 1,
                Some(after) => self.records(page, index, before, after),
            }
        }
        for index in new_rows.into_keys() {
            self.appear.note(page, index);
        }
        issues::compare(self, page, old, new);
    }

    fn records(&mut self, page: &Page, index: usize, before: &[u8], after: &[u8]) {
        let changes = attributes::changes(before, after);
        if changes.is_empty() {
            // The same attributes in another order, or written differently.
            self.same += 1;
            return;
        }
        self.changed += 1;
        let uid = uid(page, index);
        for change in changes {
            attributes::note(self, &uid, change);
        }
    }
}

impl Presence {
    fn note(&mut self, page: &Page, index: usize) {
        self.records += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(uid(page, index));
        }
    }
}

fn rows(made: Made<'_>) -> BTreeMap<usize, &[u8]> {
    made.map_or_else(|_| BTreeMap::new(), |records| records.rows().collect())
}

/// The ARN of an object, which is the UID of its record unless the mapping sets another one.
fn uid(page: &Page, index: usize) -> String {
    match page.arn(index) {
        Some(arn) => printable(&arn, UID_CHARACTERS),
        None => format!("object {index} of a page"),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The members of a record as written.
fn members(record: &[u8]) -> BTreeMap<String, &RawValue> {
    serde_json::from_slice(record).unwrap_or_default()
}

/// An issue's severity in words.
const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        Severity::Rejected => "rejected",
    }
}
