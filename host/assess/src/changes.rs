//! The changes of findings since an earlier assessment.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use portolan_machine::fingerprint::fingerprint;
use portolan_page::object::Object;
use portolan_records::changes::{ChangeKind, RecordChange};
use portolan_sandbox::ControlResult;

use crate::finding::{Finding, Findings};
use crate::output::AssessError;
use crate::place::Record;
use crate::summary::{Assessment, FindingChanges, Settled};

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
    /// Whether all revisions were judged. Those that are not judged any more are not over.
    all_revisions: bool,
    counts: FindingChanges,
}

impl EarlierFindings {
    /// Reads the findings of a folder. `volatile` names attributes that do not count as a change.
    ///
    /// # Errors
    /// Fails if the folder has no assessment, or if a line is not a finding.
    pub fn read(folder: &Path, volatile: BTreeSet<String>) -> Result<Self, AssessError> {
        if !folder.join("Finding.jsonl").exists() {
            return Err(AssessError::NoEarlier {
                folder: folder.display().to_string(),
            });
        }
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
            all_revisions: judged_all_revisions(folder),
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
        let settled = Settled::new(assessment);
        let is_narrower = self.all_revisions && !assessment.all_revisions;
        let compares_all = self.all_results && assessment.all_results;
        let unmet = self.entries.iter();
        let unmet = unmet.filter(|entry| !entry.is_met && (entry.is_open || compares_all));
        for entry in unmet.copied().collect::<Vec<_>>() {
            let earlier: Finding =
                serde_json::from_value(self.record(entry)?.into()).map_err(|_| self.moved())?;
            let is_revision = earlier.subject_object == Object::EcsTaskDefinition.name();
            let is_over = earlier.result != ControlResult::NotEvaluated
                && settled.has(&earlier.control_id, &earlier.account_id, &earlier.region)
                && !(is_narrower && is_revision);
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

/// Whether the assessment of a folder judged all revisions; yes, if it does not say.
fn judged_all_revisions(folder: &Path) -> bool {
    let file = File::open(folder.join("assessment.json"));
    let assessment = file
        .ok()
        .map(|file| serde_json::from_reader(BufReader::new(file)));
    let assessment: Option<Assessment> = assessment.and_then(Result::ok);
    assessment.is_none_or(|it| it.all_revisions)
}
