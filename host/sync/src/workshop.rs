//! The threads that map pages, validate records and write them, and the data that they share.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use tokio::sync::Notify;

use super::shadow::Shadow;
use super::{Provenance, SyncError, record_error};
use crate::checkpoint::Checkpoint;
use portolan_fetch::FetchedPage;
use portolan_page::Page;
use portolan_page::ledger::{EntryKey, Failure, Ledger, SecretsScan, TagsRead};
use portolan_page::object::{Include, Object};
use portolan_page::recording::Recorder;
use portolan_records::Records;
use portolan_records::changes::EarlierOutput;
use portolan_sandbox::{Engine, Mapper, MapperSet};
use portolan_sink::{Line, Sink};

/// The data that the mapping threads share.
pub(super) struct Workshop {
    pub(super) engine: Arc<Engine>,
    pub(super) mappers: MapperSet,
    pub(super) shadow: Option<Shadow>,
    pub(super) sink: Sink,
    pub(super) recorder: Option<Recorder>,
    pub(super) comparison: Option<EarlierOutput>,
    pub(super) checkpoint: Option<Arc<Checkpoint>>,
    pub(super) provenance: Provenance,
    pub(super) ledger: Arc<Ledger>,
    pub(super) pages: async_channel::Receiver<FetchedPage>,
    pub(super) fatal: OnceLock<SyncError>,
    pub(super) stop: Notify,
    pub(super) stopping: AtomicBool,
}

pub(super) fn start(workshop: &Arc<Workshop>, threads: usize) -> Vec<JoinHandle<()>> {
    (0..threads)
        .filter_map(|number| {
            let workshop = Arc::clone(workshop);
            std::thread::Builder::new()
                .name(format!("mapping-{number}"))
                .spawn(move || workshop.work())
                .inspect_err(|error| {
                    tracing::warn!(
                        "a mapping thread cannot start, so the sync runs with fewer: {error}"
                    )
                })
                .ok()
        })
        .collect()
}

/// A sentence for the user about the records that an interrupt loses.
pub(super) fn lost(workshop: &Workshop) -> String {
    let totals = workshop.ledger.totals();
    let written: u64 = totals.values().map(|counts| counts.written).sum();
    let listed: u64 = totals.values().map(|counts| counts.listed).sum();
    let lost = match workshop.sink {
        Sink::Folder(_) => format!(
            "{written} records of this sync (of {listed} objects listed so far) are discarded, and earlier output is as it was"
        ),
        Sink::Stdout(_) => format!(
            "{written} records are written, of {listed} objects listed so far; the rest is missing"
        ),
    };
    match &workshop.checkpoint {
        Some(checkpoint) => format!(
            "{lost}; run the same command again to resume from {}",
            checkpoint.folder().display()
        ),
        None => lost,
    }
}

/// Removes the output that the sync has written. A thread that is still inside a guest keeps its files open
/// until the process ends, so this removes the files by name.
pub(super) fn discard(workshop: &Workshop) {
    workshop.sink.discard();
    if let Some(recorder) = &workshop.recorder {
        recorder.discard();
    }
}

/// The key of an object's ledger entry. The pages of parts come from the calls of another object, so `key`
/// may name that object.
fn key_of(key: &EntryKey, object: Object) -> EntryKey {
    EntryKey {
        object,
        ..key.clone()
    }
}

fn failed(page: &Page, code: &str, message: String) -> Failure {
    Failure {
        operation: page.object.describe_operation(),
        code: code.into(),
        message,
        request_id: None,
    }
}

impl Workshop {
    fn work(&self) {
        let done = catch_unwind(AssertUnwindSafe(|| self.all_pages()));
        if let Err(error) = done.unwrap_or(Err(SyncError::ThreadLost)) {
            // `set` keeps the first error; later errors are consequences of it.
            let _ = self.fatal.set(error);
            self.pages.close();
            self.stop.notify_one();
        }
    }

    fn all_pages(&self) -> Result<(), SyncError> {
        while let Ok(fetched) = self.pages.recv_blocking() {
            if self.stopping.load(Ordering::Relaxed) {
                break;
            }
            if let Some(checkpoint) = self.checkpoint.as_ref().filter(|_| fetched.is_new) {
                checkpoint.keep(&fetched);
            }
            self.page(&fetched)?;
        }
        Ok(())
    }

