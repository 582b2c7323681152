//! The line: accounts and Regions are fetched, pages are mapped and validated, records are written.
//!
//! Fetching is asynchronous; mapping is work for a processor and has threads of its own. Between them is
//! a short queue, so that memory does not grow with the number of tasks.

/// Whether credentials may do what a sync does.
pub mod check;
/// What a sync that is killed leaves for the next.
pub mod checkpoint;
/// Settings, checked, in the parts that the rooms below take.
pub mod config;
mod open;
/// What a sync would take.
pub mod plan;
/// The permissions that a sync needs.
pub mod policy;
mod scopes;
mod shadow;
mod used;
mod workshop;

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::Notify;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::config::{Config, ConfigError};
pub use open::known_revisions;
use open::{compare_with, may_read_revision_tags, open_revisions};
use portolan_machine::clock::Moment;
use portolan_page::ledger::Ledger;
use portolan_page::recording::Recorder;
use portolan_records::changes::ChangesError;
use portolan_records::report::Report;
use portolan_sandbox::{EngineError, Loader, MapperSet, SetError, engine, open_cache};
use portolan_sink::{Beside, Sink, SinkError};
use scopes::Stores;
use shadow::Candidate;
use workshop::{Workshop, discard, lost};

/// How long mapping threads get to finish their page after an interrupt. With the rest of the shutdown
/// it stays below the two seconds that a person waits before pressing the keys again.
const INTERRUPT_PATIENCE: Duration = Duration::from_millis(1200);

/// What a sync is asked for beside its configuration.
#[derive(Clone, Debug)]
pub struct Request {
    /// Folder for the records, or `-` for standard output.
    pub output: PathBuf,
    /// File for the pages that mappers saw.
    pub record: Option<PathBuf>,
    /// An earlier output to compare with: a folder or a file.
    pub changes_since: Option<PathBuf>,
    /// Folder in which the sync keeps what it has, so that it can go on after it was killed.
    pub checkpoint: Option<PathBuf>,
    /// Who says which module set which attribute.
    pub provenance: Provenance,
    /// A module that maps the pages too, without its records being written.
    pub shadow: Option<PathBuf>,
}

/// Where it is said which module set which attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provenance {
    /// Nowhere.
    #[default]
    Off,
    /// In the report, in numbers of records.
    Report,
    /// In the report, and beside each record.
    Records,
}

/// A sync that gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The sandbox could not be set up.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The modules could not be made ready.
    #[error(transparent)]
    Mappers(#[from] SetError),
    /// Records could not be written.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The recording could not be written.
    #[error(
        "cannot write the recording {path}: {source}; nothing of this sync is kept, and earlier output is as it was"
    )]
    Record {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The earlier output cannot be compared with.
    #[error("{0}; nothing of this sync is kept, and earlier output is as it was")]
    Changes(#[from] ChangesError),
    /// The checkpoint cannot be used.
    #[error("{0}; earlier output is as it was")]
    Checkpoint(#[from] CheckpointError),
    /// Somebody stopped it.
    #[error("interrupted: {lost}")]
    Interrupted {
        /// What became of the records that had been made by then.
        lost: String,
    },
    /// A thread or a task could not start, or panicked, which is a bug.
    #[error(
        "a thread could not start or ended unexpectedly; nothing of this sync is kept, and earlier output is as it was"
    )]
    ThreadLost,
}

