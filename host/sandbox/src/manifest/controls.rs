//! The parts of an assessor's manifest: its controls, and the records that go with each subject.

mod check;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Manifest;
use portolan_page::object::Object;

/// Values of attributes, any of which is meant: `{"SOURCE_STATUS":["ACTIVE"]}`.
pub type Narrowing = BTreeMap<String, Vec<Value>>;

/// Records that go with a subject. They are always of the subject's account and Region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct With {
    /// The connector object of these records.
    pub object: Object,
    /// Attributes of these records by name, and where their values come from: `CLUSTER_ARN` for an attribute
    /// of the subject, `services.CLUSTER_ARN` for one of the records under another name. One of several
    /// suffices. Each element of a list is a value. Without any, all records of the account and Region go
    /// along.
    #[serde(default)]
    pub by: BTreeMap<String, Vec<String>>,
    /// Whether there may be several such records; if not, the first one goes along.
    #[serde(default)]
    pub many: bool,
    /// Only records with one of these values.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub only: Narrowing,
    /// Only records with all of these attributes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub having: Vec<String>,
    /// The most records for one subject. If there are more, the batch says that the name is truncated.
    #[schemars(range(min = 1, max = 100_000))]
    #[serde(default = "limit")]
    pub limit: u32,
}

const fn limit() -> u32 {
    10_000
}

impl With {
    /// The names under which the records stand whose attributes are keys of these.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        let all = self.by.values().flatten();
        all.filter_map(|source| Some(source.split_once('.')?.0))
    }
}

/// A question about each subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Control {
    /// The control's name, for example `TD.1`.
    #[schemars(length(min = 1, max = 64))]
    pub id: String,
    /// What should be the case, in a few words.
    pub title: String,
    /// The question that it answers.
    pub question: String,
    /// When it fails, in a sentence.
    pub condition: String,
    /// How bad a failure is.
    pub severity: ControlSeverity,
    /// The controls of published standards that ask the same, for example `Security Hub ECS.4`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standards: Vec<String>,
    /// What these standards say differently of the same subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differences: Option<String>,
    /// What to do about a failure.
    pub remediation: String,
    /// A command of the AWS CLI that does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Addresses of documentation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// The names of `with` that it reads.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reads: BTreeMap<String, Need>,
    /// The subjects that it is about, by their attributes; others get no finding.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subjects: Narrowing,
    /// The setting of the module without which the control is not configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_setting: Option<String>,
    /// The scan of the sync without which the control is not configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_scan: Option<NeededScan>,
}

/// A scan that a sync makes only if it is asked for, while it withholds values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NeededScan {
    /// That of environment values for secrets (`--detect-secrets`).
    Secrets,
}

impl Control {
    /// Whether the control is about a subject.
    #[must_use]
    pub fn is_about(&self, subject: &Map<String, Value>) -> bool {
        is_within(subject, &self.subjects)
    }

    /// Whether the module's settings have what the control needs.
    #[must_use]
    pub fn is_configured(&self, settings: &Map<String, Value>) -> bool {
        let needs = self.needs_setting.as_ref();
        needs.is_none_or(|name| match settings.get(name) {
            None | Some(Value::Null) => false,
            Some(Value::Array(all)) => !all.is_empty(),
            Some(_) => true,
        })
    }
}

/// Whether a record has one of the values of each attribute.
fn is_within(record: &Map<String, Value>, narrowing: &Narrowing) -> bool {
    let has = |(name, values): (&String, &Vec<Value>)| {
        let value = record.get(name);
        value.is_some_and(|value| values.contains(value))
    };
    narrowing.iter().all(has)
}

impl With {
    /// Whether a record may go along, as far as its own attributes decide.
    #[must_use]
    pub fn takes(&self, record: &Map<String, Value>) -> bool {
        let mut having = self.having.iter();
        is_within(record, &self.only) && having.all(|name| record.contains_key(name))
    }
}

/// How bad a failure is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
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

impl ControlSeverity {
    /// The word in manifests and records.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How much a control depends on the records under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// No subject passes without all of them.
    Always,
    /// The assessor says itself where its answer depends on records that are not there.
    WhenNeeded,
}

impl Manifest {
    /// The names of `with`, each after those that its keys come from.
    #[must_use]
    pub fn join_order(&self) -> Vec<&str> {
        let mut order: Vec<&str> = Vec::new();
        while let Some((name, _)) = self.with.iter().find(|(name, with)| {
            let mut sources = with.sources();
            !order.contains(&name.as_str()) && sources.all(|source| order.contains(&source))
        }) {
            order.push(name);
        }
        order
    }

    /// The attributes that an assessor reads of its subjects, or of the records under a name; `None` if it
    /// may read any. UID is always among them.
    #[must_use]
    pub fn attributes_of(&self, name: Option<&str>) -> Option<BTreeSet<&str>> {
        let paths = self.reads.as_ref()?.members.as_ref()?;
        let place = name.map_or("subject".to_owned(), |name| format!("related.{name}"));
        let is_above = |path: &str| {
            let rest = place.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let mut all = BTreeSet::from(["UID"]);
        for path in paths {
            if is_above(path) {
                return None;
            }
            let inside = path.strip_prefix(&place);
            let inside = inside.and_then(|rest| rest.strip_prefix('.'));
            all.extend(inside.and_then(|rest| rest.split('.').next()));
        }
        Some(all)
    }
}