    fn page(&self, fetched: &FetchedPage) -> Result<(), SyncError> {
        let FetchedPage {
            key, page, unread, ..
        } = fetched;
        // Noted here and not after the call, because pages from a checkpoint can lack includes too.
        for include in unread {
            self.ledger.unread(key, include);
        }
        if fetched.is_untagged {
            self.ledger.tags(key, TagsRead::NotRead);
        }
        if fetched.is_unscanned {
            let key = key_of(key, Object::EcsContainerDefinition);
            self.ledger.secrets(&key, SecretsScan::NotScanned);
            self.ledger.warn(format!(
                "{} {}: environment values of some task definitions could not be scanned for secrets, because they are too long or no texts; TD.10 is not judged there",
                key.account_id, key.region
            ));
        }
        if let Some(recorder) = &self.recorder {
            recorder
                .write(page)
                .map_err(|source| record_error(recorder.place(), source))?;
        }
        if self.mappers.get(page.object).is_none() {
            // No mapper makes records of this object itself, only of its parts. The parts have their own
            // entries.
            let objects = page.described().count();
            self.ledger
                .records(key, objects, std::iter::empty(), std::iter::empty());
        }
        for mapper in self.mappers.iter() {
            // A shadow may read other members.
            let wanted = mapper.reads.as_ref().filter(|_| self.shadow.is_none());
            match page.of(mapper.object, wanted) {
                Ok(None) => {}
                Ok(Some(page)) => self.map(mapper, &page, fetched)?,
                Err(error) => {
                    let key = key_of(key, mapper.object);
                    let failure = failed(page, "parts-too-large", error.to_string());
                    self.ledger.failure(&key, failure, 0);
                }
            }
        }
        Ok(())
    }

    /// Maps a page with one mapper, and writes the records. `page` is the page of `fetched` or a page of its
    /// parts.
    fn map(&self, mapper: &Mapper, page: &Page, fetched: &FetchedPage) -> Result<(), SyncError> {
        let key = &key_of(&fetched.key, page.object);
        let mut unread = fetched.unread.clone();
        unread.extend(fetched.is_untagged.then(|| Include::TAGS.name.to_owned()));
        let unread = &unread;
        mapper.pages.fetch_add(1, Ordering::Relaxed);
        if page.object != fetched.page.object {
            let parts = page.described().count();
            self.ledger.listed(key, parts);
            self.ledger.described(key, parts);
        }
        let mapped = portolan_records::from_page(&self.engine, mapper, page);
        tracing::trace!(
            account = page.origin.account_id.as_str(),
            region = page.origin.region.as_str(),
            "{} mapped a page of {} with {} objects",
            mapper.module.component.name(),
            page.object,
            page.len()
        );
        match mapped {
            Ok(records) => {
                let module = mapper.module.component.name();
                self.sink
                    .write(page.object, &self.lines(&records, page, unread, module)?)?;
                self.ledger.records(
                    key,
                    records.len(),
                    records.rejection_lines(),
                    records.warning_lines(page),
                );
                if self.provenance != Provenance::Off {
                    self.ledger
                        .provenance(page.object, records.provenance(module));
                }
                if let Some(shadow) = &self.shadow {
                    shadow.offer(page, records);
                }
            }
            Err(error) => {
                let failure = failed(page, error.code(), error.to_string());
                self.ledger.failure(key, failure, page.described().count());
            }
        }
        Ok(())
    }

    /// The output lines of a page: each record with its change since the earlier sync and the modules that
    /// set its attributes, if these were requested.
    fn lines<'r>(
        &self,
        records: &'r Records,
        page: &Page,
        unread: &[String],
        module: &str,
    ) -> Result<Vec<Line<'r>>, SyncError> {
        let says_who = self.provenance == Provenance::Records;
        let mut authors = says_who
            .then(|| records.authors(module))
            .map(Vec::into_iter);
        let lines = records.iter().map(|record| {
            let comparison = self.comparison.as_ref();
            let change = comparison.map(|it| it.compare(page.object, record, unread));
            Ok(Line {
                record,
                change: change.transpose()?,
                authors: authors.as_mut().and_then(Iterator::next),
            })
        });
        lines.collect()
    }
}
