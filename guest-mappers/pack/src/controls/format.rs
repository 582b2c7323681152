//! The format of a table of controls. Its doc comments are the descriptions in the schema.

use std::collections::BTreeMap;

use portolan_mapper_sdk::ControlSeverity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::format::{Object, OneOrMore, Scalar};

/// A table of controls: an assessor without code. It is written in TOML.
///
/// Expressions are JMESPath over an object with the attributes of the subject, the records under each name of
/// `with`, `subject` (the record again), `complete` (whether all records under a name are known), `truncated`
/// (the names with more records than their limit) and `settings`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "controls")]
pub struct ControlTable {
    /// The module's name, for example `acme-controls`.
    #[schemars(length(min = 1, max = 128))]
    pub(crate) name: String,
    /// The module's own version, for example `1.0.0`.
    #[schemars(length(min = 1, max = 64))]
    pub(crate) version: String,
    /// Always `assessor`.
    #[expect(dead_code, reason = "it has only one value")]
    kind: Kind,
    /// The connector object that the controls are about.
    pub(crate) subject: Object,
    /// Attributes beyond the stock schemas that records may have, because overlays add them.
    #[serde(default)]
    pub(crate) also: Vec<String>,
    /// The records that go with each subject, by name. Names have lower-case letters.
    #[serde(default)]
    pub(crate) with: BTreeMap<String, With>,
    /// The module's own settings, by name.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, Setting>,
    /// The controls, by id.
    #[schemars(with = "BTreeMap<String, Control>")]
    pub(crate) controls: toml::Table,
}

/// The kind of a table of controls.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// It judges records.
    Assessor,
}

/// Records that go with a subject. They are always of its account and Region.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct With {
    /// The connector object of these records.
    pub object: Object,
    /// Their attributes, and where the values come from: `CLUSTER_ARN` for an attribute of the subject,
    /// `services.CLUSTER_ARN` for one of the records under another name. One of several suffices. Each
    /// element of a list is a value. Without any, all records of the account and Region go along.
    #[serde(default)]
    pub by: BTreeMap<String, OneOrMore>,
    /// Whether there may be several such records.
    #[serde(default)]
    pub many: bool,
    /// Only records with one of these values.
    #[serde(default, rename = "where")]
    pub only: BTreeMap<String, Vec<Scalar>>,
    /// Only records with all of these attributes.
    #[serde(default)]
    pub having: Vec<String>,
    /// The most records for one subject [default: 10000].
    pub limit: Option<u32>,
}

impl With {
    /// Where the values of each of their attributes come from.
    pub(crate) fn sources(&self) -> BTreeMap<&String, Vec<String>> {
        let all = self.by.iter();
        all.map(|(attribute, sources)| (attribute, sources.list()))
            .collect()
    }

    pub(crate) fn to_value(&self) -> Value {
        let mut all = json!({
            "object": self.object.0.name(),
            "by": self.sources(),
            "many": self.many,
        });
        if !self.only.is_empty() {
            all["where"] = json!(self.only);
        }
        if !self.having.is_empty() {
            all["having"] = json!(self.having);
        }
        if let Some(limit) = self.limit {
            all["limit"] = json!(limit);
        }
        all
    }
}

/// A setting of the module.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Setting {
    /// Its type.
    #[serde(rename = "type")]
    pub type_: SettingType,
    /// What it is for.
    pub description: String,
    /// The most elements of a list.
    pub limit: Option<u32>,
}

/// The type of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SettingType {
    /// A text.
    Text,
    /// An integer.
    Integer,
    /// True or false.
    Boolean,
    /// A list of texts.
    Texts,
}

impl Setting {
    pub(crate) fn schema(&self) -> Value {
        let mut schema = match self.type_ {
            SettingType::Text => json!({ "type": "string" }),
            SettingType::Integer => json!({ "type": "integer" }),
            SettingType::Boolean => json!({ "type": "boolean" }),
            SettingType::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        };
        schema["description"] = json!(self.description);
        if let (SettingType::Texts, Some(limit)) = (self.type_, self.limit) {
            schema["maxItems"] = json!(limit);
        }
        schema
    }
}

