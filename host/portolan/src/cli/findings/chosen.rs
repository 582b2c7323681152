//! The subjects that conditions choose, by the records of the output.

use std::collections::{BTreeSet, HashSet};

use portolan_assess::{Finding, Output, Services};
use portolan_machine::fingerprint::fingerprint;
use portolan_page::object::Object;
use serde_json::{Map, Value};

type Uid = [u8; 16];

/// The subjects that fit, and those that run.
pub(super) struct Chosen {
    conditions: Vec<(String, String)>,
    /// Attributes of conditions that some record has.
    known: BTreeSet<String>,
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
            known: BTreeSet::new(),
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
                let known = conditions.iter().map(|(name, _)| name);
                let known = known.filter(|name| record.contains_key(name.as_str()));
                chosen.known.extend(known.cloned());
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

    /// The attributes of conditions that no record has.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &str> {
        let names = self.conditions.iter().map(|(name, _)| name.as_str());
        names.filter(|name| !self.known.contains(*name))
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
    let is = |value: &Value, wanted: &str| match value {
        Value::String(text) => text == wanted,
        other => serde_json::from_str(wanted).is_ok_and(|wanted: Value| wanted == *other),
    };
    conditions
        .iter()
        .all(|(name, wanted)| match record.get(name) {
            Some(Value::Array(all)) => all.iter().any(|value| is(value, wanted)),
            Some(value) => is(value, wanted),
            None => false,
        })
}
