//! Finds attributes in the schema that no record of a run has: a sign of an outdated mapping, or of a request
//! that does not include the mapped members.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use memchr::memmem::Finder;
use serde_json::value::RawValue;

/// Tracks the attributes in the records of one object.
#[derive(Debug, Default)]
pub struct Unfilled {
    /// Few names remain after the first pages, so that tracking takes little time.
    names: RwLock<Vec<Finder<'static>>>,
}

impl Unfilled {
    /// Starts with these attributes.
    pub(super) fn new(names: &[String]) -> Self {
        Self {
            names: RwLock::new(
                names
                    .iter()
                    .map(|name| Finder::new(name).into_owned())
                    .collect(),
            ),
        }
    }

    /// Removes the attributes of a valid record from the list.
    pub fn see(&self, record: &[u8]) {
        let found: Vec<Vec<u8>> = {
            let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
            // The text search comes first, because no record has most of the remaining names.
            let mentioned = |name: &&Finder<'_>| name.find(record).is_some();
            let mut candidates = names.iter().filter(mentioned).peekable();
            if candidates.peek().is_none() {
                return;
            }
            let members: BTreeMap<&str, &RawValue> =
                serde_json::from_slice(record).unwrap_or_default();
            candidates
                .map(|name| name.needle().to_vec())
                .filter(|name| members.keys().any(|member| member.as_bytes() == name))
                .collect()
        };
        if !found.is_empty() {
            let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
            names.retain(|name| !found.iter().any(|each| each == name.needle()));
        }
    }

    /// The attributes that no record has had so far, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        let text = |name: &Finder<'_>| String::from_utf8_lossy(name.needle()).into_owned();
        names.iter().map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_record_s_own_attributes_count() {
        let unfilled = Unfilled::new(&["UID", "CPU", "TAGS"].map(str::to_owned));
        unfilled.see(br#"{"UID":"a CPU","TAGS":{"CPU":"1"}}"#);
        assert_eq!(unfilled.names(), ["CPU"]);
        unfilled.see(br#"{"CPU":"256"}"#);
        assert!(unfilled.names().is_empty());
    }
}
