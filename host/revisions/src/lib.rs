//! What earlier syncs fetched: the bodies of described revisions, and audit events.
//!
//! Caches the bodies of described revisions. A task definition's body never changes after it is registered,
//! so a later sync need not describe it again.
//!
//! Only AWS guarantees that. Another server at an endpoint URL may change a body, so the cache keeps bodies
//! by endpoint. It stores the page as a mapper sees it, with environment values withheld. Only the `status`
//! and the tags of a revision change: the status comes from the listing, and tags are valid for the duration
//! that the cache is opened with.

mod body;
mod events;
mod store;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use portolan_page::ledger::RevisionCacheUse;

pub use events::{EventStore, Place, event_file};
use store::{KeptBody, NewBody, Store};
pub use store::{StoreError, StoreStats};

/// The number of bodies that are written together, because each transaction costs a disk flush. Bodies that
/// are lost when a process is killed are only described again.
const WRITTEN_TOGETHER: usize = 512;

/// A cache of revisions' bodies across syncs.
#[derive(Debug)]
pub struct RevisionCache {
    store: Store,
    /// The time for which tags are valid; `None` for ever.
    tags_count_for: Option<Duration>,
    /// Whether bodies that were not scanned for secrets count as unknown.
    needs_scan: bool,
    waiting: Mutex<HashMap<String, NewBody>>,
    hits: AtomicU64,
    misses: AtomicU64,
    refreshed: AtomicU64,
    stored: AtomicU64,
    has_failed: AtomicBool,
}

/// The path of the cache's file in a cache folder.
#[must_use]
pub fn default_file(cache_folder: &Path) -> PathBuf {
    cache_folder.join("revisions.redb")
}

impl RevisionCache {
    /// Opens the file, or creates it. Bodies whose tags were read longer ago than `tags_count_for` count as
    /// unknown; with `None`, tags never expire.
    ///
    /// # Errors
    /// Fails if another process uses the file, a later version of this program made it, or it cannot be read.
    pub fn open(file: &Path, tags_count_for: Option<Duration>) -> Result<Self, StoreError> {
        Store::open(file).map(|store| Self::of(store, tags_count_for))
    }

    /// Opens an existing file.
    ///
    /// # Errors
    /// As [`RevisionCache::open`]; also if the file does not exist.
    pub fn open_existing(
        file: &Path,
        tags_count_for: Option<Duration>,
    ) -> Result<Self, StoreError> {
        Store::open_existing(file).map(|store| Self::of(store, tags_count_for))
    }

    fn of(store: Store, tags_count_for: Option<Duration>) -> Self {
        Self {
            store,
            tags_count_for,
            needs_scan: false,
            waiting: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            refreshed: AtomicU64::new(0),
            stored: AtomicU64::new(0),
            has_failed: AtomicBool::new(false),
        }
    }

    /// Whether bodies that were not scanned for secrets with the current rules count as unknown.
    #[must_use]
    pub fn needing_scan(self, needs_scan: bool) -> Self {
        Self { needs_scan, ..self }
    }

    /// Returns the body of a revision with the status in the listing, if it is cached and its tags are valid.
    #[must_use]
    pub fn get(&self, endpoint: &str, arn: &str, status: &str) -> Option<Vec<u8>> {
        let key = key(endpoint, arn);
        let known = self.asked(|store| store.get(&key));
        let is_due = known
            .as_ref()
            .is_some_and(|kept| self.is_due(&key, kept.described_at_s));
        let body = known
            .filter(|_| !is_due)
            .and_then(|kept| body::with_status(kept.body, status));
        let count = match (&body, is_due) {
            (Some(_), _) => &self.hits,
            (None, true) => &self.refreshed,
            (None, false) => &self.misses,
        };
        count.fetch_add(1, Ordering::Relaxed);
        body
    }

    /// Whether the body of a revision is cached, and neither its tags nor its scan for secrets are due.
    #[must_use]
    pub fn has(&self, endpoint: &str, arn: &str) -> bool {
        let key = key(endpoint, arn);
        self.asked(|store| store.described_at_s(&key))
            .is_some_and(|described_at_s| !self.is_due(&key, described_at_s))
    }

    /// Reads from the store, unless it has failed before.
    fn asked<T>(&self, ask: impl FnOnce(&Store) -> Result<Option<T>, StoreError>) -> Option<T> {
        if self.has_failed.load(Ordering::Relaxed) {
            return None;
        }
        let answer = ask(&self.store).inspect_err(|error| self.warn(error));
        answer.ok().flatten()
    }

    /// Whether a body has to be described again: its tags have expired, or it lacks a scan for secrets. A time
    /// in the future comes from a wrong clock, so the age of its tags is not known.
    fn is_due(&self, key: &str, described_at_s: u64) -> bool {
        let is_scanned = || self.asked(|store| store.is_scanned(key, described_at_s).map(Some));
        if self.needs_scan && is_scanned() != Some(true) {
            return true;
        }
        self.tags_count_for.is_some_and(|tags_count_for| {
            now_s()
                .checked_sub(described_at_s)
                .is_none_or(|age_s| age_s >= tags_count_for.as_secs())
        })
    }

    /// Caches the body of a revision; environment values are withheld already. `is_scanned` says that all of
    /// them were scanned for secrets before.
    pub fn put(&self, endpoint: &str, arn: &str, body: &[u8], is_scanned: bool) {
        let full = {
            let mut waiting = self.waiting();
            let kept = KeptBody {
                described_at_s: now_s(),
                body: body.to_vec(),
            };
            waiting.insert(key(endpoint, arn), NewBody { kept, is_scanned });
            if waiting.len() < WRITTEN_TOGETHER {
                return;
            }
            std::mem::take(&mut *waiting)
        };
        self.write(full);
    }

