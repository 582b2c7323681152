use std::collections::BTreeSet;

use serde::Serialize;

use crate::{Int, Object};

/// A list in a page. The list and each of its elements may be null.
pub type List<T> = Option<Vec<Option<Object<T>>>>;

/// The elements of a list, without nulls. A null or absent list has no elements.
pub fn items<T>(list: &List<T>) -> impl Iterator<Item = &T> {
    list.iter().flatten().flatten().map(|element| &element.0)
}

/// An attribute that is a list: each value once, in source order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Set<T>(Vec<T>);

/// A set of texts.
pub type TextSet<'s> = Set<&'s str>;

/// A set of integers.
pub type IntSet = Set<Int>;

/// The number of values from which a search in a tree is faster than a search through the list.
const MANY: usize = 24;

impl<T: Copy + Ord> Set<T> {
    /// Collects each value once, at its first place. Returns `None` for no values, because a record omits an
    /// attribute that would be an empty list.
    pub fn collect(values: impl IntoIterator<Item = T>) -> Option<Self> {
        let mut set = Vec::new();
        let mut seen = BTreeSet::new();
        for value in values {
            if set.len() < MANY {
                if !set.contains(&value) {
                    set.push(value);
                }
                continue;
            }
            if seen.is_empty() {
                seen.extend(set.iter().copied());
            }
            if seen.insert(value) {
                set.push(value);
            }
        }
        (!set.is_empty()).then_some(Self(set))
    }

    /// The values, in source order.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Set<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Set_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "array",
            "items": generator.subschema_for::<T>(),
            "minItems": 1,
            "uniqueItems": true,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn keeps_source_order_and_the_first_of_repeats() {
        let set = TextSet::collect(["b", "a", "", "b", "B", ""]).unwrap();
        assert_eq!(set.as_slice(), ["b", "a", "", "B"]);
        assert_eq!(TextSet::collect([]), None);
    }

    #[test]
    fn a_hundred_thousand_texts_are_no_trouble() {
        let texts: Vec<String> = (0..100_000)
            .map(|number| format!("{}", number % 60_000))
            .collect();
        let set = TextSet::collect(texts.iter().map(String::as_str)).unwrap();
        assert_eq!(set.as_slice(), &texts[..60_000]);
    }

    #[test]
    fn null_elements_and_null_lists_are_skipped() {
        let list: List<u8> = serde_json::from_str("[null,1,null,2]").unwrap();
        assert_eq!(items(&list).copied().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(items(&None::<Vec<Option<Object<u8>>>>).count(), 0);
    }
}
