//! Lines of an output: bare records, records with the name of their object, and change lines.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ChangeKind, LineObject, NoRecord};
use portolan_page::object::Object;
use portolan_page::schemas;

/// A line of an output.
#[derive(Clone, Copy, Debug)]
pub enum OutputLine<'l> {
    /// A record.
    Record {
        /// The object, if the line names it.
        object: Option<Object>,
        /// The record alone.
        record: &'l [u8],
        /// Whether the line is a change line.
        is_change: bool,
    },
    /// A removed object, which has no record.
    Removal {
        /// The object.
        object: Object,
    },
    /// A finding.
    Finding {
        /// The finding alone; a removed one has none.
        finding: Option<&'l [u8]>,
        /// Whether the line is a change line.
        is_change: bool,
    },
}

/// A line as `portolan sync --output -` writes it, with and without changes.
#[derive(Deserialize)]
struct Wrapped<'l> {
    object: LineObject,
    #[serde(borrow)]
    attributes: Option<&'l RawValue>,
    change: Option<ChangeKind>,
}

/// Splits a line. A line that is not JSON counts as a record; the reader of records reports what is wrong.
#[must_use]
pub fn read(line: &[u8]) -> OutputLine<'_> {
    let wrapped: Option<Wrapped<'_>> = serde_json::from_slice(line).ok();
    match wrapped {
        Some(Wrapped {
            object: LineObject::Other(NoRecord::Finding),
            attributes,
            change,
        }) if attributes.is_some() || change.is_some() => OutputLine::Finding {
            finding: attributes.map(|finding| finding.get().as_bytes()),
            is_change: change.is_some(),
        },
        Some(Wrapped {
            object: LineObject::Record(object),
            attributes: Some(attributes),
            change,
        }) => OutputLine::Record {
            object: Some(object),
            record: attributes.get().as_bytes(),
            is_change: change.is_some(),
        },
        Some(Wrapped {
            object: LineObject::Record(object),
            change: Some(_),
            ..
        }) => OutputLine::Removal { object },
        _ => OutputLine::Record {
            object: None,
            record: line,
            is_change: false,
        },
    }
}

/// The attributes that records of all objects have.
const COMMON: [&str; 6] = [
    "ACCOUNT_ID",
    "CLOUD_PROVIDER",
    "LAST_CAPTURED",
    "NAME",
    "REGION",
    "UID",
];

/// The object of a bare record: the one whose ARN attribute holds the UID. If there is none, it is the object
/// whose ARN attribute the record has, and whose schema has most of the record's attributes. `None` if the
/// record has no ARN attribute.
#[must_use]
pub fn object_of(record: &[u8]) -> Option<Object> {
    let members: BTreeMap<Cow<'_, str>, &RawValue> =
        serde_json::from_slice(record).unwrap_or_default();
    let arn = |object: &Object| members.get(object.row().arn_attribute);
    let known = |object: &Object| {
        let names = members.keys();
        names
            .filter(|name| schemas::has_attribute(*object, name))
            .count()
    };
    let common = members
        .keys()
        .filter(|name| COMMON.contains(&name.as_ref()));
    let common = common.count();
    // An object without an ARN is known by an attribute of its own.
    let has_arn = |object: &Object| !COMMON.contains(&object.row().arn_attribute);
    let mut candidates: Vec<Object> = Object::ALL
        .into_iter()
        .filter(|it| arn(it).is_some() && (has_arn(it) || known(it) > common))
        .collect();
    let uid = members.get("UID").map(|uid| uid.get());
    let named = candidates
        .iter()
        .find(|it| has_arn(it) && arn(it).map(|arn| arn.get()) == uid);
    if let Some(object) = named {
        return Some(*object);
    }
    // `max_by_key` returns the last of equals; in reverse order that is the first one in the table.
    candidates.reverse();
    candidates.into_iter().max_by_key(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_record_is_of_the_object_whose_arn_it_has_and_of_no_other() {
        for object in Object::ALL {
            let own = object.row().arn_attribute;
            let first = Object::ALL
                .into_iter()
                .find(|it| it.row().arn_attribute == own);
            let schema = schemas::record(object);
            for uid in ["arn:a", "arn:other"] {
                // The ARN of the whole is never the UID of a part.
                if uid == "arn:a" && (first != Some(object) || COMMON.contains(&own)) {
                    continue;
                }
                let names = schema["properties"].as_object().into_iter().flatten();
                let values = names.map(|(name, _)| match name.as_str() {
                    "UID" => (name.clone(), uid),
                    name if name == own => (name.to_owned(), "arn:a"),
                    name => (name.to_owned(), "arn:b"),
                });
                let record: BTreeMap<String, &str> = values.collect();
                let record = serde_json::to_vec(&record).expect("JSON");
                assert_eq!(object_of(&record), Some(object), "{uid}");
            }
        }
        for record in [r#"{"UID":"arn:a","NAME":"a"}"#, "[]", "a"] {
            assert_eq!(object_of(record.as_bytes()), None, "{record}");
        }
    }
}
