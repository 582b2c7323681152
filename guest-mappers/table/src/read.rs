//! Reads only the members that a shape names, into values that borrow from the page.

use std::borrow::Cow;
use std::fmt;

use bumpalo::Bump;
use portolan_mapper_sdk::{Int, Object, Tag, Timestamp};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::plan::{Member, Shape};
use crate::value::{self, Value};

/// Reads a value of a shape.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'b> {
    pub(crate) shape: &'b Shape<'b>,
    pub(crate) arena: &'b Bump,
}

impl<'b> Reader<'b> {
    const fn of(self, shape: &'b Shape<'b>) -> Self {
        Self { shape, ..self }
    }
}

impl<'b> DeserializeSeed<'b> for Reader<'b> {
    type Value = Value<'b>;

    #[inline]
    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<Value<'b>, D::Error> {
        match self.shape {
            Shape::Any | Shape::TextOrInteger | Shape::Number => deserializer.deserialize_any(self),
            Shape::Integer => Ok(Option::<Int>::deserialize(deserializer)?
                .map_or(Value::Null, |Int(value)| Value::Integer(value))),
            Shape::Time => Ok(
                Option::<Timestamp>::deserialize(deserializer)?.map_or(Value::Null, Value::Time)
            ),
            Shape::Boolean => {
                Ok(Option::<bool>::deserialize(deserializer)?.map_or(Value::Null, Value::Boolean))
            }
            _ => deserializer.deserialize_option(self),
        }
    }
}

impl<'b> Visitor<'b> for Reader<'b> {
    type Value = Value<'b>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.shape {
            Shape::Any => "any value",
            Shape::Text => "a string",
            Shape::Integer => "an integer",
            Shape::Number => "a number",
            Shape::Boolean => "a boolean",
            Shape::Time => "a number of epoch seconds",
            Shape::TextOrInteger => "a string or an integer",
            Shape::List(_) | Shape::Tags(_) => "a list",
            Shape::Object { .. } => "an object",
        })
    }

    fn visit_none<E: Error>(self) -> Result<Value<'b>, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E: Error>(self) -> Result<Value<'b>, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'b>>(self, deserializer: D) -> Result<Value<'b>, D::Error> {
        match self.shape {
            Shape::Text => deserializer.deserialize_str(self),
            Shape::List(_) | Shape::Tags(_) => deserializer.deserialize_seq(self),
            Shape::Object { .. } => deserializer.deserialize_map(self),
            _ => deserializer.deserialize_any(self),
        }
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value<'b>, E> {
        match self.shape {
            Shape::Any => Ok(Value::Boolean(value)),
            _ => Err(E::invalid_type(serde::de::Unexpected::Bool(value), &self)),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value<'b>, E> {
        match self.shape {
            Shape::Any | Shape::Number | Shape::TextOrInteger => Ok(Value::Integer(value)),
            _ => Err(E::invalid_type(serde::de::Unexpected::Signed(value), &self)),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value<'b>, E> {
        match (self.shape, i64::try_from(value)) {
            (Shape::Any | Shape::Number | Shape::TextOrInteger, Ok(value)) => {
                Ok(Value::Integer(value))
            }
            (Shape::Any | Shape::Number, Err(_)) => Ok(Value::Float(value as f64)),
            _ => Err(E::invalid_type(
                serde::de::Unexpected::Unsigned(value),
                &self,
            )),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value<'b>, E> {
        match (self.shape, Value::Float(value).integer()) {
            (Shape::Any | Shape::Number, _) => Ok(Value::Float(value)),
            (Shape::TextOrInteger, Some(value)) => Ok(Value::Integer(value)),
            _ => Err(E::invalid_type(serde::de::Unexpected::Float(value), &self)),
        }
    }

    fn visit_borrowed_str<E: Error>(self, value: &'b str) -> Result<Value<'b>, E> {
        match self.shape {
            Shape::Text | Shape::Any | Shape::TextOrInteger => Ok(Value::Text(value)),
            _ => Err(E::invalid_type(serde::de::Unexpected::Str(value), &self)),
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value<'b>, E> {
        self.visit_borrowed_str(self.arena.alloc_str(value))
    }

    fn visit_seq<A: SeqAccess<'b>>(self, mut elements: A) -> Result<Value<'b>, A::Error> {
        let shape = match self.shape {
            Shape::List(shape) => shape,
            Shape::Tags(keys) => return self.tags(keys, elements),
            Shape::Any => &Shape::Any,
            _ => return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self)),
        };
        let mut values = Vec::new();
        while let Some(value) = elements.next_element_seed(self.of(shape))? {
            if !value.is_null() {
                values.push(value);
            }
        }
        Ok(Value::List(self.arena.alloc_slice_copy(&values)))
    }

    fn visit_map<A: MapAccess<'b>>(self, members: A) -> Result<Value<'b>, A::Error> {
        match self.shape {
            Shape::Object {
                members: names,
                is_open,
            } => self.object(names, *is_open, members),
            Shape::Any => self.object(&[], true, members),
            _ => Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self)),
        }
    }
}

