//! Lines of an output: bare records, records that say which object they are of, and change lines.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::ChangeKind;
use portolan_page::object::Object;
use portolan_page::schemas;

/// A line of an output.
#[derive(Clone, Copy, Debug)]
pub enum OutputLine<'l> {
    /// A record.
    Record {
        /// The object, as far as the line tells.
        object: Option<Object>,
        /// The record alone.
        record: &'l [u8],
        /// Whether the line says what has changed too.
        is_change: bool,
    },
    /// An object that is gone, which has no record.
    Removal {
        /// The object.
        object: Object,
    },
}

/// A line as `portolan sync --output -` writes it, with and without changes.
#[derive(Deserialize)]
struct Wrapped<'l> {
    object: Object,
    #[serde(borrow)]
    attributes: Option<&'l RawValue>,
    change: Option<ChangeKind>,
}

/// Takes a line apart. What is no JSON passes as a record, for whoever reads records says what is wrong.
#[must_use]
pub fn read(line: &[u8]) -> OutputLine<'_> {
    let wrapped: Option<Wrapped<'_>> = serde_json::from_slice(line).ok();
    match wrapped {
        Some(Wrapped {
            object,
            attributes: Some(attributes),
            change,
        }) => OutputLine::Record {
            object: Some(object),
            record: attributes.get().as_bytes(),
            is_change: change.is_some(),
        },
        Some(Wrapped {
            object,
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

/// The object of a bare record: the one whose ARN attribute holds the UID, or else the one whose schema has
/// all other ARN attributes of the record too. Nothing if the record has no ARN attribute.
#[must_use]
pub fn object_of(record: &[u8]) -> Option<Object> {
    let members: BTreeMap<Cow<'_, str>, &RawValue> =
        serde_json::from_slice(record).unwrap_or_default();
    let arn = |object: &Object| members.get(object.row().arn_attribute);
    let candidates = || {
        Object::ALL
            .into_iter()
            .filter(|object| arn(object).is_some())
    };
    let uid = members.get("UID").map(|uid| uid.get());
    let has_all = |object: &Object| {
        candidates().all(|other| schemas::has_attribute(*object, other.row().arn_attribute))
    };
    candidates()
        .find(|object| arn(object).map(|arn| arn.get()) == uid)
        .or_else(|| candidates().find(has_all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_record_is_of_the_object_whose_arn_it_has_and_of_no_other() {
        for object in Object::ALL {
            // An ARN of every object that the record may refer to, too.
            let others = Object::ALL.map(|other| other.row().arn_attribute);
            let others = others.into_iter().filter(|name| {
                *name != object.row().arn_attribute && schemas::has_attribute(object, name)
            });
            let others: String = others.map(|name| format!(r#","{name}":"arn:b""#)).collect();
            let own = object.row().arn_attribute;
            for uid in ["arn:a", "arn:other"] {
                let record = format!(r#"{{"UID":"{uid}","{own}":"arn:a"{others}}}"#);
                assert_eq!(object_of(record.as_bytes()), Some(object), "{record}");
            }
        }
        for record in [r#"{"UID":"arn:a","NAME":"a"}"#, "[]", "a"] {
            assert_eq!(object_of(record.as_bytes()), None, "{record}");
        }
    }
}