    /// Writes the waiting bodies, and returns the cache's counts.
    pub fn finish(&self) -> RevisionCacheUse {
        let rest = std::mem::take(&mut *self.waiting());
        self.write(rest);
        RevisionCacheUse {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            refreshed: self.refreshed.load(Ordering::Relaxed),
            stored: self.stored.load(Ordering::Relaxed),
        }
    }

    fn write(&self, bodies: HashMap<String, NewBody>) {
        // A full disk stays full: the cache warns once, and the sync continues without it.
        if bodies.is_empty() || self.has_failed.load(Ordering::Relaxed) {
            return;
        }
        match self.store.put(&bodies) {
            Ok(()) => {
                self.stored
                    .fetch_add(bodies.len() as u64, Ordering::Relaxed);
            }
            Err(error) => self.warn(&error),
        }
    }

    fn warn(&self, error: &StoreError) {
        if !self.has_failed.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "{error}; the sync goes on, and asks AWS for the revisions that it cannot read here"
            );
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, NewBody>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The contents of the cache in a file, as counts.
///
/// # Errors
/// As [`RevisionCache::open`].
pub fn stats(file: &Path) -> Result<StoreStats, StoreError> {
    Store::open_existing(file)?.stats()
}

/// Reads all bodies in a file, and counts the damaged ones.
///
/// # Errors
/// As [`RevisionCache::open`].
pub fn verify(file: &Path) -> Result<StoreStats, StoreError> {
    Store::open_existing(file)?.verify()
}

/// Removes a cache. The next sync describes the revisions again.
///
/// # Errors
/// Fails if the file cannot be removed, or is not a cache. If it does not exist, the result is `false`.
pub fn clear(file: &Path) -> std::io::Result<bool> {
    if file.exists() && !store::is_cache(file)? {
        return Err(std::io::Error::other(
            "it is not a revision cache; remove it by hand if it is not needed",
        ));
    }
    if let Err(error) = std::fs::remove_file(event_file(file))
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(error);
    }
    match std::fs::remove_file(file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The current time in seconds since 1970.
fn now_s() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0, |duration| duration.as_secs())
}

/// The key of a body. Neither part contains a newline.
fn key(endpoint: &str, arn: &str) -> String {
    format!("{endpoint}\n{arn}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1";
    const BODY: &[u8] = br#"{"taskDefinition":{"status":"ACTIVE","revision":1},"tags":[]}"#;

    fn open(folder: &tempfile::TempDir) -> RevisionCache {
        RevisionCache::open(&default_file(folder.path()), None).expect("a cache")
    }

    #[test]
    fn a_body_comes_back_with_the_status_of_the_listing() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = open(&folder);
        assert_eq!(cache.get("aws", ARN, "ACTIVE"), None);
        cache.put("aws", ARN, BODY, false);
        assert_eq!(cache.finish().stored, 1);
        drop(cache);
        let cache = open(&folder);
        assert!(cache.has("aws", ARN) && !cache.has("http://elsewhere", ARN));
        assert_eq!(cache.get("aws", ARN, "ACTIVE").as_deref(), Some(BODY));
        assert_eq!(
            cache.get("aws", ARN, "INACTIVE").as_deref(),
            Some(br#"{"taskDefinition":{"status":"INACTIVE","revision":1},"tags":[]}"#.as_slice())
        );
        assert_eq!(cache.get("http://elsewhere", ARN, "ACTIVE"), None);
        let used = cache.finish();
        assert_eq!((used.hits, used.misses, used.stored), (2, 1, 0));
    }

    #[test]
    fn a_body_whose_tags_are_due_is_unknown_until_it_is_described_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = default_file(folder.path());
        let hour = Duration::from_secs(3_600);
        for (age_s, is_known) in [(3_500, true), (3_700, false), (-3_500, false)] {
            let described_at_s = now_s().checked_sub_signed(age_s).expect("after 1970");
            let body = BODY.to_vec();
            let kept = KeptBody {
                described_at_s,
                body,
            };
            let store = Store::open(&file).expect("a store");
            let is_scanned = false;
            let bodies = HashMap::from([(key("aws", ARN), NewBody { kept, is_scanned })]);
            store.put(&bodies).expect("kept");
            drop(store);
            let cache = RevisionCache::open(&file, Some(hour)).expect("a cache");
            assert_eq!(cache.has("aws", ARN), is_known, "{age_s}");
            assert_eq!(cache.get("aws", ARN, "ACTIVE").is_some(), is_known);
            assert_eq!(cache.finish().refreshed, u64::from(!is_known));
            drop(cache);
            assert!(open(&folder).has("aws", ARN), "without an age it counts");
        }
        let cache = RevisionCache::open(&file, Some(hour)).expect("a cache");
        cache.put("aws", ARN, BODY, false);
        cache.finish();
        assert!(cache.has("aws", ARN));
    }

    #[test]
    fn a_body_without_a_scan_is_unknown_to_a_sync_that_scans() {
        let folder = tempfile::tempdir().expect("a folder");
        for is_scanned in [false, true] {
            let cache = open(&folder);
            cache.put("aws", ARN, BODY, is_scanned);
            cache.finish();
            assert!(cache.has("aws", ARN));
            let cache = cache.needing_scan(true);
            assert_eq!(cache.has("aws", ARN), is_scanned);
            assert_eq!(cache.get("aws", ARN, "ACTIVE").is_some(), is_scanned);
            assert_eq!(cache.finish().refreshed, u64::from(!is_scanned));
        }
    }

    #[test]
    fn clearing_what_is_not_there_is_no_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = default_file(folder.path());
        assert!(!clear(&file).expect("nothing to do"));
        drop(open(&folder));
        assert!(clear(&file).expect("removed"));
    }
}
