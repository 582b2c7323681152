//! Operation options. Keys and values are case-sensitive, as the documentation shows them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::ConfigError;
use portolan_fetch::{AUDIT_EVENT_SINCE_LIMIT, Options, TaskDefinitionScope, TaskDefinitionStatus};
use portolan_machine::clock::age;
use portolan_page::object::Object;

const KEYS: [&str; 6] = [
    Options::FETCH_STOPPED_TASKS,
    Options::STATUS,
    Options::SCOPE,
    Options::AUDIT_EVENT_SINCE,
    Options::AUDIT_EVENT_SETTINGS_SINCE,
    Options::AUDIT_EVENT_NAMES,
];

/// The options of pairs of keys and values.
pub(super) fn resolve(pairs: &[(String, String)]) -> Result<Options, ConfigError> {
    let mut options = Options::default();
    for (key, value) in &joined(pairs)? {
        match key.as_str() {
            Options::FETCH_STOPPED_TASKS => {
                options.fetch_stopped_tasks = match value.as_str() {
                    "true" => true,
                    "false" => false,
                    _ => return Err(unknown_value(key, value, "true, false")),
                }
            }
            Options::STATUS => {
                let known = "ACTIVE, INACTIVE, DELETE_IN_PROGRESS, ALL";
                options.task_definition_status = match value.as_str() {
                    "ACTIVE" => TaskDefinitionStatus::Active,
                    "INACTIVE" => TaskDefinitionStatus::Inactive,
                    "DELETE_IN_PROGRESS" => TaskDefinitionStatus::DeleteInProgress,
                    "ALL" => TaskDefinitionStatus::All,
                    _ => return Err(unknown_value(key, value, known)),
                }
            }
            Options::SCOPE => {
                options.task_definition_scope = match value.as_str() {
                    "all" => TaskDefinitionScope::All,
                    "latest" => TaskDefinitionScope::Latest,
                    "in-use" => TaskDefinitionScope::InUse,
                    "current" => TaskDefinitionScope::Current,
                    _ => return Err(unknown_value(key, value, "all, latest, in-use, current")),
                }
            }
            Options::AUDIT_EVENT_SINCE => options.audit_event_since = event_age(key, value)?,
            Options::AUDIT_EVENT_SETTINGS_SINCE => {
                options.audit_event_settings_since = Some(event_age(key, value)?);
            }
            Options::AUDIT_EVENT_NAMES => options.audit_event_names = event_names(key, value)?,
            _ => {
                let nearest = portolan_machine::text::nearest(key, KEYS).unwrap_or(KEYS[0]);
                return Err(invalid(format!(
                    "`{}` is not an operation option; did you mean `{nearest}`? Keys are case-sensitive",
                    portolan_machine::text::printable(key, 64)
                )));
            }
        }
    }
    if options.task_definition_scope != TaskDefinitionScope::All
        && options.task_definition_status != TaskDefinitionStatus::Active
    {
        return Err(invalid(format!(
            "{} chooses among all revisions; leave it out with {}=latest (which takes ACTIVE revisions), in-use or current (which take revisions of any status)",
            Options::STATUS,
            Options::SCOPE
        )));
    }
    Ok(options)
}

/// Checks that the chosen objects include those that the options need.
pub(super) fn check_objects(options: &Options, objects: &[Object]) -> Result<(), ConfigError> {
    let has = |object| objects.iter().any(|it| it.fetched() == object);
    let asks = options.needs_revisions_in_use() && has(Object::EcsTaskDefinition);
    if asks && !(has(Object::EcsService) && has(Object::EcsTask)) {
        return Err(invalid(format!(
            "{}={} takes the revisions that services and tasks refer to; sync EcsService and EcsTask as well",
            Options::SCOPE,
            options.settled()[Options::SCOPE]
        )));
    }
    Ok(())
}

/// The options, where those that are not given are what an assessment needs.
pub(super) fn for_assessment(mut options: Options, objects: &[Object]) -> Options {
    let (scope, status) = (
        options.task_definition_scope,
        options.task_definition_status,
    );
    let has = |object| objects.contains(&object);
    if scope == TaskDefinitionScope::All
        && status == TaskDefinitionStatus::Active
        && has(Object::EcsService)
        && has(Object::EcsTask)
    {
        options.task_definition_scope = TaskDefinitionScope::Current;
    }
    let since = &mut options.audit_event_settings_since;
    since.get_or_insert(AUDIT_EVENT_SINCE_LIMIT);
    options
}

/// The age of the oldest events.
fn event_age(key: &str, value: &str) -> Result<Duration, ConfigError> {
    let since = age(value).filter(|since| *since <= AUDIT_EVENT_SINCE_LIMIT);
    since.ok_or_else(|| unknown_value(key, value, "ages up to 90d, such as 12h or 7d"))
}

