//! How what two modules make of the same pages differs: for whoever ships a new mapping, and for a sync
//! that tries one beside the active one.

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

/// UIDs that are named for each sort of difference: enough to find the object again.
const EXAMPLES: usize = 3;
/// Characters of a UID that are shown; an ARN has fewer.
const UID_CHARACTERS: usize = 256;

/// How the records and issues of a new module differ from those of an old one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Differences {
    /// Pages that both were given.
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
    /// Issues that only one of both has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<IssueDifference>,
    /// Differences in further attributes or sorts of issues, which are left out for their number.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub omitted: u64,
}

/// Records that are on one side only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// How many.
    pub records: u64,
    /// UIDs of the first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
}

/// What a module made of a page, or why it made nothing of it.
pub type Made<'a> = Result<&'a Records, &'a CallError>;

impl Differences {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed == 0
            && self.appear.records == 0
            && self.vanish.records == 0
            && self.issues.is_empty()
            && self.omitted == 0
    }

    /// Compares what two modules made of a page. Records belong together if they are of one object of the
    /// page, whatever their UIDs say.
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
            // The same attributes in another order, or written in another way.
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

/// The ARN of an object, which is the UID of its record unless a mapping has other ideas.
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

/// The members of a record as they are written.
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
