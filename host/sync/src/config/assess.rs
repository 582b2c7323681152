//! The settings of assessments: flags, variables, and the table `[assess]` of the configuration file.

use std::path::PathBuf;

use portolan_assess::{Assessing, Finding};
use portolan_sandbox::ControlSeverity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ConfigError;
use super::lists::{one_or_many, one_or_many_schema, whole_or_many};

/// The settings of an assessment as written by the user. The first paragraph of each description is its help text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, clap::Args)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AssessSettings {
    /// Results that Finding.jsonl gets [default: open].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_enum, env = "PORTOLAN_RESULTS", value_name = "RESULTS", help_heading = ASSESSMENT)]
    pub results: Option<Results>,

    /// Also write the findings in the format of other programs: ocsf, sarif, asff or csv. Give it several times for
    /// several files; `-` is standard output.
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "whole_or_many"
    )]
    #[schemars(schema_with = "one_or_many_schema")]
    #[arg(long, env = "PORTOLAN_EXPORT", value_name = "FORMAT=FILE", help_heading = ASSESSMENT)]
    pub export: Option<Vec<String>>,

    /// Exit with status 4 over an unmuted failure of this severity or a higher one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_enum, env = "PORTOLAN_FAIL_ON", value_name = "SEVERITY", help_heading = ASSESSMENT)]
    pub fail_on: Option<Level>,

    /// Let failures of audit controls count for --fail-on. They stay as long as their event is in the output.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_FAIL_ON_AUDIT", value_name = "BOOL", value_parser = clap::builder::BoolishValueParser::new(), num_args = 0..=1, default_missing_value = "true", help_heading = ASSESSMENT)]
    pub fail_on_audit: Option<bool>,

    /// Only controls of this standard. Exports name them as the standard does, for example ECS.4 [default: all].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_enum, env = "PORTOLAN_STANDARD", value_name = "STANDARD", help_heading = ASSESSMENT)]
    pub standard: Option<Standard>,

    /// Revisions of task definitions to judge [default: current].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_enum, env = "PORTOLAN_REVISIONS", value_name = "REVISIONS", help_heading = ASSESSMENT)]
    pub revisions: Option<Revisions>,

    /// Attributes of the subject that its findings carry, for example OWNER, comma-separated.
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "one_or_many"
    )]
    #[schemars(schema_with = "one_or_many_schema")]
    #[arg(long, env = "PORTOLAN_CARRY", value_name = "ATTRIBUTE", value_delimiter = ',', help_heading = ASSESSMENT)]
    pub carry: Option<Vec<String>>,

    /// Tag keys that every resource must have, comma-separated; at most six.
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "one_or_many"
    )]
    #[schemars(schema_with = "one_or_many_schema")]
    #[arg(long, env = "PORTOLAN_REQUIRED_TAGS", value_name = "KEY", value_delimiter = ',', help_heading = ASSESSMENT)]
    pub required_tags: Option<Vec<String>>,

    /// Registries that images may come from, comma-separated: a host, or a host and the beginning of a path,
    /// such as docker.io/library. Without any, TD.20 and AU.5 have no findings.
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "one_or_many"
    )]
    #[schemars(schema_with = "one_or_many_schema")]
    #[arg(long, env = "PORTOLAN_TRUSTED_REGISTRIES", value_name = "REGISTRY", value_delimiter = ',', help_heading = ASSESSMENT)]
    pub trusted_registries: Option<Vec<String>>,

    /// Assessors beside the stock ones (.wasm), comma-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_ASSESSORS", value_name = "FILE", value_delimiter = ',', help_heading = ASSESSMENT)]
    pub assessors: Option<Vec<PathBuf>>,

    /// File of the findings to live with until a date (TOML).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_MUTES", value_name = "FILE", help_heading = ASSESSMENT)]
    pub mutes: Option<PathBuf>,
}

/// The heading of these settings in the help.
const ASSESSMENT: &str = "Assessment";

