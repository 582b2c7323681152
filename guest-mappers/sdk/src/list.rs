use std::collections::BTreeSet;

use serde::Serialize;

use crate::Object;

/// A list of the page. A null list counts as absent, and elements may be null.
pub type List<T> = Option<Vec<Option<Object<T>>>>;

/// The elements of a list that are not null.
pub fn items<T>(list: &List<T>) -> impl Iterator<Item = &T> {
    list.iter().flatten().flatten().map(|element| &element.0)
}

/// An attribute that is a list: each text once, in source order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct TextSet<'s>(Vec<&'s str>);

/// With this many texts, a tree is faster than a linear search.
const MANY: usize = 24;

impl<'s> TextSet<'s> {
    /// Collects texts and drops repeats after the first. `None` if there are no texts, because an empty list
    /// is not an attribute.
    pub fn collect(texts: impl IntoIterator<Item = &'s str>) -> Option<Self> {
        let mut set = Vec::new();
        let mut seen = BTreeSet::new();
        for text in texts {
            if set.len() < MANY {
                if !set.contains(&text) {
                    set.push(text);
                }
                continue;
            }
            if seen.is_empty() {
                seen.extend(set.iter().copied());
            }
            if seen.insert(text) {
                set.push(text);
            }
        }
        (!set.is_empty()).then_some(Self(set))
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
