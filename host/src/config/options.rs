//! Operation options: keys and values are case-sensitive, as their documentation shows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::ConfigError;
use crate::object::Object;

const FETCH_STOPPED_TASKS: &str = "EcsTask.fetchStoppedTasks";
const STATUS: &str = "EcsTaskDefinition.status";
const SCOPE: &str = "EcsTaskDefinition.scope";
const KEYS: [&str; 3] = [FETCH_STOPPED_TASKS, STATUS, SCOPE];

/// What the operation options ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether tasks with the desired status STOPPED are synced too.
    pub fetch_stopped_tasks: bool,
    /// Which revisions of task definitions are synced.
    pub task_definition_status: TaskDefinitionStatus,
    /// How many of these revisions are synced.
    pub task_definition_scope: TaskDefinitionScope,
}

/// Which revisions of task definitions are synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskDefinitionStatus {
    /// Those that can be run.
    #[default]
    Active,
    /// Those that were deregistered.
    Inactive,
    /// Those that are being deleted, which tasks may still run.
    DeleteInProgress,
    /// All of these.
    All,
}

/// How many revisions of task definitions are synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskDefinitionScope {
    /// All that have the status.
    #[default]
    All,
    /// The newest ACTIVE one of each family.
    Latest,
    /// Those that services, task sets and tasks of this sync refer to, whatever their status.
    InUse,
}

impl Options {
    /// Every option with its value, as it would be written: what a sync asked for.
    #[must_use]
    pub fn settled(&self) -> BTreeMap<String, String> {
        let status = match self.task_definition_status {
            TaskDefinitionStatus::Active => "ACTIVE",
            TaskDefinitionStatus::Inactive => "INACTIVE",
            TaskDefinitionStatus::DeleteInProgress => "DELETE_IN_PROGRESS",
            TaskDefinitionStatus::All => "ALL",
        };
        let scope = match self.task_definition_scope {
            TaskDefinitionScope::All => "all",
            TaskDefinitionScope::Latest => "latest",
            TaskDefinitionScope::InUse => "in-use",
        };
        let settled = [
            (FETCH_STOPPED_TASKS, self.fetch_stopped_tasks.to_string()),
            (STATUS, status.to_owned()),
            (SCOPE, scope.to_owned()),
        ];
        settled.map(|(key, value)| (key.to_owned(), value)).into()
    }

    pub(super) fn resolve(pairs: &[(String, String)]) -> Result<Self, ConfigError> {
        let mut options = Self::default();
        for (key, value) in pairs {
            match key.as_str() {
                FETCH_STOPPED_TASKS => {
                    options.fetch_stopped_tasks = match value.as_str() {
                        "true" => true,
                        "false" => false,
                        _ => return Err(unknown_value(key, value, "true, false")),
                    }
                }
                STATUS => {
                    options.task_definition_status = match value.as_str() {
                        "ACTIVE" => TaskDefinitionStatus::Active,
                        "INACTIVE" => TaskDefinitionStatus::Inactive,
                        "DELETE_IN_PROGRESS" => TaskDefinitionStatus::DeleteInProgress,
                        "ALL" => TaskDefinitionStatus::All,
                        _ => {
                            return Err(unknown_value(
                                key,
                                value,
                                "ACTIVE, INACTIVE, DELETE_IN_PROGRESS, ALL",
                            ));
                        }
                    }
                }
                SCOPE => {
                    options.task_definition_scope = match value.as_str() {
                        "all" => TaskDefinitionScope::All,
                        "latest" => TaskDefinitionScope::Latest,
                        "in-use" => TaskDefinitionScope::InUse,
                        _ => return Err(unknown_value(key, value, "all, latest, in-use")),
                    }
                }
                _ => {
                    let nearest = crate::text::nearest(key, KEYS).unwrap_or(KEYS[0]);
                    return Err(invalid(format!(
                        "`{}` is no operation option; did you mean `{nearest}`? Keys are case-sensitive",
                        crate::text::printable(key, 64)
                    )));
                }
            }
        }
        if options.task_definition_scope != TaskDefinitionScope::All
            && options.task_definition_status != TaskDefinitionStatus::Active
        {
            return Err(invalid(format!(
                "{STATUS} chooses among all revisions; leave it out with {SCOPE}=latest (which takes ACTIVE ones) or in-use (which takes any)"
            )));
        }
        Ok(options)
    }

