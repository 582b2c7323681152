use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use crate::{List, Text, items};

/// A tag as AWS sends it.
#[derive(Clone, Debug, Deserialize)]
pub struct Tag<'a> {
    /// The key; a tag without one is dropped.
    #[serde(borrow)]
    pub key: Option<Text<'a>>,
    /// The value; an absent one is empty.
    pub value: Option<Text<'a>>,
}

/// The attribute `TAGS`: an object of strings, each key once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags<'s>(Vec<(&'s str, &'s str)>);

/// With this many tags, a tree is faster than a linear search. AWS allows 50.
const MANY: usize = 24;

impl<'s> Tags<'s> {
    /// Collects tags; if a key is repeated, the last value counts. `None` if there are no tags, because an
    /// empty list may also mean that the request did not include tags.
    #[must_use]
    pub fn collect(tags: &'s List<Tag<'_>>) -> Option<Self> {
        Self::from_pairs(items(tags).filter_map(|tag| {
            let value = tag.value.as_deref().unwrap_or("");
            Some((tag.key.as_deref()?, value))
        }))
    }

    /// Collects keys and values as [`Tags::collect`] does.
    pub fn from_pairs(tags: impl IntoIterator<Item = (&'s str, &'s str)>) -> Option<Self> {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        let mut places = BTreeMap::new();
        for (key, value) in tags {
            if pairs.len() == MANY && places.is_empty() {
                places.extend(
                    pairs
                        .iter()
                        .enumerate()
                        .map(|(place, pair)| (pair.0, place)),
                );
            }
            let place = match places.is_empty() {
                true => pairs.iter().position(|pair| pair.0 == key),
                false => places.get(key).copied(),
            };
            match place {
                Some(place) => pairs[place].1 = value,
                None => {
                    if !places.is_empty() {
                        places.insert(key, pairs.len());
                    }
                    pairs.push((key, value));
                }
            }
        }
        (!pairs.is_empty()).then_some(Self(pairs))
    }

    /// The value of the tag with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'s str> {
        self.0.iter().find(|pair| pair.0 == key).map(|pair| pair.1)
    }
}

impl Serialize for Tags<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Tags<'_> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tags".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "additionalProperties": { "type": "string" },
            "minProperties": 1,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn collect(json: &str) -> Option<String> {
        let tags: List<Tag<'_>> = serde_json::from_str(json).unwrap();
        Tags::collect(&tags).map(|tags| serde_json::to_string(&tags).unwrap())
    }

    #[test]
    fn keys_and_values_are_untouched() {
        let json = r#"[{"key":" A ","value":"x\u2028"},{"key":"aws:ecs:service","value":""},{"key":"","value":"v"}]"#;
        let expected = "{\" A \":\"x\u{2028}\",\"aws:ecs:service\":\"\",\"\":\"v\"}";
        assert_eq!(collect(json).as_deref(), Some(expected));
    }

    #[test]
    fn missing_values_are_empty_and_missing_keys_drop_the_tag() {
        let json = r#"[{"key":"a"},{"key":"b","value":null},{"value":"lost"},{"key":null,"value":"lost"},null,{}]"#;
        assert_eq!(collect(json).as_deref(), Some(r#"{"a":"","b":""}"#));
    }

    #[test]
    fn the_last_of_a_repeated_key_counts() {
        let json = r#"[{"key":"a","value":"1"},{"key":"b","value":"2"},{"key":"a","value":"3"},{"key":"A","value":"4"}]"#;
        assert_eq!(
            collect(json).as_deref(),
            Some(r#"{"a":"3","b":"2","A":"4"}"#)
        );
    }

    #[test]
    fn no_tags_is_no_attribute() {
        for json in ["null", "[]", "[null]", "[{}]"] {
            assert_eq!(collect(json), None, "{json}");
        }
    }

    #[test]
    fn many_tags_keep_the_rules() {
        let pairs: Vec<String> = (0..50_000)
            .map(|number| format!(r#"{{"key":"{}","value":"{number}"}}"#, number % 40_000))
            .collect();
        let json = format!("[{}]", pairs.join(","));
        let tags: List<Tag<'_>> = serde_json::from_str(&json).unwrap();
        let tags = Tags::collect(&tags).unwrap();
        assert_eq!(tags.0.len(), 40_000);
        assert_eq!(
            (tags.0[7], tags.0[39_999]),
            (("7", "40007"), ("39999", "39999"))
        );
    }
}
