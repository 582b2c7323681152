//! Lines of an output: bare records, records that say which object they are of, and change lines.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::ChangeKind;
use crate::object::Object;

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

/// The object of a bare record, by the ARN attribute that only this object requires.
#[must_use]
pub fn object_of(record: &[u8]) -> Object {
    let members: std::collections::BTreeMap<String, &RawValue> =
        serde_json::from_slice(record).unwrap_or_default();
    match () {
        () if members.contains_key("TASK_ARN") => Object::EcsTask,
        () if members.contains_key("SERVICE_ARN") => Object::EcsService,
        () if members.contains_key("TASK_DEFINITION_ARN") => Object::EcsTaskDefinition,
        () => Object::EcsCluster,
    }
}
