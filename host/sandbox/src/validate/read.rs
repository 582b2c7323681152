//! Reads a record, and refuses JSON that two readers may understand differently.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::borrowed::{Borrowed, are_unique};

/// A record: a JSON object in which every member occurs once, at every depth. Two readers of
/// `{"UID":1,"UID":2}` may disagree about the validated value.
pub(super) struct Record<'r>(pub(super) Borrowed<'r>);

impl<'r> Deserialize<'r> for Record<'r> {
    fn deserialize<D: Deserializer<'r>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RecordVisitor).map(Self)
    }
}

struct RecordVisitor;

impl<'r> Visitor<'r> for RecordVisitor {
    type Value = Borrowed<'r>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a record")
    }

    fn visit_map<A: MapAccess<'r>>(self, members: A) -> Result<Borrowed<'r>, A::Error> {
        // The largest stock record has 26 attributes; a growing vector would copy most of them again.
        object(members, Vec::with_capacity(32))
    }
}

/// Reads the members of an object into `object`, which is empty.
fn object<'r, A: MapAccess<'r>>(
    mut members: A,
    mut object: Vec<(Cow<'r, str>, Borrowed<'r>)>,
) -> Result<Borrowed<'r>, A::Error> {
    while let Some((MemberName(name), value)) =
        members.next_entry::<MemberName<'r>, Borrowed<'r>>()?
    {
        object.push((name, value));
    }
    if are_unique(object.iter().map(|(name, _)| &**name)) {
        Ok(Borrowed::Object(object))
    } else {
        Err(A::Error::custom("a member twice"))
    }
}

/// The name of a member.
struct MemberName<'r>(Cow<'r, str>);

impl<'r> Deserialize<'r> for MemberName<'r> {
    fn deserialize<D: Deserializer<'r>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor).map(Self)
    }
}

struct NameVisitor;

impl<'r> Visitor<'r> for NameVisitor {
    type Value = Cow<'r, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'r str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

impl<'r> Deserialize<'r> for Borrowed<'r> {
    fn deserialize<D: Deserializer<'r>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BorrowedVisitor)
    }
}

struct BorrowedVisitor;

impl<'r> Visitor<'r> for BorrowedVisitor {
    type Value = Borrowed<'r>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Borrowed::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Borrowed::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Borrowed::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Borrowed::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        let number = serde_json::Number::from_f64(value);
        number
            .map(Borrowed::Number)
            .ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'r str) -> Result<Self::Value, E> {
        Ok(Borrowed::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Borrowed::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'r>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Borrowed::List(list))
    }

    fn visit_map<A: MapAccess<'r>>(self, members: A) -> Result<Self::Value, A::Error> {
        object(members, Vec::new())
    }
}
