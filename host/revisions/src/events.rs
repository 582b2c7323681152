//! Audit events that earlier syncs read, and the intervals in which none is missing.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use redb::{Database, Durability, ReadableDatabase, TableDefinition, WriteTransaction};

use super::store::{
    KeptBody, PAGE_CACHE_BYTES, StoreError, failed, guarded, open_reason, pack, unpack,
};
use portolan_machine::fingerprint::fingerprint;
use portolan_machine::guard;
use portolan_page::EVENT_WITHHOLDING;

/// Maps a series, a time and the fingerprint of an id to a checksum and the compressed event.
const EVENTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("events");
/// Maps a series to the first and the last millisecond of the interval in which all of its events are kept.
const INTERVALS: TableDefinition<'_, &[u8], (i64, i64)> = TableDefinition::new("intervals");
/// The format of the file, and the rules for the values in it.
const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");
const ABOUT_OURS: [(&str, u64); 2] = [("format", 1), ("withholding", EVENT_WITHHOLDING)];

/// CloudTrail keeps events for 90 days, and no sync writes older ones.
const KEPT_MS: i64 = 90 * 24 * 3_600 * 1_000;

/// The fingerprint of the name of a series.
type SeriesKey = [u8; 16];
/// The time of an event and the fingerprint of its id.
pub type Place = (i64, [u8; 16]);

/// A store of audit events across syncs.
#[derive(Debug)]
pub struct EventStore {
    /// `None` only while the store is dropped.
    database: Option<Database>,
    file: PathBuf,
    /// Intervals that count once the output of this sync stands.
    read: Mutex<Vec<(SeriesKey, RangeInclusive<i64>)>>,
    has_failed: AtomicBool,
}

/// The file of events beside a revision cache.
#[must_use]
pub fn event_file(revision_cache: &Path) -> PathBuf {
    revision_cache.with_extension("events.redb")
}

