//! The record of a finding.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use portolan_sandbox::{ControlResult, ControlSeverity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::output::{AssessError, LINE_LIMIT_BYTES, Span};
use crate::place::{Place, Record};

/// The control that is about what runs, before that of the control which a revision fails.
pub(crate) const RUNNING: &str = "TK.1";

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
    /// Whether it is NOT_EVALUATED because data are missing: denied, throttled, cut or not synced. It is no
    /// attribute: what AWS left out is an answer too.
    #[serde(skip)]
    #[schemars(skip)]
    pub lacks_data: bool,
    /// Attributes of the subject that were asked for.
    #[serde(flatten)]
    pub carried: Map<String, Value>,
}

impl Finding {
    /// Whether a finding has an attribute of a name by itself, so that none of the subject can be carried under it.
    #[must_use]
    pub fn has_attribute(name: &str) -> bool {
        let schema = schemars::schema_for!(Self);
        let attributes = schema.get("properties");
        attributes.is_some_and(|all| all.get(name).is_some())
    }

    /// Where its subject is.
    pub(crate) fn place(&self) -> Place {
        Place {
            account_id: self.account_id.clone(),
            region: self.region.clone(),
        }
    }

    /// Whether it is about what a service or group of tasks runs, not about their own settings.
    #[must_use]
    pub fn is_about_running(&self) -> bool {
        let rest = self.control_id.strip_prefix(RUNNING);
        rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether it is a failure, or has no answer.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(
            self.result,
            ControlResult::Fail | ControlResult::NotEvaluated
        )
    }
}

/// The findings in a folder, one by one.
pub struct Findings {
    path: PathBuf,
    lines: BufReader<File>,
    text: Vec<u8>,
    line: u64,
    offset: u64,
}

impl Findings {
    /// Opens the findings of a folder.
    ///
    /// # Errors
    /// Fails if there are none.
    pub fn open(folder: &Path) -> Result<Self, AssessError> {
        let path = folder.join("Finding.jsonl");
        let file = File::open(&path).map_err(AssessError::file("read", &path))?;
        Ok(Self {
            path,
            lines: BufReader::with_capacity(256 * 1024, file),
            text: Vec::new(),
            line: 0,
            offset: 0,
        })
    }

    /// The next finding.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or if the line is not a finding.
    #[expect(clippy::should_implement_trait, reason = "it may fail")]
    pub fn next(&mut self) -> Result<Option<Finding>, AssessError> {
        Ok(self.next_at()?.map(|(_, finding)| finding))
    }

    /// The next finding, and its place.
    pub(crate) fn next_at(&mut self) -> Result<Option<(Span, Finding)>, AssessError> {
        self.text.clear();
        let read = (&mut self.lines).take(LINE_LIMIT_BYTES);
        let read = { read }.read_until(b'\n', &mut self.text);
        let length = read.map_err(AssessError::file("read", &self.path))?;
        if length == 0 {
            return Ok(None);
        }
        let span = Span {
            offset: self.offset,
            length: u32::try_from(length).unwrap_or(u32::MAX),
        };
        self.line += 1;
        self.offset += length as u64;
        let finding = serde_json::from_slice(&self.text);
        let finding = finding.map_err(|_| AssessError::NoFinding {
            file: self.path.display().to_string(),
            line: self.line,
        })?;
        Ok(Some((span, finding)))
    }

    /// The path of the file, and the file itself, which may have been removed meanwhile.
    pub(crate) fn into_file(self) -> (PathBuf, File) {
        (self.path, self.lines.into_inner())
    }
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

/// The attributes of a subject that its findings carry.
pub(crate) fn carried(names: &[String], subject: &Record) -> Map<String, Value> {
    let carried = |name: &String| Some((name.clone(), subject.get(name)?.clone()));
    names.iter().filter_map(carried).collect()
}
