//! The packed form of a table of controls.

use portolan_mapper_sdk::ControlSeverity;
use serde::{Deserialize, Serialize};

use super::{Described, Part, Query, Shape};

/// A checked table of controls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Controls<'p> {
    /// The module's manifest, as JSON.
    pub manifest: &'p str,
    /// The connector object of the subjects.
    pub subject: Described,
    /// What to read of an element of a batch.
    #[serde(borrow)]
    pub element: Shape<'p>,
    /// The object that expressions run on: attributes of the subject, names of records, and the rest.
    pub scope: Shape<'p>,
    /// The controls, in the manifest's order.
    pub controls: Vec<Control<'p>>,
}

/// A control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Control<'p> {
    /// Its name.
    pub id: &'p str,
    /// When the question makes no sense.
    #[serde(borrow)]
    pub not_applicable: Option<Case<'p>>,
    /// When the subject fails; all that hold are reasons.
    pub fails: Vec<Case<'p>>,
    /// When the answer depends on what is not known.
    pub unknown: Option<Case<'p>>,
    /// A finer word for each answer.
    pub words: Words<'p>,
}

/// A condition, and what to say where it holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case<'p> {
    /// It holds if this is true in the sense of JMESPath.
    #[serde(borrow)]
    pub when: Query<'p>,
    /// Whether its value is the records that offend, or one of them; if not, the subject offends.
    pub gives_records: bool,
    /// The reason, for each that offends.
    pub reason: Vec<Part<'p>>,
    /// The attributes that it rests on.
    pub evidence: Vec<Cited<'p>>,
    /// How bad this failure is, if worse than the control says.
    pub severity: Option<ControlSeverity>,
}

/// An attribute of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cited<'p> {
    /// The name under which the record or records stand; `None` for that which offends.
    pub of: Option<&'p str>,
    /// The attribute.
    pub attribute: &'p str,
}

/// Finer words for answers, each with expressions over the scope. Anything else than a word in UPPER_SNAKE is
/// none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Words<'p> {
    /// For PASS.
    #[serde(borrow)]
    pub pass: Vec<Part<'p>>,
    /// For FAIL.
    pub fail: Vec<Part<'p>>,
    /// For NOT_APPLICABLE.
    pub not_applicable: Vec<Part<'p>>,
    /// For NOT_EVALUATED.
    pub not_evaluated: Vec<Part<'p>>,
}

impl<'p> Controls<'p> {
    /// Reads the bytes that [`Controls::to_bytes`] wrote.
    ///
    /// # Errors
    /// Fails if the bytes are not a plan of this version.
    pub fn from_bytes(bytes: &'p [u8]) -> Result<Self, postcard::Error> {
        postcard::from_bytes(bytes)
    }

    /// The same plan always gives the same bytes.
    ///
    /// # Errors
    /// Never fails for a plan.
    pub fn to_bytes(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_allocvec(self)
    }
}
