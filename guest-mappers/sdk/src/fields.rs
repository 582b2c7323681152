//! Derives the members that a type reads from its `Deserialize` implementation.
//!
//! A type asks a deserializer for its contents: a struct for its fields, an option for its inner type. A
//! deserializer without a value follows one path after the other, and records the fields that the type at its
//! end asks for.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::lenient;

/// The deepest members that get paths of their own. A recursive type has no end.
const DEEPEST: usize = 6;
/// With this many paths, the rest is named as a whole: a host accepts at most 4,096.
const ENOUGH: usize = 1_000;

/// The paths of the members that a struct reads, `containers.image` for a member of a member. `None` for a
/// type that is not a plain struct and may read any member.
pub(crate) fn of<'de, T: Deserialize<'de>>() -> Option<Vec<String>> {
    let mut paths = Vec::new();
    add::<T>(&mut Vec::new(), &mut paths).then_some(paths)
}

/// Whether a type may read this member of an object.
pub(crate) fn may_read<'de, T: Deserialize<'de>>(member: &str) -> bool {
    match T::deserialize(Asker(&[])) {
        Err(Answer(Some(fields))) => fields.contains(&member),
        _ => true,
    }
}

/// Adds the paths below this one. Returns whether the type there is a plain struct.
fn add<'de, T: Deserialize<'de>>(path: &mut Vec<&'static str>, paths: &mut Vec<String>) -> bool {
    let Some(Answer(Some(fields))) = T::deserialize(Asker(path)).err() else {
        return false;
    };
    // A pair of key and value, such as a tag, is read whole. A struct without fields asks whether it is there.
    if fields == ["key", "value"] || fields.is_empty() && !path.is_empty() {
        return false;
    }
    // A path cannot distinguish a name with a dot from two names.
    if path.len() >= DEEPEST
        || paths.len() >= ENOUGH
        || fields.iter().any(|name| name.contains('.'))
    {
        return false;
    }
    for field in fields {
        path.push(field);
        if !add::<T>(path, paths) {
            paths.push(path.join("."));
        }
        path.pop();
    }
    true
}

/// A deserializer that follows a path to a type, and records the fields that it asks for.
struct Asker<'p>(&'p [&'static str]);

/// The fields that a struct asks for; `None` for any other type.
#[derive(Debug)]
struct Answer(Option<&'static [&'static str]>);

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("nothing to read")
    }
}

impl std::error::Error for Answer {}

impl Error for Answer {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(None)
    }
}

impl<'de> Deserializer<'de> for Asker<'_> {
    type Error = Answer;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Answer> {
        match self.0 {
            [] => Err(Answer(Some(fields))),
            [first, rest @ ..] => visitor.visit_map(Step(Some(first), rest)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Answer> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Answer> {
        visitor.visit_seq(Step(None, self.0))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Answer> {
        match name {
            lenient::NAME => visitor.visit_some(self),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Answer> {
        Err(Answer(None))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct map enum identifier ignored_any
    }
}

/// The next member or element of the path, and the rest of the path.
struct Step<'p>(Option<&'static str>, &'p [&'static str]);

impl<'de> MapAccess<'de> for Step<'_> {
    type Error = Answer;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Answer> {
        let name = self.0.take().ok_or(Answer(None))?;
        seed.deserialize(BorrowedStrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Answer> {
        seed.deserialize(Asker(self.1))
    }
}

impl<'de> SeqAccess<'de> for Step<'_> {
    type Error = Answer;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Answer> {
        seed.deserialize(Asker(self.1)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{List, Map, Object, Tag, Timestamp, Value};

    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "only its names matter")]
    struct Task<'a> {
        task_arn: Option<String>,
        created_at: Option<Timestamp>,
        #[serde(borrow, alias = "labels")]
        tags: List<Tag<'a>>,
        overrides: Option<Object<Overrides>>,
        cpu: Value,
    }

    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only its names matter")]
    struct Overrides {
        open: Option<Object<Open>>,
        inner: Box<Option<Overrides>>,
    }

    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only its names matter")]
    struct Open {
        arn: String,
        #[serde(flatten)]
        rest: Map<String, Value>,
    }

    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only its names matter")]
    struct Dotted {
        #[serde(rename = "a.b")]
        member: Option<String>,
    }

    #[test]
    fn a_struct_names_its_members_and_theirs() {
        let mut paths = of::<Task<'_>>().expect("a struct");
        paths.retain(|path| !path.contains("inner"));
        let expected = [
            "taskArn",
            "createdAt",
            "tags",
            "labels",
            "overrides.open",
            "cpu",
        ];
        paths.sort();
        let mut expected = expected.map(str::to_owned);
        expected.sort();
        assert_eq!(paths, expected);
    }

    #[test]
    fn an_object_that_only_has_to_be_there_is_named() {
        #[derive(serde::Deserialize)]
        struct Empty {}
        #[derive(serde::Deserialize)]
        #[expect(dead_code, reason = "only its names matter")]
        struct Holder {
            check: Option<Object<Empty>>,
        }
        assert_eq!(of::<Holder>(), Some(vec!["check".to_owned()]));
        assert_eq!(of::<Empty>(), Some(Vec::new()));
    }

    #[test]
    fn a_type_that_holds_itself_has_an_end() {
        let paths = of::<Overrides>().expect("a struct");
        assert!(
            paths.contains(&"inner.inner.inner.inner.inner.inner".to_owned()),
            "{paths:?}"
        );
    }

    #[test]
    fn there_are_never_more_paths_than_a_host_takes() {
        #[derive(serde::Deserialize)]
        #[expect(dead_code, reason = "only its names matter")]
        struct Wide {
            a: Box<Option<Wide>>,
            b: Box<Option<Wide>>,
            c: Box<Option<Wide>>,
            d: Box<Option<Wide>>,
            e: Box<Option<Wide>>,
            f: Box<Option<Wide>>,
        }
        let paths = of::<Wide>().expect("a struct");
        assert!(
            (ENOUGH..2 * ENOUGH).contains(&paths.len()),
            "{}",
            paths.len()
        );
        assert!(paths.contains(&"f".to_owned()), "nothing is lost");
    }

    #[test]
    fn what_may_read_anything_names_nothing() {
        assert_eq!(of::<Open>(), None);
        assert_eq!(of::<Map<String, Value>>(), None);
        assert_eq!(of::<Value>(), None);
        assert_eq!(of::<Dotted>(), None);
    }
}
