//! Subjects with the records that go with them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use portolan_page::object::Object;
use portolan_sandbox::{Manifest, With};
use serde_json::{Value, json};

use crate::coverage::Coverage;
use crate::events;
use crate::index::{Index, keys, values};
use crate::output::{AssessError, Output};
use crate::place::{Place, Record, text};

/// The records that an assessor's names join.
pub(crate) struct Joins<'a> {
    manifest: &'a Manifest,
    coverage: &'a Coverage,
    indexes: BTreeMap<&'a str, Index>,
    /// By name of audit events, the moment from which on they are known.
    since: BTreeMap<&'a str, String>,
}

/// A subject with what belongs to it.
pub(crate) struct Joined {
    pub(crate) subject: Record,
    /// By name, the records that go with it.
    related: BTreeMap<String, Vec<Record>>,
    /// By name, why not all such records are known.
    pub(crate) missing: BTreeMap<String, String>,
    /// Names with more records than their limit.
    truncated: BTreeSet<String>,
    /// By part of the subject that a call may leave out: whether it was read, so that its absence means something.
    pub(crate) read: BTreeMap<&'static str, bool>,
}

impl<'a> Joins<'a> {
    /// Reads the files of all joined objects once for each name.
    pub(crate) fn new(
        output: &Output,
        coverage: &'a Coverage,
        manifest: &'a Manifest,
    ) -> Result<Self, AssessError> {
        let names = manifest.with.iter();
        let indexes = names.map(|(name, with)| Ok((name.as_str(), Index::new(output, with)?)));
        Ok(Self {
            manifest,
            coverage,
            indexes: indexes.collect::<Result<_, AssessError>>()?,
            since: events::since(&output.report, manifest),
        })
    }

    /// Joins a subject.
    pub(crate) fn join(&self, subject: Record) -> Result<Joined, AssessError> {
        let mut joined = Joined {
            subject,
            related: BTreeMap::new(),
            missing: BTreeMap::new(),
            truncated: BTreeSet::new(),
            read: BTreeMap::new(),
        };
        if let Some(object) = self.manifest.objects.first() {
            let cluster = text(&joined.subject, "CLUSTER_ARN");
            let place = Place::of(&joined.subject);
            joined.read = self.coverage.read(*object, &place, cluster);
        }
        for name in self.manifest.join_order() {
            let with = &self.manifest.with[name];
            self.add(&mut joined, name, with)?;
        }
        Ok(joined)
    }

    fn add(&self, joined: &mut Joined, name: &str, with: &With) -> Result<(), AssessError> {
        let place = Place::of(&joined.subject);
        let sources = with.by.values().map(|sources| joined.values(sources));
        let keys = keys(&place, sources);
        let index = &self.indexes[name];
        let limit = if with.many { with.limit as usize } else { 1 };
        let (mut records, mut met) = (Vec::new(), HashSet::new());
        for span in keys.iter().flat_map(|key| index.lines(*key)) {
            if !met.insert(span.offset) {
                continue;
            }
            if records.len() == limit {
                if with.many {
                    joined.truncated.insert(name.to_owned());
                }
                break;
            }
            let record = index.record(with.object, span)?;
            // Two keys may share a fingerprint.
            if joined.fits(&place, &record, with) {
                records.push(record);
            }
        }
        if let Some(reason) =
            self.missing(joined, &place, with, records.is_empty() && !keys.is_empty())
        {
            joined.missing.insert(name.to_owned(), reason);
        }
        joined.related.insert(name.to_owned(), records);
        Ok(())
    }

    /// Why records under a name may be missing.
    fn missing(
        &self,
        joined: &Joined,
        place: &Place,
        with: &With,
        is_empty: bool,
    ) -> Option<String> {
        let cluster = text(&joined.subject, "CLUSTER_ARN");
        let own = self.coverage.missing(with.object, place, cluster);
        let source = || {
            with.sources()
                .find_map(|source| joined.missing.get(source).cloned())
        };
        // AWS registers no task definition without a container, and a record that is named has to be there.
        let must_be = !with.many || with.object == Object::EcsContainerDefinition;
        let none = || {
            (is_empty && must_be && !with.by.is_empty())
                .then(|| format!("the output has no record of {} for it", with.object))
        };
        own.or_else(source).or_else(none)
    }

    /// The element of a batch.
    pub(crate) fn element(&self, joined: &Joined) -> Value {
        let mut related = Record::new();
        let mut complete = Record::new();
        for (name, with) in &self.manifest.with {
            let records = joined.related.get(name).map_or(&[][..], Vec::as_slice);
            match (with.many, records) {
                (true, records) => {
                    related.insert(
                        name.clone(),
                        records.iter().cloned().map(Value::Object).collect(),
                    );
                }
                (false, [first, ..]) => {
                    related.insert(name.clone(), Value::Object(first.clone()));
                }
                (false, []) => {}
            }
            complete.insert(name.clone(), (!joined.missing.contains_key(name)).into());
        }
        for (part, is_read) in &joined.read {
            complete.insert((*part).to_owned(), (*is_read).into());
        }
        json!({
            "subject": joined.subject, "related": related, "complete": complete,
            "truncated": joined.truncated, "since": self.since,
        })
    }
}

impl Joined {
    /// The values of the sources of a key.
    fn values(&self, sources: &[String]) -> Vec<String> {
        let of = |source: &String| match source.split_once('.') {
            None => values(self.subject.get(source)),
            Some((name, attribute)) => {
                let records = self.related.get(name).into_iter().flatten();
                records
                    .flat_map(|record| values(record.get(attribute)))
                    .collect()
            }
        };
        sources.iter().flat_map(of).collect()
    }

    fn fits(&self, place: &Place, record: &Record, with: &With) -> bool {
        Place::of(record) == *place
            && with.takes(record)
            && with.by.iter().all(|(attribute, sources)| {
                let wanted = self.values(sources);
                values(record.get(attribute))
                    .iter()
                    .any(|value| wanted.contains(value))
            })
    }

    /// The record with a UID, among the subject and the records that go with it, and its object.
    pub(crate) fn record(&self, manifest: &Manifest, uid: &str) -> Option<(Object, &Record)> {
        let is_it = |record: &&Record| text(record, "UID") == Some(uid);
        if is_it(&&self.subject) {
            return Some((*manifest.objects.first()?, &self.subject));
        }
        self.related.iter().find_map(|(name, records)| {
            let object = manifest.with.get(name)?.object;
            Some((object, records.iter().find(is_it)?))
        })
    }

    /// Whether a name has more records than its limit.
    pub(crate) fn is_truncated(&self, name: &str) -> bool {
        self.truncated.contains(name)
    }
}
