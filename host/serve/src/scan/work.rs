//! One try of a scan.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use portolan_assess::Assessment;
use portolan_machine::guard::guarded_async;
use portolan_machine::text::printable;
use portolan_page::ledger::Ledger;
use portolan_records::report::{Report, Status};
use portolan_sync::config::Config;
use portolan_sync::{Provenance, Request, SyncError};
use serde_json::json;
use tokio::sync::watch;

use super::{judge, load, retry, setup};
use crate::moment;
use crate::shared::Shared;
use crate::store::credentials;
use crate::store::registrations::{self, Registration};
use crate::store::scans::{self, Ending, Lease, ScanState};
use crate::store::{StoreError, json};

/// A reader of the API sees a dead scan by its last heartbeat within a minute.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// The longest time of a scan. The largest account that was measured takes three hours under AWS's quotas.
const SCAN_LIMIT: Duration = Duration::from_secs(12 * 60 * 60);
/// An interrupted sync ends within two seconds.
const SYNC_PATIENCE: Duration = Duration::from_secs(3);
/// The file in a scan's folder that says that everything was read; it holds the report.
const READ: &str = "read.json";
/// The characters of a reason that is kept.
const REASON_LIMIT: usize = 1000;

/// The end of a try.
enum End {
    /// The store has its records.
    Loaded(ScanState),
    /// Trying again would change nothing.
    Failed(String, Option<Box<Report>>),
    /// The service failed, not AWS: worth another try.
    Retry(String),
    /// What an earlier try left is of no use.
    Unusable(String),
    Cancelled(String),
    /// The service ends.
    Stopped,
}

impl<E: std::error::Error> From<E> for End {
    fn from(error: E) -> Self {
        Self::Retry(error.to_string())
    }
}

/// Runs a claimed scan, and says in the store how it ended.
pub(super) async fn run(service: Shared, lease: Lease) {
    let (guard, cancelled) = service.cancellable(&lease.scan_id);
    let tried = guarded_async(attempt(&service, &lease, cancelled)).await;
    let end = match tried {
        Some(Ok(end) | Err(end)) => end,
        None => End::Retry("portolan has a bug there; please report what is scanned".into()),
    };
    drop(guard);
    // The store may be unavailable for a while (a full disk): the scan stays running until it can be told.
    while let Err(error) = conclude(&service, &lease, &end).await {
        tracing::error!("cannot note the end of scan {}: {error}", lease.scan_id);
        tokio::select! {
            () = tokio::time::sleep(HEARTBEAT) => {}
            () = service.stopped() => return,
        }
    }
    service.queued.notify_one();
}

async fn conclude(service: &Shared, lease: &Lease, end: &End) -> Result<(), StoreError> {
    let now = moment::now();
    let mut write = service.store.write().await?;
    let (state, reason, report) = match end {
        End::Loaded(state) => {
            service.metrics.scan_ended(state.word());
            drop(write);
            remove_folder(service, lease);
            return Ok(());
        }
        End::Retry(reason) | End::Unusable(reason) => {
            let reason = printable(reason, REASON_LIMIT);
            // Whatever it was may have passed after 10 and 20 seconds.
            let pause_ms = 10_000 * lease.attempt;
            let state = retry::retry_or_fail(&mut write, lease, &reason, pause_ms).await?;
            write.commit().await?;
            tracing::warn!("scan {}, try {}: {reason}", lease.scan_id, lease.attempt);
            if state == ScanState::Failed {
                service.metrics.scan_ended(state.word());
                remove_folder(service, lease);
            }
            return Ok(());
        }
        End::Stopped => {
            let reason = "the service was stopped";
            scans::put_back(&mut write, lease, reason, true, now).await?;
            write.commit().await?;
            return Ok(());
        }
        End::Failed(reason, report) => (ScanState::Failed, reason, report.as_deref()),
        End::Cancelled(reason) => (ScanState::Cancelled, reason, None),
    };
    let reason = printable(reason, REASON_LIMIT);
    let ending = Ending {
        state,
        reason: Some(&reason),
        captured_at: None,
        report: report.map(json).transpose()?,
        assessment: None,
        counts: None,
    };
    scans::end(&mut write, lease, &ending, now).await?;
    write.commit().await?;
    service.metrics.scan_ended(state.word());
    remove_folder(service, lease);
    Ok(())
}