impl EventStore {
    /// Opens the file, or creates it. A file that other rules wrote is emptied.
    ///
    /// # Errors
    /// Fails if another process uses the file, or it cannot be read.
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed(file, error.to_string()))?;
        }
        guarded(file, || {
            let database = Database::builder()
                .set_cache_size(PAGE_CACHE_BYTES)
                .create(file)
                .map_err(|error| failed(file, open_reason(file, &error)))?;
            let store = Self {
                database: Some(database),
                file: file.to_owned(),
                read: Mutex::default(),
                has_failed: AtomicBool::new(false),
            };
            store.prepare()?;
            Ok(store)
        })
    }

    fn prepare(&self) -> Result<(), StoreError> {
        self.write(Durability::Immediate, |transaction| {
            let mut about = transaction.open_table(ABOUT)?;
            let mut is_of_others = false;
            for (name, ours) in ABOUT_OURS {
                let known = about.insert(name, ours)?.map(|known| known.value());
                is_of_others |= known.is_some_and(|known| known != ours);
            }
            if is_of_others {
                transaction.delete_table(EVENTS)?;
                transaction.delete_table(INTERVALS)?;
            }
            transaction.open_table(EVENTS)?;
            transaction.open_table(INTERVALS)?;
            Ok(())
        })
    }

    /// The interval of a series in which all events are kept, in milliseconds since 1970.
    #[must_use]
    pub fn interval(&self, series: &str) -> Option<RangeInclusive<i64>> {
        let key: SeriesKey = fingerprint(series);
        self.asked(|database| {
            let intervals = database.begin_read()?.open_table(INTERVALS)?;
            Ok(intervals.get(key.as_slice())?.map(|kept| kept.value()))
        })
        .map(|(first, last)| first..=last)
    }

    /// The events of a series in an interval behind a place: their places and their JSON, at most `limit`.
    /// `None` if they cannot be read; then the interval of the series no longer counts.
    #[must_use]
    pub fn events(
        &self,
        series: &str,
        interval: &RangeInclusive<i64>,
        after: Option<Place>,
        limit: usize,
    ) -> Option<Vec<(Place, String)>> {
        let series = fingerprint(series);
        let first = after.map_or_else(
            || event_key(&series, (*interval.start(), [0; 16])),
            |place| [event_key(&series, place), vec![0]].concat(),
        );
        let last = event_key(&series, (*interval.end(), [0xff; 16]));
        let found = self.asked(|database| {
            let table = database.begin_read()?.open_table(EVENTS)?;
            let mut found = Vec::new();
            for entry in table.range(first.as_slice()..=last.as_slice())?.take(limit) {
                let (key, packed) = entry?;
                let event =
                    unpack(packed.value()).and_then(|kept| String::from_utf8(kept.body).ok());
                // A damaged event leaves a gap, which its series has to say.
                let event = event.ok_or_else(|| redb::Error::Corrupted("an event".into()))?;
                found.extend(place_of(key.value()).map(|place| (place, event)));
            }
            Ok(Some(found))
        });
        if found.is_none() {
            // If this fails too, the next sync meets the same damage, and says so again.
            let _ = self.write(Durability::Immediate, |transaction| {
                transaction
                    .open_table(INTERVALS)?
                    .remove(series.as_slice())?;
                Ok(())
            });
        }
        found
    }

    /// Keeps events of a series.
    pub fn put<'e>(&self, series: &str, events: impl Iterator<Item = (Place, &'e str)>) {
        let series = fingerprint(series);
        let packed: Vec<(Vec<u8>, Vec<u8>)> = events
            .filter_map(|(place, event)| {
                let kept = KeptBody {
                    described_at_s: 0,
                    body: event.as_bytes().to_vec(),
                };
                Some((event_key(&series, place), pack(&kept).ok()?))
            })
            .collect();
        // Without a flush: the intervals, which make them count, are written with one.
        self.kept(self.write(Durability::None, |transaction| {
            let mut table = transaction.open_table(EVENTS)?;
            for (key, packed) in &packed {
                table.insert(key.as_slice(), packed.as_slice())?;
            }
            Ok(())
        }));
    }

    /// Notes that all events of an interval are kept. It counts after [`EventStore::commit`].
    pub fn note_read(&self, series: &str, interval: RangeInclusive<i64>) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.push((fingerprint(series), interval));
    }

    /// Lets the noted intervals count, because the output of this sync stands. Removes events that no later sync
    /// writes.
    pub fn commit(&self) {
        let read = std::mem::take(&mut *self.read.lock().unwrap_or_else(PoisonError::into_inner));
        // Without all events of a series, its interval must not grow.
        if self.has_failed.load(Ordering::Relaxed) {
            return;
        }
        self.kept(self.write(Durability::Immediate, |transaction| {
            let mut intervals = transaction.open_table(INTERVALS)?;
            let mut events = transaction.open_table(EVENTS)?;
            for (series, interval) in &read {
                let oldest = interval.end().saturating_sub(KEPT_MS);
                let first = oldest.max(*interval.start());
                intervals.insert(series.as_slice(), (first, *interval.end()))?;
                let from = event_key(series, (i64::MIN, [0; 16]));
                let to = event_key(series, (oldest, [0; 16]));
                events.retain_in(from.as_slice()..to.as_slice(), |_, _| false)?;
            }
            Ok(())
        }));
    }

    fn asked<T>(&self, ask: impl FnOnce(&Database) -> Result<Option<T>, redb::Error>) -> Option<T> {
        if self.has_failed.load(Ordering::Relaxed) {
            return None;
        }
        let answer = guarded(&self.file, || {
            let database = self.database.as_ref();
            let answer = database.map_or(Ok(None), ask);
            answer.map_err(|error| failed(&self.file, error.to_string()))
        });
        answer.unwrap_or_else(|error| {
            self.warn(&error);
            None
        })
    }

    fn write(
        &self,
        durability: Durability,
        work: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), StoreError> {
        let attempt = || -> Result<(), redb::Error> {
            let Some(database) = &self.database else {
                return Ok(());
            };
            let mut transaction = database.begin_write()?;
            transaction.set_durability(durability)?;
            work(&transaction)?;
            Ok(transaction.commit()?)
        };
        guarded(&self.file, || {
            attempt().map_err(|error| failed(&self.file, error.to_string()))
        })
    }

    fn kept(&self, result: Result<(), StoreError>) {
        if let Err(error) = result {
            self.warn(&error);
        }
    }

    fn warn(&self, error: &StoreError) {
        if !self.has_failed.swap(true, Ordering::Relaxed) {
            tracing::warn!("{error}; the next sync asks for all events of its window again");
        }
    }
}

