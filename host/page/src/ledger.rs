//! The ledger, to which every part of a running sync reports.

mod balance;
mod lines;
mod pace;

use crate::scope::{AccountId, RegionName};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::object::{ActionGroup, Object, Operation};
pub use balance::Balance;
pub use lines::{
    Counts, EntryKey, EntryProgress, Failure, GroupCalls, OperationCalls, Provenance,
    RejectionLine, ReportEntry, Resumed, RevisionCacheUse, SecretsScan, TagsRead, Tombstone,
};
pub use pace::GroupClock;

/// The most lines of detail that a report holds, because it has to fit into memory. If more objects than this
/// fail, they have a common cause.
const DETAIL_LIMIT: u64 = 100_000;

/// Collects the events of a sync. All methods may be called from any thread.
#[derive(Debug, Default)]
pub struct Ledger {
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    scopes: BTreeMap<EntryKey, OpenEntry>,
    operations: BTreeMap<(AccountId, RegionName, Operation), OperationCalls>,
    paces: BTreeMap<(AccountId, RegionName, ActionGroup), GroupClock>,
    warnings: Vec<String>,
    provenance: Option<BTreeMap<Object, Provenance>>,
    details: u64,
    omitted: u64,
}

#[derive(Clone, Debug, Default)]
struct OpenEntry {
    counts: Counts,
    /// Tombstones of the cluster itself, which is not listed in this scope.
    cluster_tombstones: u64,
    /// Objects that an earlier sync had described.
    resumed: u64,
    /// Whether the resumed objects still wait for the end of this scope's listing.
    awaits_listing: bool,
    reason: Option<String>,
    unread: BTreeSet<String>,
    tags: Option<TagsRead>,
    secrets: Option<SecretsScan>,
    other_service: u64,
    other_references: BTreeMap<String, u64>,
    tombstones: Vec<Tombstone>,
    rejections: Vec<RejectionLine>,
    failures: Vec<Failure>,
    warnings: Vec<RejectionLine>,
}

impl Books {
    fn entry(&mut self, key: &EntryKey) -> &mut OpenEntry {
        self.scopes.entry(key.clone()).or_default()
    }

    fn has_room(&mut self) -> bool {
        let room = self.details < DETAIL_LIMIT;
        if room {
            self.details += 1;
        } else {
            self.omitted += 1;
        }
        room
    }
}

impl Ledger {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Opens a scope, so that it is in the report even if nothing happens in it.
    pub fn open(&self, key: &EntryKey) {
        self.books().entry(key);
    }

    /// Notes ARNs that a List page returned.
    pub fn listed(&self, key: &EntryKey, count: usize) {
        self.books().entry(key).counts.listed += count as u64;
    }

    /// Notes objects that a killed sync had listed and described. Only a new listing shows whether they are
    /// all objects of the scope.
    pub fn resumed(&self, key: &EntryKey, count: u64) {
        let mut books = self.books();
        let entry = books.entry(key);
        entry.counts.listed += count;
        entry.counts.described += count;
        entry.resumed += count;
        entry.awaits_listing = true;
    }

    /// Notes that the listing of a scope has ended, or that its failure is noted.
    pub fn listed_again(&self, key: &EntryKey) {
        if let Some(entry) = self.books().scopes.get_mut(key) {
            entry.awaits_listing = false;
        }
    }

    /// Notes objects that a Describe call returned.
    pub fn described(&self, key: &EntryKey, count: usize) {
        self.books().entry(key).counts.described += count as u64;
    }

    /// Notes an object that was listed and could not be described.
    pub fn tombstone(&self, key: &EntryKey, tombstone: Tombstone) {
        let mut books = self.books();
        let has_room = books.has_room();
        let entry = books.entry(key);
        entry.counts.tombstones += 1;
        if tombstone.reason != Tombstone::MISSING {
            entry.reason.get_or_insert_with(|| {
                format!(
                    "AWS refused to describe {}: {}",
                    tombstone.arn, tombstone.reason
                )
            });
        }
        if has_room {
            entry.tombstones.push(tombstone);
        }
    }

    /// Notes that the cluster of a scope vanished while its objects were listed.
    pub fn cluster_tombstone(&self, key: &EntryKey, tombstone: Tombstone) {
        self.books().entry(key).cluster_tombstones += 1;
        self.tombstone(key, tombstone);
    }

    /// Notes an `include` value that AWS refused when it described objects.
    pub fn unread(&self, key: &EntryKey, include: &str) {
        self.books().entry(key).unread.insert(include.to_owned());
        let EntryKey {
            account_id,
            region,
            object,
            ..
        } = key;
        self.warn(format!(
            "{account_id} {region}: AWS refuses to include {include} when it describes {object}; the attributes that come from it are missing from the records, and their values are unknown, not empty"
        ));
    }

    /// Notes where the tags of a scope come from. That some are not read outweighs everything else.
    pub fn tags(&self, key: &EntryKey, tags: TagsRead) {
        let mut books = self.books();
        let entry = books.entry(key);
        entry.tags = entry.tags.max(Some(tags));
    }

    /// Notes whether environment values of a scope were scanned for secrets. That some were not outweighs
    /// everything else.
    pub fn secrets(&self, key: &EntryKey, secrets: SecretsScan) {
        let mut books = self.books();
        let entry = books.entry(key);
        entry.secrets = entry.secrets.max(Some(secrets));
    }

    /// Notes listed events of other services.
    pub fn other_service(&self, key: &EntryKey, events: usize) {
        let mut books = self.books();
        let entry = books.entry(key);
        entry.counts.listed += events as u64;
        entry.other_service += events as u64;
    }

