//! Which revisions of task definitions are subjects, and how many tasks run each.

use std::collections::{BTreeMap, HashMap, HashSet};

use portolan_machine::fingerprint::fingerprint;
use portolan_page::object::Object;

use crate::output::{AssessError, Output};
use crate::place::{Place, Record, text};

/// The records that refer to revisions, and the attribute that does.
const USERS: [(Object, &str); 4] = [
    (Object::EcsService, "TASK_DEFINITION"),
    (Object::EcsDeployment, "TASK_DEFINITION"),
    (Object::EcsTaskSet, "TASK_DEFINITION"),
    (Object::EcsTask, "TASK_DEFINITION_ARN"),
];

/// The fingerprint of an ARN.
type Arn = [u8; 16];

/// What an output says of its revisions.
#[derive(Debug, Default)]
pub(crate) struct Revisions {
    /// The newest ACTIVE revision of each family, by place.
    newest: HashSet<Arn>,
    /// The revisions that services, deployments, task sets and tasks refer to, by place.
    used: HashMap<Arn, Place>,
    /// By revision, the number of running tasks.
    running: HashMap<Arn, u64>,
    /// Whether the output may hold the newest revision of every family.
    pub(crate) has_newest: bool,
}

impl Revisions {
    /// Reads the files of task definitions and of their users once.
    pub(crate) fn read(output: &Output) -> Result<Self, AssessError> {
        let mut revisions = Self {
            has_newest: has_newest(output),
            ..Self::default()
        };
        revisions.read_newest(output)?;
        for (object, attribute) in USERS {
            let mut records = output.records(object)?;
            let names = ["ACCOUNT_ID", "REGION", "SOURCE_STATUS", attribute];
            while let Some((_, record)) = records.next_of(&names)? {
                let Some(arn) = text(&record, attribute).filter(|arn| arn.starts_with("arn:"))
                else {
                    continue;
                };
                let arn = fingerprint(arn);
                revisions
                    .used
                    .entry(arn)
                    .or_insert_with(|| Place::of(&record));
                if object == Object::EcsTask && text(&record, "SOURCE_STATUS") == Some("RUNNING") {
                    *revisions.running.entry(arn).or_default() += 1;
                }
            }
        }
        Ok(revisions)
    }

    fn read_newest(&mut self, output: &Output) -> Result<(), AssessError> {
        let mut newest: BTreeMap<(Place, String), (i64, Arn)> = BTreeMap::new();
        let mut records = output.records(Object::EcsTaskDefinition)?;
        while let Some((_, record)) = records.next_of(&NAMED)? {
            let Some((family, revision, arn)) = named(&record) else {
                continue;
            };
            if text(&record, "SOURCE_STATUS") != Some("ACTIVE") {
                continue;
            }
            let found = (revision, fingerprint(arn));
            let place = newest.entry((Place::of(&record), family.to_owned()));
            let known = place.or_insert(found);
            if found.0 > known.0 {
                *known = found;
            }
        }
        self.newest = newest.into_values().map(|(_, arn)| arn).collect();
        Ok(())
    }

    /// Whether a revision is a subject.
    pub(crate) fn is_subject(&self, record: &Record) -> bool {
        let Some((_, _, arn)) = named(record) else {
            // Without family and number it cannot be compared, and must not be passed over.
            return true;
        };
        let arn = fingerprint(arn);
        self.newest.contains(&arn) || self.used.contains_key(&arn)
    }

    /// Whether a revision is the newest ACTIVE one of its family; `None` if that is not known.
    pub(crate) fn is_latest(&self, record: &Record) -> Option<bool> {
        let (_, _, arn) = named(record)?;
        self.has_newest
            .then(|| self.newest.contains(&fingerprint(arn)))
    }

    /// The number of running tasks of a revision.
    pub(crate) fn running(&self, record: &Record) -> u64 {
        let arn = text(record, "TASK_DEFINITION_ARN").unwrap_or_default();
        self.running.get(&fingerprint(arn)).copied().unwrap_or(0)
    }

    /// By place, the number of revisions that are referred to and have no record.
    pub(crate) fn without_record(
        &self,
        output: &Output,
    ) -> Result<BTreeMap<Place, u64>, AssessError> {
        let mut missing: HashMap<&Arn, &Place> = self.used.iter().collect();
        let mut records = output.records(Object::EcsTaskDefinition)?;
        while let Some((_, record)) = records.next_of(&["TASK_DEFINITION_ARN"])? {
            let arn = text(&record, "TASK_DEFINITION_ARN").unwrap_or_default();
            missing.remove(&fingerprint(arn));
        }
        let mut counts = BTreeMap::new();
        for place in missing.into_values() {
            *counts.entry(place.clone()).or_default() += 1;
        }
        Ok(counts)
    }
}

/// The attributes that tell and compare revisions.
const NAMED: [&str; 6] = [
    "ACCOUNT_ID",
    "FAMILY",
    "REGION",
    "REVISION",
    "SOURCE_STATUS",
    "TASK_DEFINITION_ARN",
];

/// The family, the number and the ARN of a revision.
fn named(record: &Record) -> Option<(&str, i64, &str)> {
    let family = text(record, "FAMILY")?;
    let revision = record.get("REVISION")?.as_i64()?;
    Some((family, revision, text(record, "TASK_DEFINITION_ARN")?))
}

/// Whether the sync chose revisions so that the newest of each family is among them.
fn has_newest(output: &Output) -> bool {
    let option = |name: &str| output.report.options.get(name).map(String::as_str);
    let is_active = matches!(
        option("EcsTaskDefinition.status"),
        None | Some("ACTIVE" | "ALL")
    );
    is_active && option("EcsTaskDefinition.scope") != Some("in-use")
}