/// The names of a list with commas.
fn event_names(key: &str, value: &str) -> Result<BTreeSet<String>, ConfigError> {
    let names: BTreeSet<String> = value
        .split(',')
        .map(|name| name.trim().to_owned())
        .collect();
    match names.iter().find(|name| !is_event_name(name)) {
        None => Ok(names),
        Some(_) => Err(unknown_value(
            key,
            value,
            "names of events with commas between them, such as RunTask,ExecuteCommand",
        )),
    }
}

fn is_event_name(name: &str) -> bool {
    (1..=128).contains(&name.len()) && name.bytes().all(|each| each.is_ascii_alphanumeric())
}

fn unknown_value(key: &str, value: &str, known: &str) -> ConfigError {
    invalid(format!(
        "`{}` is not a value of {key}; the values are {known}, case-sensitive",
        portolan_machine::text::printable(value, 64)
    ))
}

fn invalid(reason: String) -> ConfigError {
    ConfigError::setting("option", reason)
}

const FORM: &str = "an operation option is written KEY=VALUE";

/// Splits `KEY=VALUE`. A comma separates options and also names of events, so that a name alone has no key.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        None if is_event_name(text.trim())
            && text.trim().starts_with(|it: char| it.is_ascii_uppercase()) =>
        {
            Ok((String::new(), text.trim().to_owned()))
        }
        _ => Err(FORM.into()),
    }
}

/// The pairs, with names that have no key in the list of names before them.
fn joined(pairs: &[(String, String)]) -> Result<Vec<(String, String)>, ConfigError> {
    let mut joined: Vec<(String, String)> = Vec::new();
    for (key, value) in pairs {
        match joined.last_mut() {
            _ if !key.is_empty() => joined.push((key.clone(), value.clone())),
            Some((last, names)) if last == Options::AUDIT_EVENT_NAMES => {
                names.push(',');
                names.push_str(value);
            }
            _ => {
                let names = Options::AUDIT_EVENT_NAMES;
                return Err(invalid(format!(
                    "{FORM}; names without a key follow {names}"
                )));
            }
        }
    }
    Ok(joined)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Table {
    Pairs(Vec<(String, String)>),
    Keys(BTreeMap<String, OptionTable>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OptionTable {
    Text(String),
    Bool(bool),
    Nested(BTreeMap<String, OptionTable>),
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

fn flatten(prefix: &str, keys: BTreeMap<String, OptionTable>, pairs: &mut Vec<(String, String)>) {
    for (key, entry) in keys {
        let key = if prefix.is_empty() {
            key
        } else {
            format!("{prefix}.{key}")
        };
        match entry {
            OptionTable::Text(text) => pairs.push((key, text)),
            OptionTable::Bool(value) => pairs.push((key, value.to_string())),
            OptionTable::Nested(keys) => flatten(&key, keys, pairs),
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
                    "scope": {"enum": ["all", "latest", "in-use", "current"]}
                }
            },
            "EcsAuditEvent": {
                "type": "object",
                "additionalProperties": false,
                "properties": {"since": {"type": "string"}, "names": {"type": "string"}}
            },
            "EcsAuditEvent.since": {"type": "string"},
            "EcsAuditEvent.names": {"type": "string"},
            "EcsTask.fetchStoppedTasks": {"enum": [true, false, "true", "false"]},
            "EcsTaskDefinition.status": {"enum": ["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS", "ALL"]},
            "EcsTaskDefinition.scope": {"enum": ["all", "latest", "in-use", "current"]}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_excludes_a_status_and_asks_for_its_objects() {
        let pairs = |scope: &str, status: &str| {
            super::resolve(&[
                (Options::SCOPE.into(), scope.into()),
                (Options::STATUS.into(), status.into()),
            ])
        };
        assert!(pairs("all", "ALL").is_ok());
        let error = pairs("latest", "ALL").expect_err("refused");
        assert!(error.to_string().contains("leave it out"), "{error}");
        let options = pairs("in-use", "ACTIVE").expect("valid");
        assert!(check_objects(&options, &Object::ALL).is_ok());
        let error = check_objects(&options, &[Object::EcsTaskDefinition]).expect_err("refused");
        assert!(
            error.to_string().contains("EcsService and EcsTask"),
            "{error}"
        );
    }

    fn resolve(key: &str, value: &str) -> Result<Options, ConfigError> {
        super::resolve(&[(key.into(), value.into())])
    }

    #[test]
    fn keys_and_values_are_case_sensitive() {
        assert!(
            resolve(Options::FETCH_STOPPED_TASKS, "true")
                .expect("valid")
                .fetch_stopped_tasks
        );
        let error = resolve(Options::FETCH_STOPPED_TASKS, "True").expect_err("wrong case");
        assert!(
            error.to_string().contains("the values are true, false"),
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
