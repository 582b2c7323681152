//! The record of a finding.

use portolan_sandbox::{ControlResult, ControlSeverity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The answer of a control for one subject. FAIL is what should be corrected; NOT_EVALUATED says that the data do not
/// suffice for an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(title = "Finding")]
pub struct Finding {
    /// The identity of the finding: CONTROL_ID, `@` and SUBJECT_UID.
    pub uid: String,
    /// The control, for example `TD.1`.
    pub control_id: String,
    /// What should be the case.
    pub control_title: String,
    /// How bad a failure is: the control's severity, unless the failure itself is said to be worse.
    pub severity: ControlSeverity,
    /// The answer.
    pub result: ControlResult,
    /// A finer word, where the control has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict: Option<String>,
    /// The controls of published standards that ask the same.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub standards: Vec<String>,
    /// The object of the subject.
    pub subject_object: String,
    /// The UID of the subject's record.
    pub subject_uid: String,
    /// The NAME of the subject's record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject_name: Option<String>,
    /// The cluster of the subject.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cluster_arn: Option<String>,
    /// Whether a task definition is the newest ACTIVE revision of its family; absent if that is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub is_latest: Option<bool>,
    /// The number of running tasks of a task definition; absent if tasks were not synced.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub running_tasks_count: Option<u64>,
    /// Sentences that say why.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reasons: Vec<String>,
    /// The attributes that the answer rests on.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<EvidenceValue>,
    /// What to do.
    pub remediation: String,
    /// Addresses of documentation.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub references: Vec<String>,
    /// Whether a mute covers it: somebody decided to live with it until a date.
    #[serde(default)]
    pub muted: bool,
    /// Why it is muted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mute_reason: Option<String>,
    /// The date on which the mute ends: `2027-01-31`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub muted_until: Option<String>,
    /// `AWS`.
    pub cloud_provider: String,
    /// The account of the subject.
    pub account_id: String,
    /// The Region of the subject.
    pub region: String,
    /// The LAST_CAPTURED of the subject.
    pub last_captured: String,
    /// Attributes of the subject that were asked for.
    #[serde(flatten)]
    pub carried: Map<String, Value>,
}

/// An attribute of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct EvidenceValue {
    /// The UID of the record.
    pub uid: String,
    /// The attribute.
    pub attribute: String,
    /// Its value; absent if the record does not have the attribute.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<Value>,
}
