//! The functions of JMESPath, by name.

use serde::{Deserialize, Serialize};

/// A function of the specification, or one that it lacks: `identifier`, `lower`, `untrusted`, `upper`, `without`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the specification's")]
pub enum Function {
    Abs,
    Avg,
    Ceil,
    Contains,
    EndsWith,
    Floor,
    Identifier,
    Join,
    Keys,
    Length,
    Lower,
    Map,
    Max,
    MaxBy,
    Merge,
    Min,
    MinBy,
    NotNull,
    Reverse,
    Sort,
    SortBy,
    StartsWith,
    Sum,
    ToArray,
    ToNumber,
    ToString,
    Type,
    Untrusted,
    Upper,
    Values,
    Without,
}

/// The number of arguments that a function takes; `None` for one or more.
type Arity = Option<usize>;

const FUNCTIONS: [(&str, Function, Arity); 31] = [
    ("abs", Function::Abs, Some(1)),
    ("avg", Function::Avg, Some(1)),
    ("ceil", Function::Ceil, Some(1)),
    ("contains", Function::Contains, Some(2)),
    ("ends_with", Function::EndsWith, Some(2)),
    ("floor", Function::Floor, Some(1)),
    ("identifier", Function::Identifier, Some(1)),
    ("join", Function::Join, Some(2)),
    ("keys", Function::Keys, Some(1)),
    ("length", Function::Length, Some(1)),
    ("lower", Function::Lower, Some(1)),
    ("map", Function::Map, Some(2)),
    ("max", Function::Max, Some(1)),
    ("max_by", Function::MaxBy, Some(2)),
    ("merge", Function::Merge, None),
    ("min", Function::Min, Some(1)),
    ("min_by", Function::MinBy, Some(2)),
    ("not_null", Function::NotNull, None),
    ("reverse", Function::Reverse, Some(1)),
    ("sort", Function::Sort, Some(1)),
    ("sort_by", Function::SortBy, Some(2)),
    ("starts_with", Function::StartsWith, Some(2)),
    ("sum", Function::Sum, Some(1)),
    ("to_array", Function::ToArray, Some(1)),
    ("to_number", Function::ToNumber, Some(1)),
    ("to_string", Function::ToString, Some(1)),
    ("type", Function::Type, Some(1)),
    ("untrusted", Function::Untrusted, Some(3)),
    ("upper", Function::Upper, Some(1)),
    ("values", Function::Values, Some(1)),
    ("without", Function::Without, Some(2)),
];

impl Function {
    /// The names of all functions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FUNCTIONS.iter().map(|each| each.0)
    }

    /// The function with a name, and the number of its arguments.
    #[must_use]
    pub fn named(name: &str) -> Option<(Self, Arity)> {
        let found = FUNCTIONS.iter().find(|each| each.0 == name);
        found.map(|each| (each.1, each.2))
    }

    /// The position of the argument that is an expression (`&a`) instead of a value.
    #[must_use]
    pub const fn reference(self) -> Option<usize> {
        match self {
            Self::Map => Some(0),
            Self::MaxBy | Self::MinBy | Self::SortBy | Self::Untrusted => Some(1),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        let found = FUNCTIONS.iter().find(|each| each.1 == self);
        found.map_or("", |each| each.0)
    }
}
