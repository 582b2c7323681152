//! The places of an object's records by the attributes that join them: 24 bytes for each key of a record, so that
//! outputs larger than memory can be joined.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use portolan_machine::fingerprint::fingerprint;
use portolan_page::object::Object;
use portolan_sandbox::With;
use serde_json::Value;

use crate::output::{AssessError, Output, Span, members};
use crate::place::{Place, Record};

/// The most keys of one record, or of one subject under one name.
pub(crate) const KEY_LIMIT: usize = 10_000;

/// The records of an object that a name may join.
pub(crate) struct Index {
    path: PathBuf,
    /// `None` if the object was not synced.
    file: Option<File>,
    /// Fingerprints of keys and the lines of their records, in the order of both.
    entries: Vec<(u64, u64, u32)>,
}

impl Index {
    /// Reads the records of an object once.
    pub(crate) fn new(output: &Output, with: &With) -> Result<Self, AssessError> {
        let path = output.file(with.object);
        let file = match File::open(&path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(AssessError::file("read", &path)(error)),
        };
        let attributes: Vec<&str> = with.by.keys().map(String::as_str).collect();
        let mut records = output.records(with.object)?;
        let mut entries = Vec::new();
        let own = with.only.keys().chain(&with.having).map(String::as_str);
        let names: Vec<&str> = ["ACCOUNT_ID", "REGION"]
            .into_iter()
            .chain(attributes.iter().copied())
            .chain(own)
            .collect();
        while let Some((span, record)) = records.next_of(&names)? {
            if !with.takes(&record) {
                continue;
            }
            let values = attributes.iter().map(|name| values(record.get(*name)));
            for key in keys(&Place::of(&record), values) {
                entries.push((key, span.offset, span.length));
            }
        }
        entries.sort_unstable();
        Ok(Self {
            path,
            file,
            entries,
        })
    }

    /// The lines of the records under a key.
    pub(crate) fn lines(&self, key: u64) -> impl Iterator<Item = Span> + '_ {
        let start = self.entries.partition_point(|(each, ..)| *each < key);
        let entries = self.entries[start..].iter();
        entries
            .take_while(move |(each, ..)| *each == key)
            .map(|(_, offset, length)| Span {
                offset: *offset,
                length: *length,
            })
    }

    /// The record on a line; of some attributes only, if they are named.
    pub(crate) fn record(
        &self,
        object: Object,
        span: Span,
        names: Option<&BTreeSet<&str>>,
    ) -> Result<Record, AssessError> {
        let mut text = vec![0; span.length as usize];
        if let Some(file) = &self.file {
            let read = file.read_exact_at(&mut text, span.offset);
            read.map_err(AssessError::file("read", &self.path))?;
        }
        let record = match names {
            None => serde_json::from_slice(&text),
            Some(names) => members(&text, |name| names.contains(name)),
        };
        record.map_err(|_| AssessError::NoRecord {
            file: format!("{} (it changes while it is read)", self.path.display()),
            line: 0,
            object,
        })
    }
}

/// The values of an attribute as keys: each element of a list is one. An attribute that is not there joins nothing.
pub(crate) fn values(value: Option<&Value>) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    match value {
        Some(Value::Array(elements)) => elements.iter().filter_map(text).collect(),
        Some(value) => text(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// The fingerprints of all combinations of values, in a place.
pub(crate) fn keys(place: &Place, all: impl Iterator<Item = Vec<String>>) -> Vec<u64> {
    let mut texts = vec![format!("{}\n{}", place.account_id, place.region)];
    for values in all {
        texts = texts
            .iter()
            .flat_map(|text| values.iter().map(move |value| format!("{text}\n{value}")))
            .take(KEY_LIMIT)
            .collect();
    }
    texts.sort_unstable();
    texts.dedup();
    texts
        .iter()
        .map(|text| u64::from_le_bytes(fingerprint(text)))
        .collect()
}