/// A control: a question, and how it is answered. The answer is NOT_APPLICABLE if `not-applicable` is true,
/// else FAIL if `fail` is, else NOT_EVALUATED if `unknown` is, else PASS. An expression is true unless its
/// value is false, null, or an empty text, list or object.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Control {
    /// What should be the case, in a few words.
    pub title: String,
    /// The question that it answers.
    pub question: String,
    /// When it fails, in a sentence.
    pub condition: String,
    /// How bad a failure is.
    pub severity: ControlSeverity,
    /// The controls of published standards that ask the same, for example `Security Hub ECS.4`.
    #[serde(default)]
    pub standards: Vec<String>,
    /// What these standards say differently of the same subject.
    pub differences: Option<String>,
    /// What to do about a failure.
    pub remediation: String,
    /// A command of the AWS CLI that does it.
    pub command: Option<String>,
    /// Addresses of documentation.
    #[serde(default)]
    pub references: Vec<String>,
    /// The names of `with` that it reads, and whether it always needs all of their records.
    #[serde(default)]
    pub reads: BTreeMap<String, Need>,
    /// The subjects that it is about, by their attributes; others get no finding.
    #[serde(default)]
    pub subjects: BTreeMap<String, Vec<Scalar>>,
    /// The setting without which the control is not configured.
    pub needs_setting: Option<String>,
    /// The scan of the sync without which the control is not configured.
    pub needs_scan: Option<NeededScan>,
    /// The expression that is true where a subject fails. If its value is a list of records, each of them
    /// offends; else the subject does.
    pub fail: Option<String>,
    /// The sentence for each that offends, with expressions over it in braces: `{NAME} is privileged.`
    pub reason: Option<String>,
    /// The attributes that a failure rests on: `PRIVILEGED` of each that offends, `subject.NETWORK_MODE` of
    /// the subject, `definition.CPU` of the records under a name.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// In place of `fail`, if there are several ways to fail; all that hold are reasons.
    #[serde(default)]
    pub fails: Vec<Fail>,
    /// The expression that is true where the question makes no sense.
    pub not_applicable: Option<String>,
    /// Why it makes none.
    pub not_applicable_reason: Option<String>,
    /// The expression that is true where the answer depends on something that is not known.
    pub unknown: Option<String>,
    /// What is not known.
    pub unknown_reason: Option<String>,
    /// Finer words than the answers.
    #[serde(default)]
    pub verdict: Words,
}

/// A way to fail.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Fail {
    /// The expression, as `fail` of a control.
    pub when: String,
    /// As `reason` of a control.
    pub reason: String,
    /// As `evidence` of a control.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// How bad this failure is, if worse than the control's `severity`. Of all that hold the highest counts.
    pub severity: Option<ControlSeverity>,
}

/// How much a control depends on the records under a name.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Need {
    /// No subject passes without all of them: the host sees to it.
    Always,
    /// `unknown` says where the answer depends on records that are not there.
    WhenNeeded,
}

/// A scan that a sync makes only if it is asked for, while it withholds values.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NeededScan {
    /// That of environment values for secrets (`--detect-secrets`).
    Secrets,
}

/// A finer word for each answer, in UPPER_SNAKE. It may have expressions in braces; anything else than a word
/// is none.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Words {
    /// For PASS.
    pub pass: Option<String>,
    /// For FAIL.
    pub fail: Option<String>,
    /// For NOT_APPLICABLE.
    pub not_applicable: Option<String>,
    /// For NOT_EVALUATED.
    pub not_evaluated: Option<String>,
}

impl Control {
    /// Its part of the manifest.
    pub(crate) fn to_value(&self, id: &str) -> Value {
        let mut all = json!({
            "id": id,
            "title": self.title,
            "question": self.question,
            "condition": self.condition,
            "severity": self.severity,
            "remediation": self.remediation,
        });
        let optional = [
            ("standards", json!(self.standards)),
            ("differences", json!(self.differences)),
            ("command", json!(self.command)),
            ("references", json!(self.references)),
            ("reads", json!(self.reads)),
            ("subjects", json!(self.subjects)),
            ("needs-setting", json!(self.needs_setting)),
            ("needs-scan", json!(self.needs_scan)),
        ];
        let is_there = |value: &Value| match value {
            Value::Array(list) => !list.is_empty(),
            Value::Object(members) => !members.is_empty(),
            other => !other.is_null(),
        };
        for (name, value) in optional.into_iter().filter(|(_, value)| is_there(value)) {
            all[name] = value;
        }
        all
    }
}

/// The JSON Schema of the module's settings; null if it has none.
pub(crate) fn settings(all: &BTreeMap<String, Setting>) -> Value {
    if all.is_empty() {
        return Value::Null;
    }
    let properties = all
        .iter()
        .map(|(name, setting)| (name.clone(), setting.schema()));
    json!({
        "type": "object",
        "properties": properties.collect::<Map<_, _>>(),
        "additionalProperties": false,
    })
}
