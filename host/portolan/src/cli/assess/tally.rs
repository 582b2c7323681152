//! The counts of an assessment: its summary on a terminal, and its exit status.

use std::collections::BTreeMap;

use portolan_assess::{Assessment, Finding};
use portolan_page::object::Object;
use portolan_sandbox::{ControlResult, ControlSeverity};

use super::{COMPLETE, FOUND, PARTIAL};

/// Number of subjects in the summary.
const WORST: usize = 10;

/// The counts of a run.
#[derive(Default)]
pub(super) struct Tally {
    results: BTreeMap<(ControlSeverity, String), BTreeMap<ControlResult, u64>>,
    worst: BTreeMap<String, (u64, ControlSeverity)>,
    failed: Option<ControlSeverity>,
    missing: Option<ControlSeverity>,
    muted: u64,
}

impl Tally {
    pub(super) fn add(&mut self, finding: &Finding, with_audit: bool) {
        let control = (finding.severity, finding.control_id.clone());
        *self
            .results
            .entry(control)
            .or_default()
            .entry(finding.result)
            .or_default() += 1;
        match finding.result {
            ControlResult::Fail if finding.muted => self.muted += 1,
            ControlResult::Fail => {
                let name = finding
                    .subject_name
                    .as_ref()
                    .unwrap_or(&finding.subject_uid);
                let name = format!("{} {name}", finding.subject_object);
                let worst = self.worst.entry(name).or_insert((0, finding.severity));
                *worst = (worst.0 + 1, worst.1.max(finding.severity));
                let is_audit = finding.subject_object == Object::EcsAuditEvent.name();
                if !is_audit || with_audit {
                    self.failed = self.failed.max(Some(finding.severity));
                }
            }
            ControlResult::NotEvaluated if finding.lacks_data => {
                self.missing = self.missing.max(Some(finding.severity));
            }
            _ => {}
        }
    }

    /// The exit status. Subjects that may be missing count like answers that are missing.
    pub(super) fn status(&self, level: Option<ControlSeverity>, has_all: bool) -> u8 {
        if level.is_some() && self.failed >= level {
            return FOUND;
        }
        let least = level.or(Some(ControlSeverity::Informational));
        match !has_all || self.missing.is_some() && self.missing >= least {
            true => PARTIAL,
            false => COMPLETE,
        }
    }

    pub(super) fn table(&self, assessment: &Assessment) -> String {
        let mut text = format!(
            "{:<14} {:<10} {:>9} {:>9} {:>14} {:>14}\n",
            "severity", "control", "fail", "pass", "not applicable", "not evaluated"
        );
        for ((severity, control), results) in self.results.iter().rev() {
            let of = |result| results.get(&result).copied().unwrap_or(0);
            text.push_str(&format!(
                "{:<14} {control:<10} {:>9} {:>9} {:>14} {:>14}\n",
                severity.word(),
                of(ControlResult::Fail),
                of(ControlResult::Pass),
                of(ControlResult::NotApplicable),
                of(ControlResult::NotEvaluated),
            ));
        }
        let mut worst: Vec<_> = self.worst.iter().collect();
        worst.sort_by_key(|(name, (failures, severity))| {
            (std::cmp::Reverse((*severity, *failures)), (*name).clone())
        });
        for (name, (failures, severity)) in worst.into_iter().take(WORST) {
            text.push_str(&format!(
                "{failures:>4} failed, up to {}: {name}\n",
                severity.word()
            ));
        }
        let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
        for (reason, count) in assessment.controls.iter().flat_map(|it| &it.not_evaluated) {
            *reasons.entry(reason).or_default() += count;
        }
        let total: u64 = reasons.values().sum();
        if let Some((reason, count)) = reasons.iter().max_by_key(|(_, count)| **count) {
            text.push_str(&format!(
                "{total} answers are missing; {count} of them because {reason}"
            ));
        }
        text.trim_end().to_owned()
    }
}
