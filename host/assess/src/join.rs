//! Subjects with the records that go with them.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use portolan_page::object::Object;
use portolan_page::schemas;
use portolan_sandbox::{Manifest, With};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::coverage::Coverage;
use crate::events;
use crate::index::{Index, KEY_LIMIT, keys, values};
use crate::output::{AssessError, Output, Span};
use crate::place::{Place, Record, text};

/// The most records that are kept because all subjects of a place share them: some 20 MB. With more, those of the place
/// that comes next take their place.
const SHARED_RECORDS: usize = 5_000;

/// The records that an assessor's names join.
pub(crate) struct Joins<'a> {
    manifest: &'a Manifest,
    coverage: &'a Coverage,
    indexes: BTreeMap<&'a str, Index>,
    /// What the assessor reads of its subjects.
    reads_of_subject: Names<'a>,
    /// By name, what it reads of other records.
    reads: BTreeMap<&'a str, Names<'a>>,
    /// By name, what is kept of other records: what the assessor reads, and what joins.
    kept: BTreeMap<&'a str, Names<'a>>,
    /// The records of names without keys, which all subjects of a place share.
    shared: RefCell<BTreeMap<(&'a str, Place), Rc<Related>>>,
    /// By name of audit events, the moment from which on they are known.
    since: BTreeMap<&'a str, String>,
}

/// The attributes that an assessor reads; `None` if it may read any.
type Names<'a> = Option<BTreeSet<&'a str>>;

/// The records under a name.
#[derive(Default)]
struct Related {
    records: Vec<Record>,
    /// Their lines, in the same order.
    spans: Vec<Span>,
    /// Whether there are more than the limit.
    is_truncated: bool,
    /// What the assessor gets of them.
    json: OnceCell<Box<RawValue>>,
}

/// A subject with what belongs to it.
pub(crate) struct Joined {
    pub(crate) subject: Record,
    /// By name, the records that go with it.
    related: BTreeMap<String, Rc<Related>>,
    /// By name, why not all such records are known.
    pub(crate) missing: BTreeMap<String, String>,
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
        let reads = manifest
            .with
            .keys()
            .map(|name| (name.as_str(), manifest.attributes_of(Some(name))));
        let kept = manifest
            .with
            .iter()
            .map(|(name, with)| (name.as_str(), kept(manifest, name, with)));
        Ok(Self {
            manifest,
            coverage,
            indexes: indexes.collect::<Result<_, AssessError>>()?,
            reads_of_subject: manifest.attributes_of(None),
            reads: reads.collect(),
            kept: kept.collect(),
            shared: RefCell::default(),
            since: events::since(&output.report, manifest),
        })
    }

    /// Joins a subject.
    pub(crate) fn join(&self, subject: Record) -> Result<Joined, AssessError> {
        let mut joined = Joined {
            subject,
            related: BTreeMap::new(),
            missing: BTreeMap::new(),
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

    fn add(&self, joined: &mut Joined, name: &'a str, with: &With) -> Result<(), AssessError> {
        let place = Place::of(&joined.subject);
        let sources = with.by.values().map(|sources| joined.values(sources));
        let keys = keys(&place, sources);
        let related = if with.by.is_empty() {
            self.shared(joined, name, &place, &keys)?
        } else {
            Rc::new(self.related(joined, name, &place, &keys)?)
        };
        let is_empty = related.records.is_empty() && !keys.is_empty();
        if let Some(reason) = self.missing(joined, &place, with, is_empty) {
            joined.missing.insert(name.to_owned(), reason);
        }
        joined.related.insert(name.to_owned(), related);
        Ok(())
    }

    /// The records under a name that has no keys: read once for a place, not once for each subject.
    fn shared(
        &self,
        joined: &Joined,
        name: &'a str,
        place: &Place,
        keys: &[u64],
    ) -> Result<Rc<Related>, AssessError> {
        let key = (name, place.clone());
        if let Some(related) = self.shared.borrow().get(&key) {
            return Ok(Rc::clone(related));
        }
        let related = Rc::new(self.related(joined, name, place, keys)?);
        let mut shared = self.shared.borrow_mut();
        let kept = shared.values().map(|it| it.records.len()).sum::<usize>();
        if kept + related.records.len() > SHARED_RECORDS {
            shared.clear();
        }
        shared.insert(key, Rc::clone(&related));
        Ok(related)
    }

    /// Reads the records under a name.
    fn related(
        &self,
        joined: &Joined,
        name: &str,
        place: &Place,
        keys: &[u64],
    ) -> Result<Related, AssessError> {
        let (with, index) = (&self.manifest.with[name], &self.indexes[name]);
        let limit = if with.many { with.limit as usize } else { 1 };
        let (mut related, mut met) = (Related::default(), HashSet::new());
        related.is_truncated = keys.len() >= KEY_LIMIT;
        for span in keys.iter().flat_map(|key| index.lines(*key)) {
            if !met.insert(span.offset) {
                continue;
            }
            if related.records.len() == limit {
                related.is_truncated |= with.many;
                break;
            }
            let record = index.record(with.object, span, self.kept[name].as_ref())?;
            // Two keys may share a fingerprint.
            if joined.fits(place, &record, with) {
                related.records.push(record);
                related.spans.push(span);
            }
        }
        Ok(related)
    }

    /// The value of an attribute that an assessor names as evidence. `None` if the record with that UID did not go
    /// along, or if its object has no such attribute.
    pub(crate) fn evidence(
        &self,
        joined: &Joined,
        uid: &str,
        attribute: &str,
    ) -> Result<Option<Option<Value>>, AssessError> {
        let is_it = |record: &Record| text(record, "UID") == Some(uid);
        let known = |object: Option<&Object>| {
            object.is_some_and(|object| schemas::has_attribute(*object, attribute))
        };
        if is_it(&joined.subject) {
            let value = joined.subject.get(attribute).cloned();
            return Ok((value.is_some() || known(self.manifest.objects.first())).then_some(value));
        }
        for (name, related) in &joined.related {
            let Some(index) = related.records.iter().position(is_it) else {
                continue;
            };
            let (name, object) = (name.as_str(), self.manifest.with[name].object);
            let mut value = related.records[index].get(attribute).cloned();
            // It may name what it does not read.
            if value.is_none() && self.kept[name].is_some() {
                let whole = self.indexes[name].record(object, related.spans[index], None)?;
                value = whole.get(attribute).cloned();
            }
            return Ok((value.is_some() || known(Some(&object))).then_some(value));
        }
        Ok(None)
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
            with.sources().find_map(|source| {
                let truncated =
                    || format!("there are more records of `{source}` than the assessor gets");
                let missing = joined.missing.get(source).cloned();
                missing.or_else(|| joined.is_truncated(source).then(truncated))
            })
        };
        // AWS registers no task definition without a container, and a record that is named has to be there.
        let must_be = !with.many || with.object == Object::EcsContainerDefinition;
        let none = || {
            (is_empty && must_be && !with.by.is_empty())
                .then(|| format!("the output has no record of {} for it", with.object))
        };
        own.or_else(source).or_else(none)
    }

    /// The element of a batch, as JSON: what the assessor reads of the subject and its records.
    pub(crate) fn element(&self, joined: &Joined) -> String {
        let mut related = BTreeMap::new();
        let mut complete = BTreeMap::new();
        let mut truncated = Vec::new();
        for (name, with) in &self.manifest.with {
            if let Some(it) = joined.related.get(name) {
                if with.many || !it.records.is_empty() {
                    related.insert(name.as_str(), self.json(name, it));
                }
                truncated.extend(it.is_truncated.then_some(name.as_str()));
            }
            complete.insert(name.as_str(), !joined.missing.contains_key(name));
        }
        complete.extend(&joined.read);
        let element = ElementOfBatch {
            subject: Read {
                record: &joined.subject,
                names: &self.reads_of_subject,
            },
            related,
            complete,
            truncated,
            since: &self.since,
        };
        serde_json::to_string(&element).expect("texts and maps with text keys are JSON")
    }

    /// What an assessor gets of the records under a name.
    fn json<'r>(&self, name: &str, related: &'r Related) -> &'r RawValue {
        related.json.get_or_init(|| {
            let names = &self.reads[name];
            let mut records = related.records.iter().map(|record| Read { record, names });
            let json = if self.manifest.with[name].many {
                to_raw_value(&records.collect::<Vec<_>>())
            } else {
                to_raw_value(&records.next())
            };
            json.expect("maps with text keys are JSON")
        })
    }
}

