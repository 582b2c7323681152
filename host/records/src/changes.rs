//! Change feeds: the differences from an earlier output.
//!
//! A new record is compared with the earlier record of its UID while it is written. The earlier records stay
//! on disk: memory holds a fingerprint and an offset of each (see [`index`]), and a record is read again only
//! where the fingerprints differ. An earlier record without a new one is reported as removed only where both
//! syncs were complete (see [`absence`]).

mod absence;
mod base;
mod compare;
mod index;
pub mod line;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use absence::SeenScopes;
use base::Base;
pub use base::{REPORT_LIMIT_BYTES, outputs_in};
use portolan_page::object::Object;
use portolan_page::schemas;

/// A line of `<Object>.changes.jsonl`, of `portolan changes`, and of `--output -` with `--changes-since`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "changes", description = "A line of a change feed")]
pub struct ChangeLine<'l> {
    /// The object.
    pub object: LineObject,
    /// The change since the earlier output.
    pub change: ChangeKind,
    /// The UID of its record.
    #[serde(borrow)]
    #[schemars(with = "String")]
    pub uid: Cow<'l, str>,
    /// Sorted names of the attributes that were changed, added or removed; only where `change` is `changed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_attributes: Vec<String>,
    /// The new record; a removed object has none.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub attributes: Option<&'l RawValue>,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LineObject {
    /// A record of an object.
    Record(Object),
    /// A finding, which an assessment made.
    Other(NoRecord),
}

/// A line that is not about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum NoRecord {
    /// A finding of an assessment.
    Finding,
}

/// The change of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// The earlier output has no record of it.
    Added,
    /// Attributes other than the volatile ones are different.
    Changed,
    /// No attribute other than the volatile ones is different. Only standard output has such lines, because
    /// all records go there.
    Unchanged,
    /// It has an earlier record and no new one, and both syncs were complete in its scope.
    Removed,
}

/// The result of comparing a new record with the earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordChange {
    /// The kind of the change.
    pub kind: ChangeKind,
    /// The UID of the record.
    pub uid: String,
    /// Names of the attributes that are different.
    pub changed_attributes: Vec<String>,
}

impl RecordChange {
    /// The change line, without a line feed. `record` is the new record.
    #[must_use]
    pub fn line(&self, object: Object, record: Option<&[u8]>) -> Vec<u8> {
        self.line_of(LineObject::Record(object), record)
    }

    /// As [`RecordChange::line`], for a finding.
    #[must_use]
    pub fn finding_line(&self, finding: Option<&[u8]>) -> Vec<u8> {
        self.line_of(LineObject::Other(NoRecord::Finding), finding)
    }

    fn line_of(&self, object: LineObject, record: Option<&[u8]>) -> Vec<u8> {
        let line = ChangeLine {
            object,
            change: self.kind,
            uid: Cow::Borrowed(&self.uid),
            changed_attributes: self.changed_attributes.clone(),
            attributes: record.and_then(|record| serde_json::from_slice(record).ok()),
        };
        serde_json::to_vec(&line).unwrap_or_default()
    }
}

/// The numbers of objects by change since the earlier output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeCounts {
    /// New objects.
    pub added: u64,
    /// Objects with a different attribute.
    pub changed: u64,
    /// Objects without a different attribute.
    pub unchanged: u64,
    /// Objects that are proven gone.
    pub removed: u64,
    /// Objects that have an earlier record and no new one, but are not reported as removed, because one of
    /// the two syncs was not complete in their scope or had other options.
    pub removals_withheld: u64,
}

/// The changes in a report.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// The earlier output, as it was named.
    pub since: String,
    /// The time of the earlier output, if it has a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_captured_at: Option<String>,
    /// Attributes that were not compared.
    pub volatile_attributes: BTreeSet<String>,
    /// The counts of each object.
    pub objects: BTreeMap<Object, ChangeCounts>,
}

/// The changes cannot be determined.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// The earlier output cannot be read.
    #[error("cannot read the earlier output {path}: {source}")]
    Unreadable {
        /// The file or folder.
        path: String,
        /// The reason.
        source: std::io::Error,
    },
    /// The path is not an earlier output.
    #[error("{path} is not an earlier output: {reason}")]
    NoOutput {
        /// The file or folder.
        path: String,
        /// The reason, and the definition of an earlier output.
        reason: String,
    },
    /// The file changed during the comparison.
    #[error(
        "the earlier output {path} was changed while it was compared; compare with a copy that no other program writes to"
    )]
    Moved {
        /// The file.
        path: String,
    },
    /// A new record has no UID, so it has no earlier record either. Validation excludes that in a sync.
    #[error("a record of {object} cannot be compared: it is not a JSON object with a UID")]
    NoUid {
        /// The object.
        object: Object,
    },
}

/// An earlier output, to compare new records with. It may be used from any thread.
#[derive(Debug)]
pub struct EarlierOutput {
    base: Base,
    volatile: BTreeSet<String>,
    tallies: BTreeMap<Object, Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    added: AtomicU64,
    changed: AtomicU64,
    unchanged: AtomicU64,
}

