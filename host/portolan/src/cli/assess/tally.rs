//! The counts of an assessment: its summary on a terminal, and its exit status.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use portolan_assess::{Assessment, Finding};
use portolan_machine::fingerprint::fingerprint;
use portolan_machine::text::printable;
use portolan_page::object::Object;
use portolan_sandbox::{ControlResult, ControlSeverity};

use super::{COMPLETE, FOUND, PARTIAL};

/// Number of subjects in the summary.
const WORST: usize = 10;

/// Number of reasons in the summary.
const REASONS: usize = 5;

/// A subject that fails.
struct Worst {
    name: String,
    failures: u64,
    severity: ControlSeverity,
}

/// The counts of a run.
#[derive(Default)]
pub(super) struct Tally {
    /// By control, the worst severity of its findings, and their numbers.
    results: BTreeMap<String, (ControlSeverity, BTreeMap<ControlResult, u64>)>,
    /// By UID and place of the subject.
    worst: HashMap<[u8; 16], Worst>,
    failed: Option<ControlSeverity>,
    /// The number of failures that count for it, by severity.
    at_least: BTreeMap<ControlSeverity, u64>,
    missing: Option<ControlSeverity>,
    muted: u64,
}

impl Tally {
    pub(super) fn add(&mut self, finding: &Finding, with_audit: bool) {
        let control = self.results.entry(finding.control_id.clone());
        let (severity, results) = control.or_insert_with(|| (finding.severity, BTreeMap::new()));
        *severity = (*severity).max(finding.severity);
        *results.entry(finding.result).or_default() += 1;
        let is_audit = finding.subject_object == Object::EcsAuditEvent.name();
        match finding.result {
            ControlResult::Fail if finding.muted => self.muted += 1,
            ControlResult::Fail => {
                // Events do not fail, they happened.
                if !is_audit {
                    self.worst(finding);
                }
                if !is_audit || with_audit {
                    self.failed = self.failed.max(Some(finding.severity));
                    *self.at_least.entry(finding.severity).or_default() += 1;
                }
            }
            ControlResult::NotEvaluated if finding.lacks_data => {
                self.missing = self.missing.max(Some(finding.severity));
            }
            _ => {}
        }
    }

    fn worst(&mut self, finding: &Finding) {
        let (account_id, region) = (&finding.account_id, &finding.region);
        let key = fingerprint(format!("{account_id} {region} {}", finding.subject_uid));
        let worst = self.worst.entry(key).or_insert_with(|| {
            let name = finding
                .subject_name
                .as_ref()
                .unwrap_or(&finding.subject_uid);
            let cluster = finding
                .cluster_arn
                .as_deref()
                .and_then(|arn| arn.rsplit('/').next());
            let cluster = cluster.map_or(String::new(), |name| {
                format!(" in {}", printable(name, 200))
            });
            let object = finding.subject_object.trim_start_matches("Ecs");
            Worst {
                name: format!(
                    "{object} {}{cluster}, {account_id} {region}",
                    printable(name, 200)
                ),
                failures: 0,
                severity: finding.severity,
            }
        });
        worst.failures += 1;
        worst.severity = worst.severity.max(finding.severity);
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

    /// What failed at or above a level.
    pub(super) fn failed(&self, level: Option<ControlSeverity>) -> Option<String> {
        let level = level?;
        let count: u64 = self
            .at_least
            .iter()
            .filter(|(severity, _)| **severity >= level)
            .map(|(_, count)| count)
            .sum();
        Some(format!(
            "{count} failures are {} or worse (--fail-on)",
            level.word()
        ))
    }

    /// The summary on a terminal: controls with failures or without answers, the worst subjects, and what is not known.
    pub(super) fn table(&self, assessment: &Assessment, folder: &str) -> String {
        let mut text = format!(
            "{:<14} {:<10} {:>9} {:>9} {:>14} {:>14}\n",
            "severity", "control", "fail", "pass", "not applicable", "not evaluated"
        );
        let mut controls: Vec<_> = self.results.iter().collect();
        controls.sort_by_key(|(control, (severity, _))| (Reverse(*severity), *control));
        let of = |results: &BTreeMap<_, _>, result| results.get(&result).copied().unwrap_or(0);
        let mut quiet = 0;
        for (control, (severity, results)) in controls {
            let [fail, unknown] =
                [ControlResult::Fail, ControlResult::NotEvaluated].map(|it| of(results, it));
            if fail + unknown == 0 {
                quiet += 1;
                continue;
            }
            text.push_str(&format!(
                "{:<14} {control:<10} {fail:>9} {:>9} {:>14} {unknown:>14}\n",
                severity.word(),
                of(results, ControlResult::Pass),
                of(results, ControlResult::NotApplicable),
            ));
        }
        if quiet > 0 {
            text.push_str(&format!(
                "and {quiet} controls without failures, all evaluated\n"
            ));
        }
        let mut worst: Vec<_> = self.worst.values().collect();
        worst.sort_by_key(|it| (Reverse((it.severity, it.failures)), &it.name));
        for it in worst.into_iter().take(WORST) {
            let severity = it.severity.word();
            text.push_str(&format!(
                "{:>4} failed, up to {severity}: {}\n",
                it.failures, it.name
            ));
        }
        text.push_str(&self.unknown(assessment));
        text.push_str(&format!("next: portolan findings {folder} --severity high"));
        text
    }

    /// What is muted, not configured, or not known, and why.
    fn unknown(&self, assessment: &Assessment) -> String {
        let mut text = String::new();
        if self.muted > 0 {
            text.push_str(&format!("{} failures are muted\n", self.muted));
        }
        let off = assessment
            .controls
            .iter()
            .filter(|it| it.not_configured > 0);
        let off: BTreeSet<&str> = off.map(|it| it.control_id.as_str()).collect();
        if !off.is_empty() {
            let off: Vec<&str> = off.into_iter().collect();
            text.push_str(&format!("not configured: {}\n", off.join(", ")));
        }
        let reasons = assessment
            .controls
            .iter()
            .filter_map(|it| it.reason.as_deref());
        let reasons: BTreeSet<&str> = reasons.collect();
        for reason in reasons.iter().take(REASONS) {
            text.push_str(&format!(
                "subjects may be missing: {}\n",
                printable(reason, 300)
            ));
        }
        if reasons.len() > REASONS {
            let more = reasons.len() - REASONS;
            text.push_str(&format!(
                "and for {more} more reasons; assessment.json has all of them\n"
            ));
        }
        let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
        for (reason, count) in assessment.controls.iter().flat_map(|it| &it.not_evaluated) {
            *reasons.entry(reason).or_default() += count;
        }
        let total: u64 = reasons.values().sum();
        if let Some((reason, count)) = reasons.iter().max_by_key(|(_, count)| **count) {
            let reason = printable(reason, 300);
            text.push_str(&format!(
                "{total} answers are missing; {count} of them because {reason}\n"
            ));
        }
        text
    }
}
