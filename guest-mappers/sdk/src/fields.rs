//! The members that a type reads, asked of the type itself.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::forward_to_deserialize_any;

/// The names of the members that a struct reads; none for what is no plain struct and may read anything.
pub(crate) fn of<'de, T: Deserialize<'de>>() -> Option<&'static [&'static str]> {
    match T::deserialize(Asker) {
        Err(Answer(fields)) => fields,
        Ok(_) => None,
    }
}

/// A deserializer that has nothing to read, and only listens to what it is asked for.
struct Asker;

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

impl<'de> Deserializer<'de> for Asker {
    type Error = Answer;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Answer> {
        Err(Answer(Some(fields)))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Answer> {
        Err(Answer(None))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Map, Value};

    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "only its names matter")]
    struct Task {
        task_arn: Option<String>,
        #[serde(alias = "labels")]
        tags: Option<String>,
    }

    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only its names matter")]
    struct Open {
        arn: String,
        #[serde(flatten)]
        rest: Map<String, Value>,
    }

    #[test]
    fn a_struct_names_its_members_and_what_may_read_anything_names_none() {
        let fields = of::<Task>().expect("a struct").to_vec();
        for name in ["taskArn", "tags", "labels"] {
            assert!(fields.contains(&name), "{fields:?}");
        }
        assert_eq!(of::<Open>(), None);
        assert_eq!(of::<Map<String, Value>>(), None);
        assert_eq!(of::<Value>(), None);
    }
}