/// The folder of the folders of scans.
pub(super) fn folders(service: &Shared) -> PathBuf {
    service.data.join("scans")
}

fn folder(service: &Shared, lease: &Lease) -> PathBuf {
    folders(service).join(&lease.scan_id)
}

/// What the folder held is in the store, or of no use any more.
fn remove_folder(service: &Shared, lease: &Lease) {
    if let Err(error) = std::fs::remove_dir_all(folder(service, lease))
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(
            "cannot remove the folder of scan {}: {error}",
            lease.scan_id
        );
    }
}

async fn attempt(
    service: &Shared,
    lease: &Lease,
    cancelled: watch::Receiver<Option<String>>,
) -> Result<End, End> {
    // A plan of the same account may be under way.
    drop(service.planning.lock().await);
    let (registration, config) = prepare(service, lease).await?;
    let folder = folder(service, lease);
    let output = folder.join("output");
    std::fs::create_dir_all(&output)?;
    let judged_by = config.clone();
    let report = match read_before(&folder) {
        Some(report) => report,
        None => {
            let sync = |config| sync(service, lease, config, &folder, cancelled.clone());
            match sync(config.clone()).await {
                Err(End::Unusable(reason)) => {
                    // The settings or the keys have changed since the earlier try: begin anew.
                    tracing::info!("scan {} begins anew: {reason}", lease.scan_id);
                    std::fs::remove_dir_all(&folder)?;
                    std::fs::create_dir_all(&output)?;
                    sync(config).await?
                }
                report => report?,
            }
        }
    };
    if report.status == Status::Failed || !report.data_replaced {
        let reasons = report.scopes.iter().filter_map(|it| it.reason.clone());
        let reason = reasons.chain(report.warnings.iter().cloned()).next();
        let reason = reason.unwrap_or_else(|| "nothing could be read".into());
        return Ok(End::Failed(reason, Some(Box::new(report))));
    }
    std::fs::write(folder.join(READ), serde_json::to_vec(&report)?)?;
    let rest = async {
        let assessment = assess(service, lease, &output, judged_by).await?;
        let loaded = load::load(service, lease, &registration, &output, &report, &assessment);
        Ok::<_, End>(loaded.await?)
    };
    // What was read stays in the folder, and a load that ends early has changed nothing.
    let state = tokio::select! {
        state = rest => state?,
        end = ended(service, cancelled) => return Err(end),
    };
    Ok(state.map_or_else(
        || End::Retry("another try has taken it over".into()),
        End::Loaded,
    ))
}

