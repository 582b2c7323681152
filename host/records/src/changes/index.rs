//! The index of earlier records: 33 bytes of each while a sync runs.

use std::sync::atomic::{AtomicBool, Ordering};

use portolan_machine::fingerprint::fingerprint;

/// The position and the fingerprint of an earlier record: 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct IndexEntry {
    /// Half of a SHA-256 of the UID. Two of a million UIDs share one with a probability of 10^-27.
    uid: [u8; 16],
    /// Offset of the record's line in its file, in bytes.
    pub(super) offset: u64,
    /// A quarter of a SHA-256 of the compared members. A change is missed with a probability of 2^-64.
    pub(super) content: [u8; 8],
}

/// The earlier records of one object, sorted by UID.
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: Vec<IndexEntry>,
    /// Whether a new record has met the earlier one.
    met: Vec<AtomicBool>,
}

impl Index {
    pub(super) fn add(&mut self, uid: &str, content: [u8; 8], offset: u64) {
        self.entries.push(IndexEntry {
            uid: fingerprint(uid.as_bytes()),
            offset,
            content,
        });
    }

    /// Sorts the entries, and returns the number of records whose UID a later record repeats. The later one
    /// counts.
    pub(super) fn close(&mut self) -> usize {
        let before = self.entries.len();
        self.entries.sort_unstable();
        self.entries.reverse();
        self.entries.dedup_by_key(|entry| entry.uid);
        self.entries.reverse();
        self.entries.shrink_to_fit();
        self.met = self
            .entries
            .iter()
            .map(|_| AtomicBool::new(false))
            .collect();
        before - self.entries.len()
    }

    /// Finds an earlier record and notes that it was met.
    pub(super) fn meet(&self, uid: &str) -> Option<IndexEntry> {
        let uid = fingerprint(uid.as_bytes());
        let index = self
            .entries
            .binary_search_by_key(&uid, |entry| entry.uid)
            .ok()?;
        self.met.get(index)?.store(true, Ordering::Relaxed);
        self.entries.get(index).copied()
    }

    /// Offsets of the records that no new record has met, in the order of the file.
    pub(super) fn missing(&self) -> Vec<u64> {
        let mut offsets: Vec<u64> = self
            .entries
            .iter()
            .zip(&self.met)
            .filter(|(_, met)| !met.load(Ordering::Relaxed))
            .map(|(entry, _)| entry.offset)
            .collect();
        offsets.sort_unstable();
        offsets
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_as_small_as_documented() {
        assert_eq!(size_of::<IndexEntry>() + size_of::<AtomicBool>(), 33);
    }

    #[test]
    fn the_later_of_two_records_counts() {
        let mut index = Index::default();
        for (uid, offset) in [("a", 10), ("b", 20), ("a", 30)] {
            index.add(uid, [0; 8], offset);
        }
        assert_eq!(index.close(), 1);
        assert_eq!(index.meet("a").map(|entry| entry.offset), Some(30));
        assert_eq!(index.meet("c"), None);
        assert_eq!(index.missing(), [20]);
    }
}