/// The attributes that are kept of the records under a name; most of the others would only take time.
fn kept<'a>(manifest: &'a Manifest, name: &'a str, with: &'a With) -> Names<'a> {
    let mut kept = manifest.attributes_of(Some(name))?;
    kept.extend(["ACCOUNT_ID", "REGION"]);
    let own = with.by.keys().chain(with.only.keys()).chain(&with.having);
    kept.extend(own.map(String::as_str));
    let sources = manifest
        .with
        .values()
        .flat_map(|with| with.by.values().flatten());
    let sources = sources.filter_map(|source| source.split_once('.'));
    kept.extend(
        sources
            .filter(|(of, _)| *of == name)
            .map(|(_, attribute)| attribute),
    );
    Some(kept)
}

/// An element of a batch.
#[derive(Serialize)]
struct ElementOfBatch<'e> {
    subject: Read<'e>,
    related: BTreeMap<&'e str, &'e RawValue>,
    complete: BTreeMap<&'e str, bool>,
    truncated: Vec<&'e str>,
    since: &'e BTreeMap<&'e str, String>,
}

/// A record with the attributes that an assessor reads; with all of them, if it does not say which.
struct Read<'r> {
    record: &'r Record,
    names: &'r Names<'r>,
}

impl Serialize for Read<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.record {
            if self
                .names
                .as_ref()
                .is_none_or(|names| names.contains(name.as_str()))
            {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

impl Joined {
    /// The values of the sources of a key.
    fn values(&self, sources: &[String]) -> Vec<String> {
        let of = |source: &String| match source.split_once('.') {
            None => values(self.subject.get(source)),
            Some((name, attribute)) => {
                let related = self.related.get(name).into_iter();
                let records = related.flat_map(|it| &it.records);
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

    /// Whether a name has more records than its limit.
    pub(crate) fn is_truncated(&self, name: &str) -> bool {
        self.related.get(name).is_some_and(|it| it.is_truncated)
    }
}

#[cfg(test)]
mod tests;