impl<'b> Reader<'b> {
    fn tags<A: SeqAccess<'b>>(
        self,
        keys: &'b [&'b str],
        mut elements: A,
    ) -> Result<Value<'b>, A::Error> {
        let values = self.arena.alloc_slice_fill_copy(keys.len(), Value::Absent);
        while let Some(tag) = elements.next_element::<Option<Object<Tag<'b>>>>()? {
            let Some(Object(Tag { key, value })) = tag else {
                continue;
            };
            let place = key.and_then(|key| keys.iter().position(|each| **each == *key));
            if let Some(place) = place.and_then(|place| values.get_mut(place)) {
                *place = Value::Text(match value.map(Cow::from) {
                    Some(Cow::Borrowed(value)) => value,
                    Some(Cow::Owned(value)) => self.arena.alloc_str(&value),
                    None => "",
                });
            }
        }
        Ok(Value::List(values))
    }

    fn object<A: MapAccess<'b>>(
        self,
        names: &'b [Member<'b>],
        is_open: bool,
        mut members: A,
    ) -> Result<Value<'b>, A::Error> {
        let places = self.arena.alloc_slice_fill_copy(names.len(), Value::Absent);
        let mut others = Vec::new();
        let mut likely = 0;
        while let Some(name) = members.next_key_seed(Name {
            names,
            likely,
            others: is_open.then_some(self.arena),
        })? {
            match name {
                Found::Place(place) => {
                    if !matches!(places[place], Value::Absent) {
                        return Err(A::Error::custom("duplicate field of an object"));
                    }
                    places[place] = members.next_value_seed(self.of(&names[place].shape))?;
                    likely = place + 1;
                }
                Found::Other(name) => {
                    let value = members.next_value_seed(self.of(&Shape::Any))?;
                    if !value.is_null() {
                        others.push((name, value));
                    }
                }
                Found::Nothing => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Value::Object(self.arena.alloc(value::Object {
            names,
            places,
            others: self.arena.alloc_slice_copy(&others),
        })))
    }
}

/// The position of a member.
enum Found<'b> {
    Place(usize),
    Other(&'b str),
    Nothing,
}

/// Finds the position of a member by its name.
#[derive(Clone, Copy)]
struct Name<'b> {
    names: &'b [Member<'b>],
    /// The position to try first: names are sorted, and AWS sorts most members too.
    likely: usize,
    /// The arena for the names of members without a position; `None` to skip these members.
    others: Option<&'b Bump>,
}

impl<'b> Name<'b> {
    #[inline]
    fn place(self, name: &str) -> Option<usize> {
        let is = |place: usize| {
            let each = self.names.get(place);
            each.is_some_and(|each| is_same(each.name.as_bytes(), name.as_bytes()))
        };
        let places = self.likely..self.names.len();
        places.chain(0..self.likely).find(|place| is(*place))
    }
}

/// Whether two names are the same. Most are compared by their ends, because a call costs more.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match (one.first_chunk::<8>(), one.last_chunk::<8>()) {
        (Some(first), Some(last)) if one.len() <= 16 => {
            other.first_chunk() == Some(first) && other.last_chunk() == Some(last)
        }
        _ => one == other,
    }
}

impl<'b> DeserializeSeed<'b> for Name<'b> {
    type Value = Found<'b>;

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<Found<'b>, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<'b> Visitor<'b> for Name<'b> {
    type Value = Found<'b>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a member name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'b str) -> Result<Found<'b>, E> {
        Ok(match (self.place(name), self.others) {
            (Some(place), _) => Found::Place(place),
            (None, Some(_)) => Found::Other(name),
            (None, None) => Found::Nothing,
        })
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Found<'b>, E> {
        Ok(match (self.place(name), self.others) {
            (Some(place), _) => Found::Place(place),
            (None, Some(arena)) => Found::Other(arena.alloc_str(name)),
            (None, None) => Found::Nothing,
        })
    }
}
