//! Attributes that differ between two records of one object.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Differences, members};
use portolan_machine::text::printable;

/// The most attributes that are counted one by one, several times as many as the largest schema has.
const ATTRIBUTES: usize = 500;
/// The most examples of each kind (gained, lost, changed) of an attribute.
const EXAMPLES_OF_A_KIND: usize = 2;
/// The most characters of a value that an example shows.
const VALUE_CHARACTERS: usize = 80;

/// The differences of one attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttributeDifference {
    /// Records that have it only with the new module.
    pub gained: u64,
    /// Records that have it only with the old module.
    pub lost: u64,
    /// Records that have a different value of it.
    pub changed: u64,
    /// The first records of each kind.
    pub examples: Vec<Example>,
}

/// One record in which an attribute differs. Values are cut to 80 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Example {
    /// The UID of the record.
    pub uid: String,
    /// The value as JSON; absent if the record did not have the attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The value as JSON; absent if the record no longer has the attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// An attribute's name, and its values as written.
pub(super) struct AttributeChange {
    name: String,
    old: Option<String>,
    new: Option<String>,
}

/// The attributes that differ between two records whose bytes differ.
pub(super) fn changes(before: &[u8], after: &[u8]) -> Vec<AttributeChange> {
    let mut rest = members(after);
    let mut changes = Vec::new();
    let text = |value: Option<&RawValue>| value.map(|value| value.get().to_owned());
    for (name, old) in members(before) {
        let new = rest.remove(&name);
        if new.is_none_or(|new| !is_same(old, new)) {
            changes.push(AttributeChange {
                name,
                old: text(Some(old)),
                new: text(new),
            });
        }
    }
    changes.extend(rest.into_iter().map(|(name, new)| AttributeChange {
        name,
        old: None,
        new: text(Some(new)),
    }));
    changes
}

/// Whether two values are the same, however they are written.
fn is_same(old: &RawValue, new: &RawValue) -> bool {
    let value = |raw: &RawValue| serde_json::from_str::<Value>(raw.get()).ok();
    old.get() == new.get() || value(old) == value(new)
}

pub(super) fn note(differences: &mut Differences, uid: &str, change: AttributeChange) {
    let attributes = &mut differences.attributes;
    if attributes.len() >= ATTRIBUTES && !attributes.contains_key(&change.name) {
        differences.omitted += 1;
        return;
    }
    let attribute = attributes.entry(printable(&change.name, 128)).or_default();
    let count = match (&change.old, &change.new) {
        (None, _) => &mut attribute.gained,
        (_, None) => &mut attribute.lost,
        _ => &mut attribute.changed,
    };
    *count += 1;
    if *count <= EXAMPLES_OF_A_KIND as u64 {
        let shown = |value: Option<String>| value.map(|value| printable(&value, VALUE_CHARACTERS));
        attribute.examples.push(Example {
            uid: uid.to_owned(),
            old: shown(change.old),
            new: shown(change.new),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(before: &str, after: &str) -> Differences {
        let mut differences = Differences::default();
        for change in changes(before.as_bytes(), after.as_bytes()) {
            note(&mut differences, "a", change);
        }
        differences
    }

    #[test]
    fn what_is_gained_lost_and_changed_is_told_apart() {
        let found = compared(r#"{"UID":"a","X":1,"Y":2}"#, r#"{"UID":"a","X":3,"Z":[4]}"#);
        let counts = |name: &str| {
            let found = &found.attributes[name];
            (found.gained, found.lost, found.changed)
        };
        assert_eq!(counts("X"), (0, 0, 1));
        assert_eq!(counts("Y"), (0, 1, 0));
        assert_eq!(counts("Z"), (1, 0, 0));
        assert!(!found.attributes.contains_key("UID"));
        let example = &found.attributes["X"].examples[0];
        assert_eq!(
            (example.old.as_deref(), example.new.as_deref()),
            (Some("1"), Some("3"))
        );
    }

    #[test]
    fn order_space_and_escapes_make_no_difference() {
        let before = r#"{"A":{"x":1,"y":"é"},"B":1}"#;
        let after = r#"{"B":1, "A":{"y":"\u00e9", "x":1}}"#;
        assert!(compared(before, after).attributes.is_empty());
    }

    #[test]
    fn values_and_examples_are_bounded() {
        let mut differences = Differences::default();
        for number in 0..1000 {
            let after = format!("{{\"A\":\"{}\",\"N{number}\":1}}", "x".repeat(500));
            for change in changes(b"{}", after.as_bytes()) {
                note(&mut differences, "a", change);
            }
        }
        let attribute = &differences.attributes["A"];
        assert_eq!((attribute.gained, attribute.examples.len()), (1000, 2));
        let value = attribute.examples[0].new.as_ref().expect("a value");
        assert_eq!(value.chars().count(), VALUE_CHARACTERS + 1);
        assert_eq!(differences.attributes.len(), ATTRIBUTES);
        assert_eq!(differences.omitted, 1001 - ATTRIBUTES as u64);
    }
}
