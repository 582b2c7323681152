//! `assessment.json`: what was judged, with which results, and how much could not be judged.

use std::collections::BTreeMap;

use portolan_page::{AccountId, RegionName};
use portolan_sandbox::ControlResult;
use portolan_sandbox::trust::Trust;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, RUNNING};
use crate::place::Place;

/// An assessment of an output.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "assessment")]
pub struct Assessment {
    /// The version of the program that wrote it.
    pub portolan_version: String,
    /// The folder of the output, as it was named.
    pub output: String,
    /// The LAST_CAPTURED of the output.
    pub captured_at: String,
    /// Whether everything that the sync was asked for is in the output.
    pub output_complete: bool,
    /// Whether Finding.jsonl has the findings of every result; if not, it has FAIL and NOT_EVALUATED.
    pub all_results: bool,
    /// Whether all revisions of task definitions were judged; if not, the newest ones and those in use.
    #[serde(default)]
    pub all_revisions: bool,
    /// The assessors.
    pub assessors: Vec<AssessorUsed>,
    /// The counts of each control in each account and Region.
    pub controls: Vec<ControlCounts>,
    /// By account and Region, the number of revisions that services and tasks refer to and that have no record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references_without_record: Vec<MissingRevisions>,
    /// Names of files in the folder of the output to which findings were exported; a sync that replaces the records
    /// removes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exports: Vec<String>,
    /// The changes since an earlier assessment, if one was compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<FindingChanges>,
    /// Warnings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Where controls were asked of all their subjects, so that a finding which is not there any more is over.
pub struct Settled<'a> {
    /// By control, account and Region: whether every subject also got an answer.
    all: BTreeMap<(&'a str, &'a str, &'a str), bool>,
}

impl<'a> Settled<'a> {
    /// Looks at the counts of an assessment.
    #[must_use]
    pub fn new(assessment: &'a Assessment) -> Self {
        let counts = assessment.controls.iter();
        let counts = counts.filter(|it| it.subjects_complete && it.not_configured == 0);
        let entry = |it: &'a ControlCounts| {
            let place = (
                it.control_id.as_str(),
                it.account_id.as_str(),
                it.region.as_str(),
            );
            (
                place,
                !it.results.contains_key(&ControlResult::NotEvaluated),
            )
        };
        Self {
            all: counts.map(entry).collect(),
        }
    }

    /// Whether it is known that a control fails for no other subject of an account and Region than those with a
    /// finding. What runs has rows only where something fails, so there the control itself needs an answer
    /// everywhere.
    #[must_use]
    pub fn has(&self, control_id: &str, account_id: &str, region: &str) -> bool {
        let of = |id| self.all.get(&(id, account_id, region));
        match control_id.split_once('/') {
            Some((RUNNING, control)) => of(RUNNING).is_some() && of(control) == Some(&true),
            _ => of(control_id).is_some(),
        }
    }
}

/// An assessor of an assessment.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AssessorUsed {
    /// The assessor's name.
    pub name: String,
    /// The assessor's version.
    pub version: String,
    /// SHA-256 of the component, in hexadecimal.
    pub digest: String,
    /// `stock`, or the module's file.
    pub source: String,
    /// The state of its signature and its lock. A stock assessor is part of the program and has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
}

/// The numbers of findings by change since an earlier assessment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingChanges {
    /// The earlier output, as it was named.
    pub since: String,
    /// New findings.
    pub added: u64,
    /// Findings with a different attribute.
    pub changed: u64,
    /// Findings without a different attribute.
    pub unchanged: u64,
    /// Findings that are over: both assessments evaluated them.
    pub removed: u64,
    /// Findings that are not there any more and not reported as removed, because one of the two assessments did
    /// not evaluate them.
    pub removals_withheld: u64,
}

/// Revisions without a record.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MissingRevisions {
    /// The account's twelve digits.
    pub account_id: AccountId,
    /// The Region.
    pub region: RegionName,
    /// The number of revisions.
    pub revisions: u64,
}

/// The results of a control in an account and Region.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ControlCounts {
    /// The control.
    pub control_id: String,
    /// The account's twelve digits.
    pub account_id: AccountId,
    /// The Region.
    pub region: RegionName,
    /// Whether the output has all subjects; if not, subjects without a finding may exist.
    pub subjects_complete: bool,
    /// Why subjects may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The number of subjects by result.
    pub results: BTreeMap<ControlResult, u64>,
    /// By reason, the number of subjects that could not be evaluated; the most frequent reasons.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_evaluated: BTreeMap<String, u64>,
    /// The number of failures that are muted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub muted: u64,
    /// The number of subjects of a control that lacks its setting or its scan (`--detect-secrets`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_configured: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The most reasons of one control in one place. Reasons name objects, so there may be one for each subject.
const REASONS: usize = 20;
/// The reason in place of further ones.
const OTHER_REASONS: &str = "other reasons";

/// The counts while an assessment runs.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    controls: BTreeMap<(String, Place), ControlCounts>,
}

impl Counts {
    /// The counts of a control in a place. `missing` says why subjects may be missing there.
    pub(crate) fn of(
        &mut self,
        control_id: &str,
        place: &Place,
        missing: impl FnOnce() -> Option<String>,
    ) -> &mut ControlCounts {
        let key = (control_id.to_owned(), place.clone());
        self.controls.entry(key).or_insert_with(|| {
            let reason = missing();
            ControlCounts {
                control_id: control_id.to_owned(),
                account_id: place.account_id.as_str().into(),
                region: place.region.as_str().into(),
                subjects_complete: reason.is_none(),
                reason,
                results: BTreeMap::new(),
                not_evaluated: BTreeMap::new(),
                muted: 0,
                not_configured: 0,
            }
        })
    }

    /// Counts a finding.
    pub(crate) fn add(&mut self, finding: &Finding) {
        let key = (finding.control_id.clone(), finding.place());
        if let Some(counts) = self.controls.get_mut(&key) {
            counts.add(finding);
        }
    }

    pub(crate) fn finish(self) -> Vec<ControlCounts> {
        self.controls.into_values().collect()
    }
}

impl ControlCounts {
    fn add(&mut self, finding: &Finding) {
        *self.results.entry(finding.result).or_default() += 1;
        self.muted += u64::from(finding.muted && finding.result == ControlResult::Fail);
        if finding.result == ControlResult::NotEvaluated {
            let reason = finding
                .reasons
                .first()
                .map_or("no reason given", String::as_str);
            let is_known = self.not_evaluated.contains_key(reason);
            let reason = match is_known || self.not_evaluated.len() < REASONS {
                true => reason,
                false => OTHER_REASONS,
            };
            *self.not_evaluated.entry(reason.to_owned()).or_default() += 1;
        }
    }
}
