//! Revisions that were described once: a task definition's body never changes after it is registered, so
//! that a later sync need not ask for it again.
//!
//! AWS promises that for itself; whatever else answers at an endpoint URL promises nothing, which is why
//! bodies are kept by endpoint. What is kept is the page as a mapper sees it, with environment values
//! withheld. Only `status` (and tags) of a revision change: the status is that of the listing.

mod body;
mod store;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use store::Store;
pub use store::{StoreError, StoreStats};

/// Bodies that wait to be written together: one transaction costs a disk flush, and what is lost when a
/// process is killed is only asked for again.
const WRITTEN_TOGETHER: usize = 512;

/// Bodies of revisions, kept across syncs.
#[derive(Debug)]
pub struct RevisionCache {
    store: Store,
    waiting: Mutex<HashMap<String, Vec<u8>>>,
    hits: AtomicU64,
    misses: AtomicU64,
    stored: AtomicU64,
    has_failed: AtomicBool,
}

/// What the revision cache did for a sync.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RevisionCacheUse {
    /// Revisions that were not asked for again.
    pub hits: u64,
    /// Revisions that had to be described.
    pub misses: u64,
    /// Revisions that a later sync need not ask for.
    pub stored: u64,
}

/// The file of the cache in a cache folder.
#[must_use]
pub fn default_file(cache_folder: &Path) -> PathBuf {
    cache_folder.join("revisions.redb")
}

impl RevisionCache {
    /// Opens the file, which is made if it is missing.
    ///
    /// # Errors
    /// If another process uses the file, a newer version of this program made it, or it cannot be read.
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        Store::open(file).map(Self::of)
    }

    /// Opens a file that is there already.
    ///
    /// # Errors
    /// As [`RevisionCache::open`], and if there is no file.
    pub fn open_existing(file: &Path) -> Result<Self, StoreError> {
        Store::open_existing(file).map(Self::of)
    }

    fn of(store: Store) -> Self {
        Self {
            store,
            waiting: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            stored: AtomicU64::new(0),
            has_failed: AtomicBool::new(false),
        }
    }

    /// The body of a revision that is listed with this status, if it is known.
    #[must_use]
    pub fn get(&self, endpoint: &str, arn: &str, status: &str) -> Option<Vec<u8>> {
        let known = self
            .store
            .get(&key(endpoint, arn))
            .inspect_err(|error| self.warn(error))
            .ok()
            .flatten();
        let body = known.and_then(|body| body::with_status(body, status));
        let count = if body.is_some() {
            &self.hits
        } else {
            &self.misses
        };
        count.fetch_add(1, Ordering::Relaxed);
        body
    }

    /// Whether the body of a revision is known.
    #[must_use]
    pub fn has(&self, endpoint: &str, arn: &str) -> bool {
        self.store
            .has(&key(endpoint, arn))
            .inspect_err(|error| self.warn(error))
            .unwrap_or_default()
    }

    /// Keeps the body of a revision, from which environment values are withheld already.
    pub fn put(&self, endpoint: &str, arn: &str, body: &[u8]) {
        let full = {
            let mut waiting = self.waiting();
            waiting.insert(key(endpoint, arn), body.to_vec());
            if waiting.len() < WRITTEN_TOGETHER {
                return;
            }
            std::mem::take(&mut *waiting)
        };
        self.write(full);
    }

    /// Writes what still waits, and says what the cache did.
    pub fn finish(&self) -> RevisionCacheUse {
        let rest = std::mem::take(&mut *self.waiting());
        self.write(rest);
        RevisionCacheUse {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            stored: self.stored.load(Ordering::Relaxed),
        }
    }

    fn write(&self, bodies: HashMap<String, Vec<u8>>) {
        // A disk that is full stays full: one warning, and the sync goes on without.
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
            tracing::warn!("{error}; the sync goes on, and asks AWS for what it cannot read here");
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, Vec<u8>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the cache in a file holds.
///
/// # Errors
/// As [`RevisionCache::open`].
pub fn stats(file: &Path) -> Result<StoreStats, StoreError> {
    Store::open_existing(file)?.stats()
}

/// Reads everything in a file and counts what is damaged.
///
/// # Errors
/// As [`RevisionCache::open`].
pub fn verify(file: &Path) -> Result<StoreStats, StoreError> {
    Store::open_existing(file)?.verify()
}

/// Removes a cache. Nothing is lost but time.
///
/// # Errors
/// If the file cannot be removed; one that is not there is no error, and gives false.
pub fn clear(file: &Path) -> std::io::Result<bool> {
    match std::fs::remove_file(file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Where the bodies of an endpoint are kept. A newline is in neither part.
fn key(endpoint: &str, arn: &str) -> String {
    format!("{endpoint}\n{arn}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1";
    const BODY: &[u8] = br#"{"taskDefinition":{"status":"ACTIVE","revision":1},"tags":[]}"#;

    fn open(folder: &tempfile::TempDir) -> RevisionCache {
        RevisionCache::open(&default_file(folder.path())).expect("a cache")
    }

    #[test]
    fn a_body_comes_back_with_the_status_of_the_listing() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = open(&folder);
        assert_eq!(cache.get("aws", ARN, "ACTIVE"), None);
        cache.put("aws", ARN, BODY);
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
    fn clearing_what_is_not_there_is_no_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = default_file(folder.path());
        assert!(!clear(&file).expect("nothing to do"));
        drop(open(&folder));
        assert!(clear(&file).expect("removed"));
    }
}
