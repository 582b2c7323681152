use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How bad a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ControlSeverity {
    /// Worth knowing.
    Informational,
    /// Hardly a risk by itself.
    Low,
    /// A risk together with another weakness.
    Medium,
    /// A risk by itself.
    High,
    /// To be corrected at once.
    Critical,
}

/// How much a control depends on the records under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// No subject passes without all of them: the host sees to it.
    Always,
    /// The assessor says itself where its answer depends on records that are not there.
    WhenNeeded,
}

/// Attributes and values, any of which is meant.
pub type Narrowing = &'static [(&'static str, &'static [&'static str])];

/// Records that go with each subject, of its account and Region.
#[derive(Clone, Copy, Debug)]
pub struct With {
    /// The name under which the assessor gets them.
    pub name: &'static str,
    /// The connector object of these records.
    pub object: &'static str,
    /// Their attributes, and where the values come from: `CLUSTER_ARN` for an attribute of the subject,
    /// `services.CLUSTER_ARN` for one of the records under another name.
    pub by: Narrowing,
    /// Whether there may be several.
    pub many: bool,
    /// Only records with one of these values.
    pub only: Narrowing,
    /// Only records with all of these attributes.
    pub having: &'static [&'static str],
    /// The most records for one subject; 0 for the host's limit.
    pub limit: u32,
}

impl With {
    /// What the others leave out.
    pub const NEW: Self = Self {
        name: "",
        object: "",
        by: &[],
        many: false,
        only: &[],
        having: &[],
        limit: 0,
    };

    fn to_value(self) -> Value {
        let mut members = Map::new();
        members.insert("object".into(), self.object.into());
        members.insert("by".into(), narrowing(self.by));
        members.insert("many".into(), self.many.into());
        if !self.only.is_empty() {
            members.insert("where".into(), narrowing(self.only));
        }
        if !self.having.is_empty() {
            members.insert("having".into(), json!(self.having));
        }
        if self.limit > 0 {
            members.insert("limit".into(), self.limit.into());
        }
        Value::Object(members)
    }
}

/// A question about each subject.
#[derive(Clone, Copy, Debug)]
pub struct Control {
    /// The control's name, for example `TD.1`.
    pub id: &'static str,
    /// What should be the case, in a few words.
    pub title: &'static str,
    /// The question that it answers.
    pub question: &'static str,
    /// When it fails, in a sentence.
    pub condition: &'static str,
    /// How bad a failure is.
    pub severity: ControlSeverity,
    /// The controls of published standards that ask the same.
    pub standards: &'static [&'static str],
    /// What these standards say differently; may be empty.
    pub differences: &'static str,
    /// What to do about a failure.
    pub remediation: &'static str,
    /// A command of the AWS CLI that does it; may be empty.
    pub command: &'static str,
    /// Addresses of documentation.
    pub references: &'static [&'static str],
    /// The names of [`With`] that it reads.
    pub reads: &'static [(&'static str, Need)],
    /// The subjects that it is about; others get no finding.
    pub subjects: Narrowing,
    /// The setting without which the control is not configured; may be empty.
    pub needs_setting: &'static str,
    /// The scan of the sync without which the control is not configured: `secrets` for that of environment values
    /// (`--detect-secrets`); may be empty.
    pub needs_scan: &'static str,
}

impl Control {
    /// What the others leave out.
    pub const NEW: Self = Self {
        id: "",
        title: "",
        question: "",
        condition: "",
        severity: ControlSeverity::Medium,
        standards: &[],
        differences: "",
        remediation: "",
        command: "",
        references: &[],
        reads: &[],
        subjects: &[],
        needs_setting: "",
        needs_scan: "",
    };

    fn to_value(self) -> Value {
        let reads = self.reads.iter().map(|(name, need)| {
            let need = match need {
                Need::Always => "always",
                Need::WhenNeeded => "when-needed",
            };
            ((*name).to_owned(), Value::from(need))
        });
        let mut all = json!({
            "id": self.id,
            "title": self.title,
            "question": self.question,
            "condition": self.condition,
            "severity": self.severity,
            "standards": self.standards,
            "remediation": self.remediation,
            "references": self.references,
            "reads": Value::Object(reads.collect()),
            "subjects": narrowing(self.subjects),
        });
        let texts = [
            ("differences", self.differences),
            ("command", self.command),
            ("needs-setting", self.needs_setting),
            ("needs-scan", self.needs_scan),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            all[name] = text.into();
        }
        all
    }
}

fn narrowing(narrowing: Narrowing) -> Value {
    let all = narrowing.iter();
    Value::Object(
        all.map(|(name, values)| ((*name).to_owned(), json!(values)))
            .collect(),
    )
}

/// The `with` of a manifest.
pub(crate) fn with(all: &[With]) -> Value {
    let named = all
        .iter()
        .map(|with| (with.name.to_owned(), with.to_value()));
    Value::Object(named.collect())
}

/// The `controls` of a manifest.
pub(crate) fn controls(all: &[Control]) -> Value {
    all.iter().map(|control| control.to_value()).collect()
}