/// The report of an earlier try that was stopped after it had read everything.
fn read_before(folder: &Path) -> Option<Report> {
    let text = std::fs::read(folder.join(READ)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Waits until the scan is cancelled or the service ends.
async fn ended(service: &Shared, mut cancelled: watch::Receiver<Option<String>>) -> End {
    tokio::select! {
        Ok(reason) = cancelled.wait_for(Option::is_some) => {
            End::Cancelled(reason.clone().unwrap_or_default())
        }
        () = service.stopped() => End::Stopped,
    }
}

/// The registration of a scan, and the configuration with the credential's keys.
async fn prepare(service: &Shared, lease: &Lease) -> Result<(Registration, Config), End> {
    let gone = |what: &str| End::Cancelled(format!("its {what} was deleted"));
    let mut write = service.store.write().await?;
    let scan = scans::by_id(&mut *write, &lease.scan_id).await?;
    let scan = scan.ok_or_else(|| gone("registration"))?;
    let registration = registrations::by_id(&mut *write, &scan.registration_id).await?;
    let registration = registration.ok_or_else(|| gone("registration"))?;
    let id = registration.credential_id.as_deref();
    let id = id.ok_or_else(|| gone("credential"))?;
    let credential = credentials::by_id(&mut *write, id).await?;
    let credential = credential.ok_or_else(|| gone("credential"))?;
    let what = ("scanId", lease.scan_id.as_str());
    setup::note_use(&mut write, &registration, &credential, what).await?;
    write.commit().await?;
    let config = setup::config(service, &registration, &credential);
    Ok((
        registration,
        config.map_err(|reason| End::Failed(reason, None))?,
    ))
}

/// Long, because it names every way in which a sync ends.
async fn sync(
    service: &Shared,
    lease: &Lease,
    config: Config,
    folder: &Path,
    mut cancelled: watch::Receiver<Option<String>>,
) -> Result<Report, End> {
    let ledger = Arc::new(Ledger::default());
    let request = Request {
        output: folder.join("output"),
        copy: None,
        record: None,
        changes_since: None,
        checkpoint: Some(folder.join("checkpoint")),
        provenance: Provenance::Off,
        shadow: None,
    };
    let mut ending = cancelled.clone();
    let stopping = Arc::clone(service);
    let interrupt = async move {
        tokio::select! {
            _ = ending.wait_for(Option::is_some) => {}
            () = stopping.stopped() => {}
            () = tokio::time::sleep(SCAN_LIMIT) => {}
        }
    };
    let began = Instant::now();
    let shared = Arc::clone(&ledger);
    let run = tokio::spawn(async move {
        portolan_sync::run(config, &request, shared, Box::pin(interrupt)).await
    });
    let progress = || progress(&ledger, began);
    let result = tokio::select! {
        result = while_beating(service, lease, progress, run) => result?,
        () = overdue(service) => return Err(End::Stopped),
    };
    match result {
        Ok(Ok(report)) => Ok(report),
        Ok(Err(SyncError::Interrupted { .. })) => {
            let reason = cancelled.borrow_and_update().clone();
            Err(match reason {
                Some(reason) => End::Cancelled(reason),
                None if *service.stopping.borrow() => End::Stopped,
                None => End::Failed(
                    format!("it took longer than {} hours", SCAN_LIMIT.as_secs() / 3600),
                    None,
                ),
            })
        }
        Ok(Err(error @ (SyncError::Config(_) | SyncError::Mappers(_)))) => {
            Err(End::Failed(error.to_string(), None))
        }
        Ok(Err(error @ SyncError::Checkpoint(_))) => Err(End::Unusable(error.to_string())),
        Ok(Err(error)) => Err(End::Retry(error.to_string())),
        Err(_) => Err(End::Retry(
            "portolan has a bug there; please report what is scanned".into(),
        )),
    }
}

/// Completes if a sync goes on though the service ends: while it compiles modules, it hears nothing. Its pages are kept.
async fn overdue(service: &Shared) {
    service.stopped().await;
    tokio::time::sleep(SYNC_PATIENCE).await;
}

async fn assess(
    service: &Shared,
    lease: &Lease,
    output: &Path,
    config: Config,
) -> Result<Assessment, End> {
    let output = output.to_owned();
    let run = tokio::task::spawn_blocking(move || judge::assess(&output, &config));
    let progress = || json!({"phase": "assessing"}).to_string();
    Ok(while_beating(service, lease, progress, run).await???)
}

/// Waits for `work`, and notes meanwhile that the scan goes on.
async fn while_beating<T>(
    service: &Shared,
    lease: &Lease,
    progress: impl Fn() -> String,
    work: impl Future<Output = T>,
) -> Result<T, StoreError> {
    let mut work = std::pin::pin!(work);
    let mut beat = tokio::time::interval(HEARTBEAT);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            result = &mut work => return Ok(result),
            _ = beat.tick() => {
                // A store that is busy or full is told when the scan ends.
                let Ok(mut write) = service.store.write().await else { continue };
                let noted = scans::heartbeat(&mut write, lease, &progress(), moment::now()).await;
                if matches!(noted, Ok(true)) {
                    let _ = write.commit().await;
                }
            }
        }
    }
}

/// The progress of a sync for people: counts, and an estimate once there is a rate.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate"
)]
fn progress(ledger: &Ledger, began: Instant) -> String {
    let totals = ledger.totals();
    let sum = |count: fn(&portolan_page::ledger::Counts) -> u64| -> u64 {
        totals.values().map(count).sum()
    };
    let (listed, done) = (
        sum(|it| it.listed),
        sum(portolan_page::ledger::Counts::done),
    );
    let elapsed = began.elapsed().as_secs_f64();
    // In the first seconds, lists are still short.
    let eta = (elapsed > 3.0 && done > 0)
        .then(|| (elapsed * listed.saturating_sub(done) as f64 / done as f64) as u64);
    json!({
        "phase": "reading",
        "listed": listed,
        "done": done,
        "written": sum(|it| it.written),
        "failed": sum(|it| it.failed),
        "etaSeconds": eta,
    })
    .to_string()
}
