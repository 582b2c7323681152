//! A record split into its members, and the differences between two records.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use portolan_machine::fingerprint::shorten;

/// The members of a record by name, each as written.
#[derive(Debug)]
pub(super) struct RecordMembers<'r> {
    pub(super) uid: String,
    members: BTreeMap<String, &'r RawValue>,
}

impl<'r> RecordMembers<'r> {
    /// Reads a record; `None` if it is not a JSON object with a text as UID.
    pub(super) fn read(record: &'r [u8]) -> Option<Self> {
        let members: BTreeMap<String, &RawValue> = serde_json::from_slice(record).ok()?;
        let uid = serde_json::from_str(members.get("UID")?.get()).ok()?;
        Some(Self { uid, members })
    }

    /// The text of a member.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.members.get(name)?.get()).ok()
    }

    /// A fingerprint of the compared members. Equal fingerprints mean equal records; records with different
    /// ones may still have the same values, written differently.
    pub(super) fn fingerprint(&self, volatile: &BTreeSet<String>) -> [u8; 8] {
        let mut digest = Sha256::new();
        for (name, value) in &self.members {
            if volatile.contains(name) {
                continue;
            }
            for text in [name.as_str(), value.get()] {
                // With its length, so that two texts have another digest than one text of both.
                digest.update(text.len().to_le_bytes());
                digest.update(text);
            }
        }
        shorten(&digest.finalize())
    }

    /// The sorted names of the members that are different.
    pub(super) fn differences(
        &self,
        earlier: &RecordMembers<'_>,
        volatile: &BTreeSet<String>,
    ) -> Vec<String> {
        let names: BTreeSet<&String> = self.members.keys().chain(earlier.members.keys()).collect();
        names
            .into_iter()
            .filter(|name| !volatile.contains(*name))
            .filter(
                |name| match (self.members.get(*name), earlier.members.get(*name)) {
                    (Some(new), Some(earlier)) => !mean_the_same(new.get(), earlier.get()),
                    (new, earlier) => new.is_some() != earlier.is_some(),
                },
            )
            .cloned()
            .collect()
    }
}

fn mean_the_same(left: &str, right: &str) -> bool {
    let value = |text| serde_json::from_str::<Value>(text);
    left == right
        || matches!((value(left), value(right)), (Ok(left), Ok(right)) if equal(&left, &right))
}

/// Whether two JSON values are the same. The order of members does not count, the order of elements does, and
/// 1 and 1.0 are the same number.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, left)| right.get(name).is_some_and(|right| equal(left, right)))
        }
        (Value::Number(left), Value::Number(right)) => {
            // Compared as floats only if one of them is a float, because large integers are exact.
            left == right || ((left.is_f64() || right.is_f64()) && left.as_f64() == right.as_f64())
        }
        (left, right) => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(new: &str, earlier: &str) -> Vec<String> {
        let volatile = BTreeSet::from(["COUNT".to_owned()]);
        let new = RecordMembers::read(new.as_bytes()).expect("a record");
        let earlier = RecordMembers::read(earlier.as_bytes()).expect("a record");
        let found = new.differences(&earlier, &volatile);
        if new.fingerprint(&volatile) == earlier.fingerprint(&volatile) {
            assert_eq!(
                found,
                Vec::<String>::new(),
                "equal fingerprints, but not equal"
            );
        }
        found
    }

    #[test]
    fn values_are_compared_and_not_their_spelling() {
        let earlier = r#"{"UID":"u","TAGS":{"a":"1","b":"2"},"LIST":[1,2],"COUNT":1,"NAME":"A"}"#;
        for same in [
            r#"{"UID":"u","TAGS":{"b":"2","a":"1"},"LIST":[1,2],"COUNT":1,"NAME":"A"}"#,
            r#"{"NAME":"\u0041","UID":"u","COUNT":2,"TAGS":{"a":"1","b":"2"},"LIST":[1.0, 2]}"#,
            r#"{"UID":"u","TAGS":{"a":"1","b":"2"},"LIST":[1,2],"NAME":"A"}"#,
        ] {
            assert_eq!(differences(same, earlier), Vec::<String>::new(), "{same}");
        }
        let other = r#"{"UID":"u","TAGS":{"a":"1","b":"3"},"LIST":[2,1],"COUNT":1,"NEW":null}"#;
        assert_eq!(differences(other, earlier), ["LIST", "NAME", "NEW", "TAGS"]);
    }

    #[test]
    fn large_integers_that_share_a_float_differ() {
        let new = r#"{"UID":"u","SIZE":9007199254740993}"#;
        assert_eq!(
            differences(new, r#"{"UID":"u","SIZE":9007199254740992}"#),
            ["SIZE"]
        );
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for text in ["", "[]", "{}", r#"{"UID":1}"#, "{\"UID\":\"a\"", "UID,NAME"] {
            assert!(RecordMembers::read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
