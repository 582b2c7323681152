//! Runs a sync: fetches accounts and Regions, maps and validates pages, and writes records.
//!
//! Fetching is asynchronous. Mapping is work for the processor and has its own threads. A short queue
//! connects them, so that memory does not grow with the number of tasks.

/// Checks whether the credentials have the permissions of a sync.
pub mod check;
/// The pages that a killed sync leaves for the next one.
pub mod checkpoint;
/// The checked settings, in one part for each crate that uses them.
pub mod config;
mod ending;
mod open;
/// The calls and the time that a sync would take.
pub mod plan;
/// The permissions that a sync needs.
pub mod policy;
mod scopes;
mod shadow;
mod used;
mod workshop;

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::checkpoint::CheckpointError;
use crate::config::{Config, ConfigError};
pub use open::known_revisions;
use open::open;
use portolan_machine::clock::Moment;
use portolan_page::ledger::Ledger;
use portolan_records::changes::ChangesError;
use portolan_records::report::Report;
use portolan_sandbox::{EngineError, SetError};
use portolan_sink::SinkError;
use workshop::{Workshop, discard, lost};

/// The time for mapping threads to finish their page after an interrupt. With the rest of the shutdown it
/// stays below two seconds, so that the operator does not press the keys again.
const INTERRUPT_PATIENCE: Duration = Duration::from_millis(1200);

/// The request for a sync, beside its configuration.
#[derive(Clone, Debug)]
pub struct Request {
    /// Folder for the records, or `-` for standard output.
    pub output: PathBuf,
    /// Folder that gets the records too, if the output is standard output.
    pub copy: Option<PathBuf>,
    /// File for the pages, as mappers get them.
    pub record: Option<PathBuf>,
    /// An earlier output to compare with: a folder or a file.
    pub changes_since: Option<PathBuf>,
    /// Folder in which the sync keeps its pages, so that it can be resumed after it was killed.
    pub checkpoint: Option<PathBuf>,
    /// Where to report which module set which attribute.
    pub provenance: Provenance,
    /// A module that maps the pages too; its records are not written.
    pub shadow: Option<PathBuf>,
}

/// Where to report which module set which attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provenance {
    /// Nowhere.
    #[default]
    Off,
    /// In the report, as numbers of records.
    Report,
    /// In the report, and beside each record.
    Records,
}

/// The reason that a sync ended without output.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The sandbox could not be set up.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The modules could not be prepared.
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
        /// The recording's file.
        path: String,
        /// The reason.
        source: std::io::Error,
    },
    /// The earlier output cannot be compared with.
    #[error("{0}; nothing of this sync is kept, and earlier output is as it was")]
    Changes(#[from] ChangesError),
    /// The checkpoint cannot be used.
    #[error("{0}; earlier output is as it was")]
    Checkpoint(#[from] CheckpointError),
    /// It was interrupted.
    #[error("interrupted: {lost}")]
    Interrupted {
        /// A sentence about the records made until then.
        lost: String,
    },
    /// A thread or a task could not start, or panicked, which is a bug.
    #[error(
        "a thread could not start or ended unexpectedly; nothing of this sync is kept, and earlier output is as it was"
    )]
    ThreadLost,
}

/// Runs a sync until it ends or `interrupt` completes. `ledger` can be read meanwhile.
///
/// # Errors
/// Fails if the sync could not start, or if nothing may be kept. A sync in which parts fail is not an error:
/// its report names the failures.
pub fn run<'a>(
    config: Config,
    request: &'a Request,
    ledger: Arc<Ledger>,
    interrupt: BoxFuture<'a, ()>,
) -> BoxFuture<'a, Result<Report, SyncError>> {
    Box::pin(async move {
        let options = config.fetching.options.settled();
        let shard = config.connection.shard.map(|shard| shard.to_string());
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (workshop, pages, stores) = open(&config, request, &ledger, threads)?;
        let moment = Moment::now();
        let workers = workshop::start(&workshop, threads);
        if workers.is_empty() {
            return Err(SyncError::ThreadLost);
        }
        let fetched = scopes::fetch_all(config, &moment, &ledger, pages, stores.clone());
        let mut workshop = until_done(workshop, workers, Box::pin(fetched), interrupt).await?;
        let events = stores.events;
        let mut report = ending::report(&mut workshop, &moment, stores.revisions).await?;
        report.options = options;
        report.shard = shard;
        ending::finish(workshop, &mut report)?;
        // What was read counts only now: an output that does not stand has not written it.
        if let Some(events) = events.filter(|_| report.data_replaced) {
            events.commit();
        }
        Ok(report)
    })
}

/// Waits until everything is fetched and mapped, and returns the workshop; on a failure, discards the output.
async fn until_done(
    workshop: Arc<Workshop>,
    workers: Vec<JoinHandle<()>>,
    fetched: BoxFuture<'_, Result<(), SyncError>>,
    mut interrupt: BoxFuture<'_, ()>,
) -> Result<Workshop, SyncError> {
    let mut interrupted = tokio::select! {
        // A panic of one of its tasks arrives here too.
        result = AssertUnwindSafe(fetched).catch_unwind() => {
            match result.unwrap_or(Err(SyncError::ThreadLost)) {
                Ok(()) => false,
                Err(error) => {
                    workshop.pages.close();
                    discard(&workshop);
                    return Err(error);
                }
            }
        }
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
        // A thread that is still in a guest then is left running, because the process ends soon.
        let _ = tokio::time::timeout(INTERRUPT_PATIENCE, joined).await;
        let lost = lost(&workshop);
        discard(&workshop);
        return Err(SyncError::Interrupted { lost });
    }
    let mut workshop = Arc::try_unwrap(workshop).map_err(|workshop| {
        discard(&workshop);
        SyncError::ThreadLost
    })?;
    if !all_done {
        discard(&workshop);
        return Err(SyncError::ThreadLost);
    }
    workshop.fatal.take().map_or(Ok(workshop), Err)
}

fn record_error(path: &std::path::Path, source: std::io::Error) -> SyncError {
    SyncError::Record {
        path: path.display().to_string(),
        source,
    }
}
