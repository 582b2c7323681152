use serde::Deserialize;

use crate::{List, Text, items, text};

/// A name and a value, as AWS lists settings, attributes and details.
#[derive(Clone, Debug, Deserialize)]
pub struct Pair<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    /// Its value.
    pub value: Option<Text<'a>>,
}

/// The value of the first pair of exactly this name that has one.
#[must_use]
pub fn value_of<'s>(pairs: &'s List<Pair<'_>>, name: &str) -> Option<&'s str> {
    let mut named = items(pairs).filter(|pair| text(&pair.name) == Some(name));
    named.find_map(|pair| text(&pair.value))
}
