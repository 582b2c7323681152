//! JSON values that borrow their texts from the record, for the validator.
//!
//! Validation reads a record once and drops it. Trees with owned names and texts would take two thirds of the
//! time of this step.

use std::borrow::Cow;
use std::collections::HashSet;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, Node, NodeIdentity, Object};
use serde_json::{Map, Number, Value};

/// A JSON value.
#[derive(Debug, Default)]
pub(super) enum Borrowed<'r> {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'r, str>),
    List(Vec<Self>),
    Object(Vec<(Cow<'r, str>, Self)>),
}

/// Up to this many texts, a linear search is faster than hashing.
const FEW: usize = 64;

/// Whether every text occurs once.
pub(super) fn are_unique<'t>(texts: impl ExactSizeIterator<Item = &'t str> + Clone) -> bool {
    if texts.len() > FEW {
        let mut seen = HashSet::with_capacity(texts.len());
        return texts.clone().all(|text| seen.insert(text));
    }
    // A bit for each kind of text that occurred. Most texts are the first of their kind.
    let mut kinds = 0_u64;
    texts.clone().enumerate().all(|(index, text)| {
        let kind = 1 << (kind_of(text) % 64);
        let is_new_kind = kinds & kind == 0;
        kinds |= kind;
        is_new_kind || !texts.clone().take(index).any(|other| other == text)
    })
}

/// A number that differs for most pairs of different texts.
fn kind_of(text: &str) -> usize {
    let bytes = text.as_bytes();
    let byte = |place: usize| usize::from(bytes.get(place).copied().unwrap_or_default());
    bytes.len() * 7 + byte(0) * 3 + byte(bytes.len() / 2) * 5 + byte(bytes.len().wrapping_sub(1))
}

impl<'r> From<&'r Value> for Borrowed<'r> {
    fn from(value: &'r Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Array(elements) => Self::List(elements.iter().map(Self::from).collect()),
            Value::Object(members) => Self::Object(
                members
                    .iter()
                    .map(|(name, value)| (Cow::Borrowed(name.as_str()), Self::from(value)))
                    .collect(),
            ),
        }
    }
}

impl Borrowed<'_> {
    fn to_owned_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone().into_owned()),
            Self::List(elements) => elements.iter().map(Self::to_owned_value).collect(),
            Self::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, value)| (name.clone().into_owned(), value.to_owned_value()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }
}

/// Implements the validator's view of [`Borrowed`].
pub(super) struct BorrowedJson;

impl Json for BorrowedJson {
    type Node<'a> = &'a Borrowed<'a>;
    type PreparedKey = String;
    type StringBuffer = Borrowed<'static>;

    // A lookup visits half of the members on average, and a pass visits all of them.
    const KEYS_PER_LOOKUP: usize = 8;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(
        buffer: &mut Borrowed<'static>,
        string: &str,
        f: impl FnOnce(Self::Node<'_>) -> T,
    ) -> T {
        *buffer = Borrowed::Text(Cow::Owned(string.to_owned()));
        f(buffer)
    }
}

impl<'a> Node<'a, BorrowedJson> for &'a Borrowed<'a> {
    type Object = &'a [(Cow<'a, str>, Borrowed<'a>)];
    type Array = &'a [Borrowed<'a>];
    type Number = &'a Number;

    fn as_object(&self) -> Option<Self::Object> {
        match self {
            Borrowed::Object(members) => Some(members),
            _ => None,
        }
    }

    fn as_array(&self) -> Option<Self::Array> {
        match self {
            Borrowed::List(elements) => Some(elements),
            _ => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self {
            Borrowed::Text(text) => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }

    fn as_number(&self) -> Option<Self::Number> {
        match self {
            Borrowed::Number(number) => Some(number),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self {
            Borrowed::Bool(value) => Some(*value),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self, Borrowed::Null)
    }

    fn json_type(&self) -> JsonType {
        match self {
            Borrowed::Null => JsonType::Null,
            Borrowed::Bool(_) => JsonType::Boolean,
            Borrowed::Number(_) => JsonType::Number,
            Borrowed::Text(_) => JsonType::String,
            Borrowed::List(_) => JsonType::Array,
            Borrowed::Object(_) => JsonType::Object,
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(self.to_owned_value())
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(
            std::ptr::from_ref::<Borrowed<'_>>(self) as usize
        ))
    }
}

/// Iterates over the members of an object, in their order.
pub(super) struct MemberIter<'a>(std::slice::Iter<'a, (Cow<'a, str>, Borrowed<'a>)>);

impl<'a> Iterator for MemberIter<'a> {
    type Item = (&'a str, &'a Borrowed<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (&**name, value))
    }
}

impl<'a> Object<'a, BorrowedJson> for &'a [(Cow<'a, str>, Borrowed<'a>)] {
    type Node = &'a Borrowed<'a>;
    type MemberName = &'a str;
    type MembersIter = MemberIter<'a>;

    fn len(&self) -> usize {
        <[_]>::len(self)
    }

    fn get(&self, key: &String) -> Option<&'a Borrowed<'a>> {
        self.iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    fn members(&self) -> MemberIter<'a> {
        MemberIter(self.iter())
    }
}

impl<'a> Array<'a, BorrowedJson> for &'a [Borrowed<'a>] {
    type Node = &'a Borrowed<'a>;
    type ElementsIter = std::slice::Iter<'a, Borrowed<'a>>;

    fn len(&self) -> usize {
        <[_]>::len(self)
    }

    fn elements(&self) -> Self::ElementsIter {
        self.iter()
    }

    fn is_unique(&self) -> bool {
        let text = |element: &'a Borrowed<'a>| match element {
            Borrowed::Text(text) => Some(&**text),
            _ => None,
        };
        if self.iter().all(|element| text(element).is_some()) {
            return are_unique(self.iter().map(|element| text(element).unwrap_or_default()));
        }
        let values: Vec<Cow<'_, Value>> = self.iter().map(|element| element.to_value()).collect();
        jsonschema::json::unique::is_unique(&values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unique(texts: &[&str]) -> bool {
        are_unique(texts.iter().copied())
    }

    #[test]
    fn repeats_are_found_among_few_and_many() {
        assert!(unique(&[]));
        assert!(unique(&["", "a", "b", "ab", "ba"]));
        assert!(!unique(&["", "a", ""]));
        assert!(!unique(&["NAME", "UID", "TAGS", "UID"]));
        let many: Vec<String> = (0..200).map(|number| number.to_string()).collect();
        for count in [FEW, FEW + 1, 200] {
            let mut texts: Vec<&str> = many[..count].iter().map(String::as_str).collect();
            assert!(unique(&texts), "{count}");
            texts[count - 1] = "7";
            assert!(!unique(&texts), "{count}");
        }
    }

    #[test]
    fn texts_of_one_kind_are_told_apart() {
        // The same length, and the same bytes at the front, in the middle and at the end.
        assert!(unique(&["axbxc", "aybxc", "axbyc"]));
        assert_eq!(kind_of("axbxc"), kind_of("aybxc"));
    }
}
