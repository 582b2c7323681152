//! The queue: starts what is due, and puts back what has lost its process.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use super::retry::retry_or_fail;
use super::work;
use crate::moment;
use crate::shared::Shared;
use crate::store::audit::{self, Act};
use crate::store::scans::{self, ScanState};
use crate::store::{StoreError, idempotency, registrations};

/// How often the queue looks for due registrations.
const TICK: Duration = Duration::from_secs(1);
/// An interrupted sync ends within two seconds, and the store may be busy.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// The most registrations that are started in one look.
const DUE_LIMIT: i64 = 100;
/// Idempotency keys are kept so long.
const KEY_LIFE_MS: i64 = 24 * 60 * 60 * 1000;

/// Puts back the scans of processes that have died. The caller holds the lock of the data folder, so that no other
/// process can be alive.
pub(crate) async fn take_over(service: &Shared) -> Result<(), StoreError> {
    let mut write = service.store.write().await?;
    let now = moment::now();
    for lease in scans::abandoned(&mut *write, &service.owner).await? {
        let reason = "the process that ran it has ended";
        retry_or_fail(&mut write, &lease, reason, 0).await?;
    }
    // Their requests have no answer any more.
    idempotency::expire(&mut write, now - KEY_LIFE_MS).await?;
    idempotency::abandon(&mut write).await?;
    write.commit().await?;
    remove_ended(service).await
}

/// Removes the folders of scans that ended while nobody could remove them.
async fn remove_ended(service: &Shared) -> Result<(), StoreError> {
    let folders = std::fs::read_dir(work::folders(service));
    for folder in folders.into_iter().flatten().flatten() {
        let id = folder.file_name();
        let scan = scans::by_id(service.store.read(), &id.to_string_lossy()).await?;
        let is_open = scan.is_some_and(|it| it.state.is_open());
        if !is_open && let Err(error) = std::fs::remove_dir_all(folder.path()) {
            tracing::warn!("cannot remove {}: {error}", folder.path().display());
        }
    }
    Ok(())
}

/// Runs due scans until the service ends, at most `parallel` at once.
pub(crate) async fn run(service: Shared, parallel: usize) {
    let mut running = JoinSet::new();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut last_trouble = String::new();
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = service.queued.notified() => {}
            _ = running.join_next(), if !running.is_empty() => {}
            () = service.stopped() => break,
        }
        while running.try_join_next().is_some() {}
        if let Err(error) = look(&service, parallel, &mut running).await {
            // A full disk would be told every second.
            let trouble = error.to_string();
            if trouble != last_trouble {
                tracing::error!("the queue of scans waits: {trouble}");
                last_trouble = trouble;
            }
        } else {
            last_trouble.clear();
        }
    }
    let all = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_PATIENCE, all).await.is_err() {
        tracing::warn!("a scan did not stop in time; the next start takes it over");
    }
}

async fn look(
    service: &Shared,
    parallel: usize,
    running: &mut JoinSet<()>,
) -> Result<(), StoreError> {
    plan(service).await?;
    while running.len() < parallel && has_queued(service).await? {
        let mut write = service.store.write().await?;
        let lease = scans::claim(&mut write, &service.owner, moment::now()).await?;
        write.commit().await?;
        let Some(lease) = lease else { break };
        running.spawn(work::run(std::sync::Arc::clone(service), lease));
    }
    Ok(())
}

/// Whether a transaction is worth its while.
async fn has_queued(service: &Shared) -> Result<bool, StoreError> {
    let queued = scans::page(service.store.read(), None, Some(ScanState::Queued), None, 1).await?;
    Ok(!queued.is_empty())
}

/// Queues what is due, and plans its next run. Runs that were missed are one run.
async fn plan(service: &Shared) -> Result<(), StoreError> {
    let now = moment::now();
    let due = registrations::due(service.store.read(), now, DUE_LIMIT).await?;
    if due.is_empty() {
        return Ok(());
    }
    let mut write = service.store.write().await?;
    for known in due {
        // It may have been paused meanwhile.
        let current = registrations::by_id(&mut *write, &known.id).await?;
        let Some(it) = current.filter(|it| it.state == registrations::State::Active) else {
            continue;
        };
        let is_due = it.next_run_at.is_some_and(|at| at <= now);
        if is_due {
            scans::queue(&mut write, &it.id, &it.places, "schedule", now).await?;
        }
        let next = it.schedule.next(now, fastrand::f64());
        let next = next.unwrap_or_default();
        registrations::plan(&mut write, &it.id, next, now).await?;
        if next.is_none() {
            let act = Act {
                actor: "service",
                action: "registration.unplanned",
                target: &it.name,
                outcome: "done",
                detail: json!({"reason": "its schedule has no next time"}),
            };
            audit::add(&mut write, &act).await?;
        }
    }
    write.commit().await?;
    Ok(())
}
