//! The changes of findings since an earlier assessment.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use portolan_machine::fingerprint::fingerprint;
use portolan_records::changes::{ChangeKind, RecordChange};
use portolan_sandbox::ControlResult;

use crate::finding::{Finding, Findings};
use crate::output::AssessError;
use crate::place::{Place, Record};
use crate::summary::{Assessment, FindingChanges};

/// A finding of the earlier assessment: 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    uid: [u8; 16],
    offset: u64,
    length: u32,
    is_open: bool,
    is_met: bool,
}

/// The findings of an earlier assessment. Its file may be removed meanwhile, as by the next sync into its folder.
pub struct EarlierFindings {
    path: PathBuf,
    file: File,
    entries: Vec<Entry>,
    volatile: BTreeSet<String>,
    /// Whether findings of every result are compared.
    all_results: bool,
    counts: FindingChanges,
}

impl EarlierFindings {
    /// Reads the findings of a folder. `volatile` names attributes that do not count as a change.
    ///
    /// # Errors
    /// Fails if the folder has no assessment, or if a line is not a finding.
    pub fn read(folder: &Path, volatile: BTreeSet<String>) -> Result<Self, AssessError> {
        let mut findings = Findings::open(folder)?;
        let (mut entries, mut has_others) = (Vec::new(), false);
        while let Some((span, finding)) = findings.next_at()? {
            let is_open = finding.is_open();
            has_others |= !is_open;
            entries.push(Entry {
                uid: fingerprint(&finding.uid),
                offset: span.offset,
                length: span.length,
                is_open,
                is_met: false,
            });
        }
        entries.sort_unstable();
        let (path, file) = findings.into_file();
        Ok(Self {
            path,
            file,
            entries,
            volatile,
            all_results: has_others,
            counts: FindingChanges {
                since: folder.display().to_string(),
                ..FindingChanges::default()
            },
        })
    }

    /// Compares a finding, and returns its change if that is to be told. `all_results` says whether findings of
    /// every result are written.
    ///
    /// # Errors
    /// Fails if the earlier finding cannot be read again.
    pub fn compare(
        &mut self,
        finding: &Finding,
        all_results: bool,
    ) -> Result<Option<RecordChange>, AssessError> {
        // What only one of the two assessments would write is no change.
        let is_compared = finding.is_open() || all_results && self.all_results;
        let entry = self.meet(&finding.uid);
        let earlier = entry.filter(|entry| entry.is_open || self.all_results && all_results);
        let change = |kind, changed_attributes| RecordChange {
            kind,
            uid: finding.uid.clone(),
            changed_attributes,
        };
        let Some(earlier) = earlier else {
            self.counts.added += u64::from(is_compared);
            return Ok(is_compared.then(|| change(ChangeKind::Added, Vec::new())));
        };
        let earlier = self.record(earlier)?;
        if !is_compared {
            // It passes now. That an answer was missing before is no reason to say that something ended.
            let was_failure = earlier.get("RESULT").is_some_and(|result| result == "FAIL");
            return Ok(self.end(&finding.uid, was_failure));
        }
        let now = serde_json::to_value(finding).unwrap_or_default();
        let now = now.as_object().cloned().unwrap_or_default();
        let names: BTreeSet<&String> = earlier.keys().chain(now.keys()).collect();
        let different = names
            .into_iter()
            .filter(|name| earlier.get(*name) != now.get(*name) && !self.volatile.contains(*name));
        let different: Vec<String> = different.cloned().collect();
        let (kind, count) = match different.is_empty() {
            true => (ChangeKind::Unchanged, &mut self.counts.unchanged),
            false => (ChangeKind::Changed, &mut self.counts.changed),
        };
        *count += 1;
        Ok(Some(change(kind, different)))
    }

    /// The removals of the earlier findings that no new one has met, each passed to `tell`, and the counts.
    ///
    /// # Errors
    /// Fails if an earlier finding cannot be read again, or if `tell` fails.
    pub fn close<E: From<AssessError>>(
        mut self,
        assessment: &Assessment,
        mut tell: impl FnMut(&RecordChange) -> Result<(), E>,
    ) -> Result<FindingChanges, E> {
        // Only where all subjects are known does a missing one prove anything.
        let complete: BTreeSet<(&str, Place)> = assessment
            .controls
            .iter()
            .filter(|counts| counts.subjects_complete && counts.not_configured == 0)
            .map(|counts| {
                let place = Place {
                    account_id: counts.account_id.to_string(),
                    region: counts.region.to_string(),
                };
                (counts.control_id.as_str(), place)
            })
            .collect();
        let compares_all = self.all_results && assessment.all_results;
        let unmet = self.entries.iter();
        let unmet = unmet.filter(|entry| !entry.is_met && (entry.is_open || compares_all));
        for entry in unmet.copied().collect::<Vec<_>>() {
            let earlier: Finding =
                serde_json::from_value(self.record(entry)?.into()).map_err(|_| self.moved())?;
            let place = earlier.place();
            // What runs has rows only where something fails.
            let runs = || earlier.is_about_running() && assessment.knows_running(&place);
            let control = (earlier.control_id.as_str(), place.clone());
            let is_over = earlier.result != ControlResult::NotEvaluated
                && (complete.contains(&control) || runs());
            if let Some(change) = self.end(&earlier.uid, is_over) {
                tell(&change)?;
            }
        }
        Ok(self.counts)
    }

    /// The removal of a finding that is over, or nothing where that is not proven.
    fn end(&mut self, uid: &str, is_over: bool) -> Option<RecordChange> {
        if !is_over {
            self.counts.removals_withheld += 1;
            return None;
        }
        self.counts.removed += 1;
        Some(RecordChange {
            kind: ChangeKind::Removed,
            uid: uid.to_owned(),
            changed_attributes: Vec::new(),
        })
    }

    /// Finds an earlier finding, and notes that it was met.
    fn meet(&mut self, uid: &str) -> Option<Entry> {
        let uid = fingerprint(uid);
        let index = self
            .entries
            .binary_search_by_key(&uid, |entry| entry.uid)
            .ok()?;
        let entry = self.entries.get_mut(index)?;
        entry.is_met = true;
        Some(*entry)
    }

    fn record(&self, entry: Entry) -> Result<Record, AssessError> {
        let mut text = vec![0; entry.length as usize];
        let read = self.file.read_exact_at(&mut text, entry.offset);
        read.map_err(AssessError::file("read", &self.path))?;
        serde_json::from_slice(&text).map_err(|_| self.moved())
    }

    fn moved(&self) -> AssessError {
        AssessError::NoFinding {
            file: format!("{} (it changes while it is read)", self.path.display()),
            line: 0,
        }
    }
}