    /// Notes the number of resources other than task definitions that services and tasks refer to, by kind.
    pub fn other_references(&self, key: &EntryKey, kinds: BTreeMap<String, u64>) {
        self.books().entry(key).other_references = kinds;
    }

    /// Notes a call or page that failed for good, and the number of objects lost.
    pub fn failure(&self, key: &EntryKey, failure: Failure, objects: usize) {
        let mut books = self.books();
        let has_room = books.has_room();
        let entry = books.entry(key);
        entry.counts.failed += objects as u64;
        entry.reason.get_or_insert_with(|| failure.message.clone());
        if has_room {
            entry.failures.push(failure);
        }
    }

    /// Notes objects that were lost to a failure that another line reports in detail.
    pub fn lost(&self, key: &EntryKey, reason: &str, objects: usize) {
        let mut books = self.books();
        let entry = books.entry(key);
        entry.counts.failed += objects as u64;
        entry.reason.get_or_insert_with(|| reason.to_owned());
    }

    /// Notes the result of mapping a page: the number of records, the objects without one, and the warnings
    /// about the others.
    pub fn records(
        &self,
        key: &EntryKey,
        written: usize,
        rejections: impl Iterator<Item = RejectionLine>,
        warnings: impl Iterator<Item = RejectionLine>,
    ) {
        let mut books = self.books();
        books.entry(key).counts.written += written as u64;
        for rejection in rejections {
            let has_room = books.has_room();
            let entry = books.entry(key);
            entry.counts.rejected += 1;
            entry.reason.get_or_insert_with(|| {
                format!(
                    "objects were rejected and have no record, the first because: {}",
                    rejection.message
                )
            });
            if has_room {
                entry.rejections.push(rejection);
            }
        }
        for warning in warnings {
            if books.has_room() {
                books.entry(key).warnings.push(warning);
            }
        }
    }

    /// Updates the counts of one operation's requests.
    pub fn call(
        &self,
        account_id: &AccountId,
        region: &RegionName,
        operation: Operation,
        update: impl FnOnce(&mut OperationCalls),
    ) {
        let mut books = self.books();
        let key = (account_id.to_owned(), region.to_owned(), operation);
        update(
            books
                .operations
                .entry(key)
                .or_insert_with(|| OperationCalls {
                    account_id: account_id.to_owned(),
                    region: region.to_owned(),
                    operation,
                    calls: 0,
                    throttles: 0,
                    retries: 0,
                    waiting_ms: 0,
                }),
        );
    }

    /// Updates the clock of one action group.
    pub fn pace(
        &self,
        account_id: &AccountId,
        region: &RegionName,
        group: ActionGroup,
        update: impl FnOnce(&mut GroupClock),
    ) {
        let key = (account_id.clone(), region.clone(), group);
        update(self.books().paces.entry(key).or_default());
    }

    /// Notes which module set which attribute of a page's records.
    pub fn provenance(&self, object: Object, provenance: Provenance) {
        let mut books = self.books();
        let all = books
            .provenance
            .get_or_insert_default()
            .entry(object)
            .or_default();
        for (attribute, modules) in provenance {
            let counts = all.entry(attribute).or_default();
            for (module, records) in modules {
                *counts.entry(module).or_default() += records;
            }
        }
    }

    /// Whether a scope of these objects in an account and Region is already known to be incomplete.
    pub fn is_incomplete(
        &self,
        account_id: &AccountId,
        region: &RegionName,
        objects: &[Object],
    ) -> bool {
        self.incomplete_because(account_id, region, objects)
            .is_some()
    }

    /// The first reason that a scope of these objects in an account and Region is already known to be incomplete.
    pub fn incomplete_because(
        &self,
        account_id: &AccountId,
        region: &RegionName,
        objects: &[Object],
    ) -> Option<String> {
        let books = self.books();
        let mut reasons = books.scopes.iter().filter_map(|(key, entry)| {
            let is_here = key.account_id == *account_id && key.region == *region;
            let reason = entry.reason.as_ref();
            reason.filter(|_| is_here && objects.contains(&key.object))
        });
        reasons.next().cloned()
    }

    /// Adds a warning to the report.
    pub fn warn(&self, warning: String) {
        let mut books = self.books();
        // A warning that repeats on every page is reported once.
        if !books.warnings.contains(&warning) {
            books.warnings.push(warning);
        }
    }

    /// The counts of each object of each account and Region so far, for the progress display.
    #[must_use]
    pub fn progress(&self) -> Vec<EntryProgress> {
        let books = self.books();
        let mut lines: BTreeMap<(&str, &str, Object), Counts> = BTreeMap::new();
        for (key, entry) in &books.scopes {
            let line = (key.account_id.as_str(), key.region.as_str(), key.object);
            lines.entry(line).or_default().add(&entry.counts);
        }
        let progress = |((account_id, region, object), counts): ((&str, &str, Object), _)| {
            let group = object.row().group;
            let key = (account_id.into(), region.into(), group);
            EntryProgress {
                counts,
                object,
                quota_wait: books.paces.get(&key).map_or(Duration::ZERO, |it| it.waited),
                account_id: key.0,
                region: key.1,
            }
        };
        lines.into_iter().map(progress).collect()
    }

    /// The totals of each object so far.
    #[must_use]
    pub fn totals(&self) -> BTreeMap<Object, Counts> {
        let mut totals: BTreeMap<Object, Counts> = BTreeMap::new();
        for (key, entry) in &self.books().scopes {
            totals.entry(key.object).or_default().add(&entry.counts);
        }
        totals
    }

    /// Closes the ledger, and returns the entries of these objects.
    #[must_use]
    pub fn close(&self, objects: &[Object]) -> Balance {
        Balance::of(std::mem::take(&mut *self.books()), objects)
    }
}