/// Security Hub's own limit.
/// <https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html>
const REQUIRED_TAGS: usize = 6;

/// The results to write.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Results {
    /// Failures, and what could not be evaluated
    Open,
    /// Everything
    All,
}

/// A severity.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the words explain themselves")]
pub enum Level {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

/// A published standard.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Standard {
    /// Every control
    All,
    /// AWS Security Hub
    Securityhub,
    /// CIS AWS Compute Services Benchmark
    Cis,
    /// Prowler
    Prowler,
}

/// The revisions of task definitions to judge.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Revisions {
    /// The newest ACTIVE revision of each family, and those that services and tasks refer to
    Current,
    /// Every revision in the output
    All,
}

impl Level {
    /// The severity that it names.
    #[must_use]
    pub const fn severity(self) -> ControlSeverity {
        match self {
            Self::Informational => ControlSeverity::Informational,
            Self::Low => ControlSeverity::Low,
            Self::Medium => ControlSeverity::Medium,
            Self::High => ControlSeverity::High,
            Self::Critical => ControlSeverity::Critical,
        }
    }
}

/// Checks the settings.
pub(super) fn resolve(settings: Option<&AssessSettings>) -> Result<Assessing, ConfigError> {
    let settings = settings.cloned().unwrap_or_default();
    let required = settings.required_tags.as_deref().unwrap_or_default();
    if required.len() > REQUIRED_TAGS {
        let reason = format!(
            "{} keys are given; Security Hub takes at most {REQUIRED_TAGS}, so leave out the others",
            required.len()
        );
        return Err(ConfigError::setting("required-tags", reason));
    }
    let mut registries = settings.trusted_registries.iter().flatten();
    if let Some(odd) = registries.find(|registry| !is_registry(registry.trim())) {
        let odd = portolan_machine::text::printable(odd, 100);
        let reason = format!(
            "`{odd}` is no registry; write a host, or a host and a path, such as quay.io/acme"
        );
        return Err(ConfigError::setting("trusted-registries", reason));
    }
    let mut carried = settings.carry.iter().flatten().map(|name| name.trim());
    if let Some(own) = carried.find(|name| Finding::has_attribute(name)) {
        let reason = format!("a finding has an attribute {own} of its own; leave it out");
        return Err(ConfigError::setting("carry", reason));
    }
    let lists = [
        ("required-tags", settings.required_tags),
        ("trusted-registries", settings.trusted_registries),
    ];
    let given = lists.into_iter().filter_map(|(name, list)| {
        let list = filled(list);
        (!list.is_empty()).then(|| (name.to_owned(), Value::from(list)))
    });
    Ok(Assessing {
        settings: given.collect::<Map<_, _>>(),
        assessors: settings.assessors.unwrap_or_default(),
        all_revisions: settings.revisions == Some(Revisions::All),
        standard: match settings.standard.unwrap_or(Standard::All) {
            Standard::All => None,
            Standard::Securityhub => Some("Security Hub "),
            Standard::Cis => Some("CIS "),
            Standard::Prowler => Some("Prowler "),
        }
        .map(str::to_owned),
        carried: filled(settings.carry),
        mutes: settings.mutes.filter(|file| !file.as_os_str().is_empty()),
        all_results: settings.results == Some(Results::All),
        exports: filled(settings.export),
        fail_on: settings.fail_on.map(Level::severity),
        fail_on_audit: settings.fail_on_audit == Some(true),
    })
}

/// Whether a text has the form in which images name registries. In another form it would match none, and every image
/// would fail.
fn is_registry(text: &str) -> bool {
    let is_odd = |each: char| each.is_whitespace() || "*@".contains(each);
    text.is_empty() || !text.starts_with('/') && !text.contains("://") && !text.contains(is_odd)
}

fn filled(list: Option<Vec<String>>) -> Vec<String> {
    let all = list.into_iter().flatten();
    let all = all.map(|text| text.trim().to_owned());
    all.filter(|text| !text.is_empty()).collect()
}