impl EarlierOutput {
    /// Reads the earlier output `since` (a folder or a file) of `objects` once. Its files stay open, so
    /// that they can be replaced meanwhile. `may_be_empty` is for a folder that a sync writes to for the
    /// first time.
    ///
    /// # Errors
    /// Fails if it cannot be read or is not an output of this program.
    pub fn open(
        since: &Path,
        objects: &[Object],
        volatile: BTreeSet<String>,
        may_be_empty: bool,
    ) -> Result<Self, ChangesError> {
        Ok(Self {
            base: Base::open(since, objects, &volatile, may_be_empty)?,
            volatile,
            tallies: objects
                .iter()
                .map(|object| (*object, Tally::default()))
                .collect(),
        })
    }

    /// The warnings about the earlier output.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.base.warnings
    }

    /// Compares a new record with the earlier one. Attributes that AWS refused to include in either
    /// (`unread`, for the new one) are not compared, because they may be unchanged.
    ///
    /// # Errors
    /// Fails if the earlier record can no longer be read.
    pub fn compare(
        &self,
        object: Object,
        record: &[u8],
        unread: &[String],
    ) -> Result<RecordChange, ChangesError> {
        let record = compare::RecordMembers::read(record).ok_or(ChangesError::NoUid { object })?;
        let changed_attributes = match self.base.meet(object, &record, &self.volatile)? {
            base::Met::Nobody => None,
            base::Met::Equal => Some(Vec::new()),
            base::Met::Other(earlier) => {
                let earlier = compare::RecordMembers::read(&earlier);
                let coverage = self.base.coverage.as_ref();
                let earlier_unread =
                    coverage.map_or(Vec::new(), |it| it.unread_of(object, &record));
                let unknown: Vec<&String> = unread.iter().chain(&earlier_unread).collect();
                earlier.map(|earlier| {
                    let mut names = record.differences(&earlier, &self.volatile);
                    names.retain(|name| {
                        let mut unknown = unknown.iter();
                        !unknown.any(|include| may_come_of(object, include, name))
                    });
                    names
                })
            }
        };
        let (kind, changed_attributes) = match changed_attributes {
            None => (ChangeKind::Added, Vec::new()),
            Some(names) if names.is_empty() => (ChangeKind::Unchanged, names),
            Some(names) => (ChangeKind::Changed, names),
        };
        if let Some(tally) = self.tallies.get(&object) {
            let count = match kind {
                ChangeKind::Added => &tally.added,
                ChangeKind::Changed => &tally.changed,
                ChangeKind::Unchanged | ChangeKind::Removed => &tally.unchanged,
            };
            count.fetch_add(1, Ordering::Relaxed);
        }
        Ok(RecordChange {
            kind,
            uid: record.uid,
            changed_attributes,
        })
    }

    /// Passes removed objects to `tell`, after all new records were compared, and returns the changes for the
    /// report. `coverage` is that of the new records, if they have a report.
    ///
    /// # Errors
    /// Fails if the earlier output can no longer be read, or if `tell` fails.
    pub fn close<E: From<ChangesError>>(
        &self,
        coverage: Option<&SeenScopes>,
        mut tell: impl FnMut(Object, RecordChange) -> Result<(), E>,
    ) -> Result<Changes, E> {
        let mut objects = BTreeMap::new();
        for (object, tally) in &self.tallies {
            let mut counts = ChangeCounts {
                added: tally.added.load(Ordering::Relaxed),
                changed: tally.changed.load(Ordering::Relaxed),
                unchanged: tally.unchanged.load(Ordering::Relaxed),
                ..ChangeCounts::default()
            };
            self.base.missing(*object, |record| {
                let earlier = self.base.coverage.as_ref();
                let is_gone = |coverage: Option<&SeenScopes>| {
                    coverage.is_some_and(|coverage| coverage.proves_absence(*object, record))
                };
                let same_question = match (coverage, earlier) {
                    (Some(new), Some(earlier)) => new.asked_alike(earlier, *object),
                    _ => false,
                };
                if !same_question || !is_gone(coverage) || !is_gone(earlier) {
                    counts.removals_withheld += 1;
                    return Ok(());
                }
                counts.removed += 1;
                let removed = RecordChange {
                    kind: ChangeKind::Removed,
                    uid: record.uid.clone(),
                    changed_attributes: Vec::new(),
                };
                tell(*object, removed)
            })?;
            objects.insert(*object, counts);
        }
        Ok(Changes {
            since: self.base.place.clone(),
            since_captured_at: self
                .base
                .coverage
                .as_ref()
                .map(|coverage| coverage.captured_at.clone()),
            volatile_attributes: self.volatile.clone(),
            objects,
        })
    }
}

/// Whether an attribute may come from an `include` value of a Describe call. An attribute outside the stock
/// schema may come from any.
fn may_come_of(object: Object, include: &str, attribute: &str) -> bool {
    let mut includes = object.row().includes.iter();
    includes.any(|known| known.name == include && known.attributes.contains(&attribute))
        || !schemas::has_attribute(object, attribute)
}

impl Changes {
    /// The warnings about removals that are not reported.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let withheld = self.objects.iter().filter(|(object, counts)| {
            // The window of events moves on; nothing else is meant by their absence.
            counts.removals_withheld > 0 && **object != Object::EcsAuditEvent
        });
        withheld
            .map(|(object, counts)| {
                format!(
                    "{} earlier records of {object} have no new one and are not reported as removed: one of the two syncs has no report, is not complete in their scope, or had other operation options; the next change feed will not contain them either, so compare with the last complete output",
                    counts.removals_withheld
                )
            })
            .collect()
    }
}
