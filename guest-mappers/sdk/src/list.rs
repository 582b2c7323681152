use std::collections::BTreeSet;

use serde::Serialize;

use crate::{Int, Object};

/// A list of the page. A null list is an absent one, and null elements are allowed.
pub type List<T> = Option<Vec<Option<Object<T>>>>;

/// The elements of a list that are there.
pub fn items<T>(list: &List<T>) -> impl Iterator<Item = &T> {
    list.iter().flatten().flatten().map(|element| &element.0)
}

/// An attribute that is a list: each text once, in source order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct TextSet<'s>(Vec<&'s str>);

/// An attribute that is a list of integers: each once, in source order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct IntSet(Vec<Int>);

impl IntSet {
    /// Collects integers as [`TextSet::collect`] does texts.
    pub fn collect(integers: impl IntoIterator<Item = Int>) -> Option<Self> {
        distinct(integers).map(Self)
    }
}

/// From this many elements on, looking through all of them costs more than a tree.
const MANY: usize = 24;

/// Each element once, in source order; `None` without any.
fn distinct<T: Copy + Ord>(elements: impl IntoIterator<Item = T>) -> Option<Vec<T>> {
    let mut set = Vec::new();
    let mut seen = BTreeSet::new();
    for element in elements {
        if set.len() < MANY {
            if !set.contains(&element) {
                set.push(element);
            }
            continue;
        }
        if seen.is_empty() {
            seen.extend(set.iter().copied());
        }
        if seen.insert(element) {
            set.push(element);
        }
    }
    (!set.is_empty()).then_some(set)
}

impl<'s> TextSet<'s> {
    /// Collects texts, drops repeats after the first, and gives `None` if there is nothing: an empty
    /// list is no attribute.
    pub fn collect(texts: impl IntoIterator<Item = &'s str>) -> Option<Self> {
        distinct(texts).map(Self)
    }

    /// The texts, in source order.
    #[must_use]
    pub fn as_slice(&self) -> &[&'s str] {
        &self.0
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for TextSet<'_> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TextSet".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "array",
            "items": { "type": "string" },
            "minItems": 1,
            "uniqueItems": true,
        })
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for IntSet {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "IntSet".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "array",
            "items": { "type": "integer" },
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
    fn a_set_of_integers_keeps_the_first_of_repeats() {
        let list: List<Int> = serde_json::from_str("[80,null,0,80.0,-1]").unwrap();
        let set = IntSet::collect(items(&list).copied()).unwrap();
        assert_eq!(serde_json::to_string(&set).unwrap(), "[80,0,-1]");
        assert_eq!(IntSet::collect([]), None);
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
