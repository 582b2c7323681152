use bumpalo::Bump;
use portolan_mapper_sdk::Timestamp;
use serde::ser::{Serialize, Serializer};

use crate::plan::{Expression, Literal, Member};

/// A value of an expression. It is cheap to copy, because its contents lie in the page, the table or the
/// arena of the page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'b> {
    /// A member that the object does not have. Only a position of an object holds it, and only the reader
    /// distinguishes it from null, so that a repeated member is an error even if its first value is null.
    Absent,
    /// Null, also for an absent member.
    Null,
    /// True or false.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A number of epoch seconds, exact to the millisecond.
    Time(Timestamp),
    /// A text.
    Text(&'b str),
    /// A list.
    List(&'b [Value<'b>]),
    /// An object.
    Object(&'b Object<'b>),
    /// An expression as a function's argument.
    Reference(&'b Expression<'b>),
}

/// An object: the members that its shape names, each at its position, and others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'b> {
    /// The names of the positions.
    pub(crate) names: &'b [Member<'b>],
    /// The value at each position.
    pub(crate) places: &'b [Value<'b>],
    /// The other members, in source order.
    pub(crate) others: &'b [(&'b str, Value<'b>)],
}

impl<'b> Object<'b> {
    /// Returns a member; null if there is none. `place` is its likely position.
    #[inline]
    pub(crate) fn get(&self, name: &str, place: u16) -> Value<'b> {
        let place = usize::from(place);
        let expected = self.names.get(place).is_some_and(|each| each.name == name);
        let found = if expected {
            self.places.get(place).copied()
        } else {
            self.find(name)
        };
        match found {
            None | Some(Value::Absent) => Value::Null,
            Some(value) => value,
        }
    }

    fn find(&self, name: &str) -> Option<Value<'b>> {
        match self.names.iter().position(|each| each.name == name) {
            Some(place) => self.places.get(place).copied(),
            // If a member is repeated, the last one counts.
            None => self
                .others
                .iter()
                .rev()
                .find_map(|(other, value)| (*other == name).then_some(*value)),
        }
    }

    /// The members that are not null, sorted by name.
    pub(crate) fn members(&self) -> Vec<(&'b str, Value<'b>)> {
        let named = self.names.iter().zip(self.places);
        let named = named.filter(|(_, value)| !value.is_null());
        let mut members: Vec<_> = named
            .map(|(member, value)| (member.name, *value))
            .chain(self.others.iter().copied())
            .collect();
        // The sort is stable, so the last of a repeated member stays last.
        members.sort_by_key(|member| member.0);
        members.reverse();
        members.dedup_by_key(|member| member.0);
        members.reverse();
        members
    }
}

impl<'b> Value<'b> {
    /// A literal as a value.
    pub(crate) fn literal(literal: &'b Literal<'b>, arena: &'b Bump) -> Self {
        match literal {
            Literal::Null => Self::Null,
            Literal::Boolean(value) => Self::Boolean(*value),
            Literal::Integer(value) => Self::Integer(*value),
            Literal::Float(value) => Self::Float(*value),
            Literal::Text(value) => Self::Text(value),
            Literal::List(elements) => {
                let elements = elements.iter().map(|each| Self::literal(each, arena));
                Self::List(arena.alloc_slice_fill_iter(elements))
            }
            Literal::Object(members) => {
                let members = members.iter();
                let members = members.map(|(name, each)| (*name, Self::literal(each, arena)));
                Self::object(arena.alloc_slice_fill_iter(members), arena)
            }
        }
    }

    /// An object with these members.
    pub(crate) fn object(members: &'b [(&'b str, Self)], arena: &'b Bump) -> Self {
        Self::Object(arena.alloc(Object {
            names: &[],
            places: &[],
            others: members,
        }))
    }

    /// Whether JMESPath treats the value as true.
    pub(crate) fn is_true(self) -> bool {
        match self {
            Self::Absent | Self::Null | Self::Boolean(false) => false,
            Self::Text(text) => !text.is_empty(),
            Self::List(elements) => !elements.is_empty(),
            Self::Object(object) => {
                !object.others.is_empty() || object.places.iter().any(|place| !place.is_null())
            }
            _ => true,
        }
    }

    /// Whether the value is null or absent.
    pub(crate) const fn is_null(self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }

    /// The value as a number, rounded to a 64-bit float as everywhere in JMESPath.
    pub(crate) fn number(self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(value as f64),
            Self::Float(value) => Some(value),
            Self::Time(value) => Some(value.epoch_seconds()),
            _ => None,
        }
    }

    /// The value as an integer, which includes `3.0`.
    pub(crate) fn integer(self) -> Option<i64> {
        /// Beyond this number, not every integer has a float of its own.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self {
            Self::Integer(value) => Some(value),
            Self::Float(value) if value.fract() == 0.0 && value.abs() <= EXACT => {
                Some(value as i64)
            }
            _ => None,
        }
    }

    /// A computed number: an integer where possible, and null if it is not finite, such as a sum that is too
    /// large.
    pub(crate) fn computed(number: f64) -> Self {
        match (number.is_finite(), Self::Float(number).integer()) {
            (false, _) => Self::Null,
            (true, Some(value)) => Self::Integer(value),
            (true, None) => Self::Float(number),
        }
    }

    /// The name of its type in JMESPath.
    pub(crate) const fn type_name(self) -> &'static str {
        match self {
            Self::Absent | Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Integer(_) | Self::Float(_) | Self::Time(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "array",
            Self::Object(_) => "object",
            Self::Reference(_) => "expref",
        }
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (left, right) if left.is_null() || right.is_null() => left.is_null() && right.is_null(),
            (Self::Boolean(left), Self::Boolean(right)) => left == right,
            (Self::Integer(left), Self::Integer(right)) => left == right,
            (Self::Integer(integer), Self::Float(float))
            | (Self::Float(float), Self::Integer(integer)) => is_same(integer, float),
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::List(left), Self::List(right)) => left == right,
            (Self::Object(left), Self::Object(right)) => left.members() == right.members(),
            (left, right) => left.number().is_some() && left.number() == right.number(),
        }
    }
}

/// Whether two numbers are exactly equal, without rounding one to the type of the other.
pub(crate) fn is_same(integer: i64, float: f64) -> bool {
    /// The first float above all 64-bit integers; its negative is the lowest of them.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    float.fract() == 0.0 && (-LIMIT..LIMIT).contains(&float) && float as i64 == integer
}

/// Writes JSON as the function `to_string` does.
impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Absent | Self::Null | Self::Reference(_) => serializer.serialize_unit(),
            Self::Boolean(value) => serializer.serialize_bool(value),
            Self::Integer(value) => serializer.serialize_i64(value),
            Self::Float(value) => serializer.serialize_f64(value),
            Self::Time(value) => serializer.serialize_f64(value.epoch_seconds()),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(elements) => serializer.collect_seq(elements),
            Self::Object(object) => serializer.collect_map(object.members()),
        }
    }
}

/// The text that a value is.
pub(crate) const fn text(value: Value<'_>) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
