use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Assessing, Element, Mapping, Overlay, control, fields};

/// The effect of a module on records: it makes, amends or judges them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It makes the records.
    Mapping,
    /// It amends records.
    Overlay,
    /// It judges records.
    Assessor,
}

/// The description of a module, as the host reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The module's name: its crate's name.
    pub name: String,
    /// The module's version: its crate's version.
    pub version: String,
    /// Whether it makes, amends or judges records.
    pub kind: Kind,
    /// The connector objects that it maps or overlays.
    pub objects: Vec<String>,
    /// The attributes beyond those of the stock schema, as JSON Schema properties.
    pub attributes: Value,
    /// The JSON Schema of the module's settings; null if it has none.
    pub settings: Value,
    /// The capabilities that the module requests from the host.
    pub capabilities: Vec<String>,
    /// The members and records that the module reads. The host passes only these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<Reads>,
    /// Of an assessor: the records that go with each subject; else null.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub with: Value,
    /// Of an assessor: the questions that it answers; else null.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub controls: Value,
}

/// The members and records that a module reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reads {
    /// The members of a described object by path, `containers.image` for a member of a member. `None` if the
    /// module may read any member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<String>>,
    /// Whether an overlay reads records.
    pub records: bool,
}

impl Manifest {
    /// The manifest of a mapping, under the name and version of its crate.
    #[must_use]
    pub fn of_mapping<M: Mapping>(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            kind: Kind::Mapping,
            objects: vec![M::OBJECT.to_owned()],
            attributes: M::attributes(),
            settings: M::settings(),
            capabilities: M::CAPABILITIES.iter().map(ToString::to_string).collect(),
            reads: Some(Reads {
                members: fields::of::<M::Source<'_>>(),
                records: false,
            }),
            with: Value::Null,
            controls: Value::Null,
        }
    }

    /// The manifest of an overlay, under the name and version of its crate.
    #[must_use]
    pub fn of_overlay<O: Overlay>(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            kind: Kind::Overlay,
            objects: vec![O::OBJECT.to_owned()],
            attributes: O::attributes(),
            settings: O::settings(),
            capabilities: O::CAPABILITIES.iter().map(ToString::to_string).collect(),
            reads: Some(Reads {
                members: fields::of::<O::Source<'_>>(),
                records: O::READS_RECORDS,
            }),
            with: Value::Null,
            controls: Value::Null,
        }
    }

    /// The manifest of an assessor, under the name and version of its crate.
    #[must_use]
    pub fn of_assessor<A: Assessing>(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            kind: Kind::Assessor,
            objects: vec![A::SUBJECT.to_owned()],
            attributes: json!({}),
            settings: A::settings(),
            capabilities: Vec::new(),
            reads: Some(Reads {
                members: fields::of::<Element<A::Subject<'_>, A::Related<'_>>>(),
                records: true,
            }),
            with: control::with(A::WITH),
            controls: control::controls(A::CONTROLS),
        }
    }

    /// The manifest as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