    /// What the options ask of the chosen objects.
    pub(super) fn check_objects(&self, objects: &[Object]) -> Result<(), ConfigError> {
        let asks = self.task_definition_scope == TaskDefinitionScope::InUse
            && objects.contains(&Object::EcsTaskDefinition);
        let has = |object| objects.contains(&object);
        if asks && !(has(Object::EcsService) && has(Object::EcsTask)) {
            return Err(invalid(format!(
                "{SCOPE}=in-use takes the revisions that services and tasks refer to; sync EcsService and EcsTask as well"
            )));
        }
        Ok(())
    }
}

fn unknown_value(key: &str, value: &str, known: &str) -> ConfigError {
    invalid(format!(
        "`{}` is no value of {key}; known are {known}, case-sensitive",
        crate::text::printable(value, 64)
    ))
}

fn invalid(reason: String) -> ConfigError {
    ConfigError::Setting {
        setting: "option",
        reason,
    }
}

/// Splits `KEY=VALUE`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) => Ok((key.trim().to_owned(), value.trim().to_owned())),
        None => Err("an operation option is written KEY=VALUE".into()),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Table {
    Pairs(Vec<(String, String)>),
    Keys(BTreeMap<String, Entry>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Text(String),
    Bool(bool),
    Nested(BTreeMap<String, Entry>),
}

/// A table of the configuration file, in which `EcsTask.fetchStoppedTasks = true` is a key in a table.
pub(super) fn from_table<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<(String, String)>>, D::Error> {
    let table = Option::<Table>::deserialize(deserializer)?;
    Ok(table.map(|table| match table {
        Table::Pairs(pairs) => pairs,
        Table::Keys(keys) => {
            let mut pairs = Vec::new();
            flatten("", keys, &mut pairs);
            pairs
        }
    }))
}

fn flatten(prefix: &str, keys: BTreeMap<String, Entry>, pairs: &mut Vec<(String, String)>) {
    for (key, entry) in keys {
        let key = if prefix.is_empty() {
            key
        } else {
            format!("{prefix}.{key}")
        };
        match entry {
            Entry::Text(text) => pairs.push((key, text)),
            Entry::Bool(value) => pairs.push((key, value.to_string())),
            Entry::Nested(keys) => flatten(&key, keys, pairs),
        }
    }
}

pub(super) fn schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": {
            "EcsTask": {
                "type": "object",
                "additionalProperties": false,
                "properties": {"fetchStoppedTasks": {"enum": [true, false, "true", "false"]}}
            },
            "EcsTaskDefinition": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "status": {"enum": ["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS", "ALL"]},
                    "scope": {"enum": ["all", "latest", "in-use"]}
                }
            },
            "EcsTask.fetchStoppedTasks": {"enum": [true, false, "true", "false"]},
            "EcsTaskDefinition.status": {"enum": ["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS", "ALL"]},
            "EcsTaskDefinition.scope": {"enum": ["all", "latest", "in-use"]}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_excludes_a_status_and_asks_for_its_objects() {
        let pairs = |scope: &str, status: &str| {
            Options::resolve(&[(SCOPE.into(), scope.into()), (STATUS.into(), status.into())])
        };
        assert!(pairs("all", "ALL").is_ok());
        let error = pairs("latest", "ALL").expect_err("refused");
        assert!(error.to_string().contains("leave it out"), "{error}");
        let options = pairs("in-use", "ACTIVE").expect("valid");
        assert!(options.check_objects(&Object::ALL).is_ok());
        let error = options
            .check_objects(&[Object::EcsTaskDefinition])
            .expect_err("refused");
        assert!(
            error.to_string().contains("EcsService and EcsTask"),
            "{error}"
        );
    }

    fn resolve(key: &str, value: &str) -> Result<Options, ConfigError> {
        Options::resolve(&[(key.into(), value.into())])
    }

    #[test]
    fn keys_and_values_are_case_sensitive() {
        assert!(
            resolve(FETCH_STOPPED_TASKS, "true")
                .expect("valid")
                .fetch_stopped_tasks
        );
        let error = resolve(FETCH_STOPPED_TASKS, "True").expect_err("wrong case");
        assert!(
            error.to_string().contains("known are true, false"),
            "{error}"
        );
        let error = resolve("EcsTask.fetchstoppedtasks", "true").expect_err("wrong case");
        assert!(
            error
                .to_string()
                .contains("did you mean `EcsTask.fetchStoppedTasks`"),
            "{error}"
        );
    }
}