/// Runs a sync until it is done or `interrupt` comes. `ledger` may be watched meanwhile.
///
/// # Errors
/// If nothing could be started, or nothing may be kept. A sync in which parts failed is no error: its
/// report says so.
pub async fn run(
    config: Config,
    request: &Request,
    ledger: Arc<Ledger>,
    interrupt: impl Future<Output = ()>,
) -> Result<Report, SyncError> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let more_threads = usize::from(request.shadow.is_some());
    let engine = Arc::new(engine(&config.mapping, threads + more_threads)?);
    let cache = open_cache(&config.mapping);
    let options = config.fetching.options.settled();
    let shard = config.connection.shard.map(|shard| shard.to_string());
    let candidate = request
        .shadow
        .as_ref()
        .map(|file| Loader::new(&engine, cache.as_ref(), &config.mapping)?.candidate(file))
        .transpose()?;
    let candidate_name = candidate.as_ref().map(|each| each.manifest().name.as_str());
    let objects = &config.fetching.objects;
    let mappers = MapperSet::load_beside(
        &engine,
        cache.as_ref(),
        &config.mapping,
        objects,
        candidate_name,
    )?;
    let candidate = match (candidate, &request.shadow) {
        (Some(candidate), Some(file)) => Some(Candidate::place(candidate, &mappers, file)?),
        _ => None,
    };
    let checkpoint = request
        .checkpoint
        .as_ref()
        .map(|folder| Checkpoint::open_for(folder, &config, &mappers))
        .transpose()?
        .map(Arc::new);
    let moment = Moment::now();
    // Before the sink is opened, which makes the folder: an earlier output that is not there is told apart.
    let comparison = compare_with(request, &config, &mappers)?;
    let are_tags_read = may_read_revision_tags(request, &mappers, candidate.as_ref());
    let beside = Beside {
        changes: comparison.is_some(),
        provenance: request.provenance == Provenance::Records,
    };
    let sink = Sink::open(&request.output, &config.fetching.objects, beside)?;
    let recorder = request
        .record
        .as_ref()
        .map(|path| Recorder::create(path).map_err(|source| record_error(path, source)))
        .transpose()?;
    let (send, pages) = async_channel::bounded(2 * threads);
    let lost_thread = |_| SyncError::ThreadLost;
    let shadow = candidate
        .map(|candidate| candidate.start(Arc::clone(&engine)))
        .transpose()
        .map_err(lost_thread)?;
    let workshop = Arc::new(Workshop {
        engine,
        mappers,
        shadow,
        sink,
        recorder,
        comparison,
        checkpoint: checkpoint.clone(),
        provenance: request.provenance,
        ledger: Arc::clone(&ledger),
        pages,
        fatal: OnceLock::new(),
        stop: Notify::new(),
        stopping: AtomicBool::new(false),
    });
    let workers = workshop::start(&workshop, threads);
    if workers.is_empty() {
        return Err(SyncError::ThreadLost);
    }

    tokio::pin!(interrupt);
    let stores = Stores {
        revisions: open_revisions(&config, are_tags_read).map(Arc::new),
        checkpoint: checkpoint.clone(),
    };
    let revisions = stores.revisions.clone();
    let fetched = AssertUnwindSafe(scopes::fetch_all(config, &moment, &ledger, send, stores));
    let mut interrupted = tokio::select! {
        // A panic of any of its tasks comes here too.
        result = fetched.catch_unwind() => match result.unwrap_or(Err(SyncError::ThreadLost)) {
            Ok(()) => false,
            Err(error) => {
                workshop.pages.close();
                discard(&workshop);
                return Err(error);
            }
        },
        () = workshop.stop.notified() => false,
        () = &mut interrupt => true,
    };
    let mut joined = tokio::task::spawn_blocking(move || {
        workers.into_iter().all(|worker| worker.join().is_ok())
    });
    let mut all_done = false;
    if !interrupted {
        tokio::select! {
            done = &mut joined => all_done = done.unwrap_or(false),
            () = &mut interrupt => interrupted = true,
        }
    }
    if interrupted {
        workshop.stopping.store(true, Ordering::Relaxed);
        workshop.pages.close();
        // A thread that is still in a guest then is left behind: the process ends soon.
        let _ = tokio::time::timeout(INTERRUPT_PATIENCE, joined).await;
    }
    if interrupted {
        let lost = lost(&ledger, &workshop);
        discard(&workshop);
        return Err(SyncError::Interrupted { lost });
    }
    let workshop = match Arc::try_unwrap(workshop) {
        Ok(workshop) if all_done => workshop,
        Ok(workshop) => {
            discard(&workshop);
            return Err(SyncError::ThreadLost);
        }
        Err(workshop) => {
            discard(&workshop);
            return Err(SyncError::ThreadLost);
        }
    };
    if let Some(error) = workshop.fatal.into_inner() {
        return Err(error);
    }
    let shadow = match workshop.shadow {
        None => None,
        Some(shadow) => {
            // It waits a moment for the candidate, which is nothing that other tasks should wait for.
            let finished = tokio::task::spawn_blocking(|| shadow.finish()).await;
            Some(finished.map_err(|_| SyncError::ThreadLost)?)
        }
    };
    let mappers = workshop.mappers;
    let used = mappers.iter().flat_map(|mapper| used::of(mapper)).collect();
    let captured_at = moment.captured_at();
    let mut report = Report::new(ledger.close(), captured_at, moment.clock.now(), used);
    report.revision_cache = revisions.map(|cache| cache.finish());
    report.shadow = shadow;
    for mapper in mappers.iter() {
        let (object, names) = (mapper.object, mapper.unfilled.names());
        let has_records = report
            .objects
            .get(&object)
            .is_some_and(|counts| counts.written > 0);
        if has_records && !names.is_empty() {
            report.unfilled_attributes.insert(object, names);
        }
    }
    report.resumed = checkpoint.as_ref().and_then(|it| it.resumed());
    report.options = options;
    report.shard = shard;
    // A sync that got nothing changes nothing.
    if let Some(comparison) = workshop.comparison.filter(|_| report.data_replaced) {
        let changes = comparison.close(Some(&report.coverage()), |object, removal| {
            workshop.sink.write_removal(object, &removal)?;
            Ok::<_, SyncError>(())
        })?;
        report
            .warnings
            .extend(comparison.warnings().iter().cloned());
        report.warnings.extend(changes.warnings());
        report.changes = Some(changes);
    }
    let recording = workshop
        .recorder
        .map(|recorder| {
            let place = recorder.place().to_owned();
            recorder
                .close()
                .map_err(|source| record_error(&place, source))
        })
        .transpose()?;
    if portolan_machine::guard::has_panicked() {
        return Err(SyncError::ThreadLost);
    }
    workshop.sink.finish(&report)?;
    // A sync that got nothing has no pages, and an earlier recording is worth more than none.
    if let Some(recording) = recording.filter(|_| report.data_replaced) {
        let place = recording.place().to_owned();
        recording
            .appear()
            .map_err(|source| record_error(&place, source))?;
    }
    // What is missing now is for a sync of its own, with a LAST_CAPTURED of its own; one that could do nothing
    // at all has not ended what the checkpoint is for.
    if let Some(checkpoint) = checkpoint.filter(|_| report.data_replaced) {
        checkpoint.remove();
    }
    Ok(report)
}

fn record_error(path: &std::path::Path, source: std::io::Error) -> SyncError {
    SyncError::Record {
        path: path.display().to_string(),
        source,
    }
}