impl Drop for EventStore {
    fn drop(&mut self) {
        // Closing writes, so it may panic on damage.
        let database = self.database.take();
        guard::guarded(|| drop(database));
    }
}

/// The key of an event: keys of a series are in the order of time.
fn event_key(series: &SeriesKey, (time_ms, id): Place) -> Vec<u8> {
    // With the sign turned, the order of the bytes is that of the numbers.
    let time = (time_ms ^ i64::MIN).to_be_bytes();
    [series.as_slice(), &time, &id].concat()
}

fn place_of(key: &[u8]) -> Option<Place> {
    let (_, place) = key.split_at_checked(size_of::<SeriesKey>())?;
    let (time, id) = place.split_first_chunk()?;
    Some((i64::from_be_bytes(*time) ^ i64::MIN, id.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 24 * 3_600 * 1_000;

    fn texts(store: &EventStore, interval: RangeInclusive<i64>) -> Vec<String> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let found = store.events("a", &interval, after, 2).expect("readable");
            after = found.last().map(|(place, _)| *place);
            all.extend(found.into_iter().map(|(_, event)| event));
            if after.is_none() {
                return all;
            }
        }
    }

    #[test]
    fn events_come_back_in_order_and_intervals_count_after_the_commit() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = event_file(&folder.path().join("revisions.redb"));
        assert!(file.ends_with("revisions.events.redb"));
        let store = EventStore::open(&file).expect("a store");
        let times = [-5, 0, 7, 7, 90 * DAY_MS];
        let events = times.iter().enumerate().map(|(id, time)| {
            let id = u8::try_from(id).expect("small");
            (
                (*time, [id; 16]),
                ["a", "b", "c", "d", "e"][usize::from(id)],
            )
        });
        store.put("a", events);
        store.put("b", [((7, [0; 16]), "other")].into_iter());
        store.note_read("a", 5..=90 * DAY_MS);
        assert_eq!(store.interval("a"), None);
        assert_eq!(texts(&store, -9..=90 * DAY_MS), ["a", "b", "c", "d", "e"]);
        assert_eq!(texts(&store, 0..=7), ["b", "c", "d"]);
        store.commit();
        drop(store);
        let store = EventStore::open(&file).expect("a store");
        assert_eq!(store.interval("a"), Some(5..=90 * DAY_MS));
        assert_eq!(texts(&store, -9..=90 * DAY_MS), ["b", "c", "d", "e"]);
        assert_eq!(store.interval("b"), None);
    }

    #[test]
    fn a_damaged_event_is_not_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = EventStore::open(&folder.path().join("e.redb")).expect("a store");
        store.note_read("a", 0..=9);
        store.commit();
        let key = event_key(&fingerprint("a"), (5, [0; 16]));
        let damage = store.write(Durability::Immediate, |transaction| {
            transaction
                .open_table(EVENTS)?
                .insert(key.as_slice(), b"damage".as_slice())?;
            Ok(())
        });
        damage.expect("written");
        assert_eq!(store.interval("a"), Some(0..=9));
        assert!(store.events("a", &(0..=9), None, 2).is_none());
        drop(store);
        let store = EventStore::open(&folder.path().join("e.redb")).expect("a store");
        assert_eq!(store.interval("a"), None, "it is asked for again");
    }
}
