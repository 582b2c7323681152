use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

/// A JSON object inside an object of the page, for example `networkConfiguration`.
///
/// Serde also reads a struct from a JSON list, member by member; in a page that is a wrong type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Object<T>(pub T);

impl<T> Deref for Object<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(NoStructFromList(deserializer)).map(Self)
    }
}

/// Forwards to a deserializer, but reads a struct only from a JSON object.
struct NoStructFromList<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for NoStructFromList<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0
            .deserialize_struct(name, fields, FromMembers(visitor))
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_ignored_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier
    }
}

/// Visits a JSON object; a list is a wrong type.
struct FromMembers<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for FromMembers<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(formatter)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{List, Tag};

    #[test]
    fn a_list_is_no_object() {
        assert!(
            serde_json::from_str::<Tag<'_>>(r#"["k","v"]"#).is_ok(),
            "serde alone takes it"
        );
        assert!(serde_json::from_str::<Object<Tag<'_>>>(r#"["k","v"]"#).is_err());
        assert!(serde_json::from_str::<List<Tag<'_>>>(r#"[["k","v"]]"#).is_err());
        assert!(serde_json::from_str::<List<Tag<'_>>>(r#"[{"key":"k"},null]"#).is_ok());
    }
}
