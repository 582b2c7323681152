//! The subjects that conditions choose, by the records of the output.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use portolan_assess::{Finding, Output, Services};
use portolan_machine::fingerprint::fingerprint;
use portolan_machine::text::printable;
use portolan_page::object::Object;
use serde_json::{Map, Value};

type Uid = [u8; 16];

/// The most values that a note names.
const VALUES: usize = 8;

/// The subjects that fit, and those that run.
pub(super) struct Chosen {
    conditions: Vec<(String, String)>,
    /// By attribute of a condition, some of the values that records have.
    known: BTreeMap<String, BTreeSet<String>>,
    /// The conditions that some record fits.
    met: BTreeSet<String>,
    fitting: HashSet<Uid>,
    running: HashSet<Uid>,
}

impl Chosen {
    /// Reads all records once, if there is a condition on them.
    pub(super) fn read(
        output: &Output,
        conditions: &[(String, String)],
        running: bool,
    ) -> anyhow::Result<Self> {
        let mut chosen = Self {
            conditions: conditions.to_vec(),
            known: BTreeMap::new(),
            met: BTreeSet::new(),
            fitting: HashSet::new(),
            running: HashSet::new(),
        };
        if conditions.is_empty() && !running {
            return Ok(chosen);
        }
        let services = Services::read(output)?;
        for object in Object::ALL {
            let mut records = output.records(object)?;
            while let Some((_, record)) = records.next()? {
                let uid = record
                    .get("UID")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let uid = fingerprint(uid);
                if is_running(object, &record) {
                    chosen.running.insert(uid);
                }
                chosen.note(&record);
                if conditions.is_empty() || !fits(&record, conditions) {
                    continue;
                }
                chosen.fitting.insert(uid);
                if object == Object::EcsTask {
                    let group = services.group_of(&record)?;
                    chosen.fitting.insert(of_tasks(&group));
                }
            }
        }
        Ok(chosen)
    }

    /// Remembers what a record has of the conditions.
    fn note(&mut self, record: &Map<String, Value>) {
        for (name, wanted) in &self.conditions {
            let Some(value) = value(record, name) else {
                continue;
            };
            if is(value, wanted) {
                self.met.insert(name.clone());
            }
            let values = self.known.entry(name.clone()).or_default();
            if values.len() < VALUES
                && let Some(text) = value.as_str().filter(|text| !text.is_empty())
            {
                values.insert(printable(text, 64));
            }
        }
    }

    /// What is said of conditions that no record fits.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        let unmet = self
            .conditions
            .iter()
            .filter(|(name, _)| !self.met.contains(name));
        unmet.map(|(name, wanted)| {
            let (shown, wanted) = (printable(name, 64), printable(wanted, 64));
            match self.known.get(name) {
                None => format!("no record has {shown}; `portolan schema EcsService` lists attributes, overlays and tags (TAGS.KEY) add others"),
                Some(values) if values.is_empty() => format!("no record has {wanted} as {shown}"),
                Some(values) => {
                    let values: Vec<&str> = values.iter().map(String::as_str).collect();
                    format!("no record has {wanted} as {shown}; values are {}", values.join(", "))
                }
            }
        })
    }

    /// Whether the subject of a finding fits.
    pub(super) fn has(&self, finding: &Finding) -> bool {
        let uid = &finding.subject_uid;
        self.conditions.is_empty()
            || self.fitting.contains(&fingerprint(uid))
            || finding.is_about_running() && self.fitting.contains(&of_tasks(uid))
    }

    /// Whether the subject of a finding runs; `None` if that is not known.
    pub(super) fn runs(&self, finding: &Finding) -> Option<bool> {
        if finding.is_about_running() {
            return Some(true);
        }
        match finding.subject_object.parse() {
            Ok(Object::EcsTaskDefinition) => finding.running_tasks_count.map(|tasks| tasks > 0),
            _ => Some(self.running.contains(&fingerprint(&finding.subject_uid))),
        }
    }
}

/// The identity of a group by its tasks, beside that of its own record.
fn of_tasks(group: &str) -> Uid {
    fingerprint(format!("tasks of {group}"))
}

fn is_running(object: Object, record: &Map<String, Value>) -> bool {
    match object {
        Object::EcsTask => record
            .get("SOURCE_STATUS")
            .is_some_and(|it| it == "RUNNING"),
        Object::EcsService | Object::EcsTaskSet => {
            let count = record.get("RUNNING_COUNT").and_then(Value::as_u64);
            count.is_some_and(|count| count > 0)
        }
        _ => false,
    }
}

fn fits(record: &Map<String, Value>, conditions: &[(String, String)]) -> bool {
    let mut conditions = conditions.iter();
    conditions.all(|(name, wanted)| value(record, name).is_some_and(|value| is(value, wanted)))
}

/// An attribute, or a member of it: `TAGS.team`.
fn value<'r>(record: &'r Map<String, Value>, name: &str) -> Option<&'r Value> {
    let member = || {
        let (attribute, key) = name.split_once('.')?;
        record.get(attribute)?.get(key)
    };
    record.get(name).or_else(member)
}

/// Whether a value, or an element of a list, is that of a condition.
fn is(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Array(all) => all.iter().any(|value| is(value, wanted)),
        Value::String(text) => text == wanted,
        other => serde_json::from_str(wanted).is_ok_and(|wanted: Value| wanted == *other),
    }
}
