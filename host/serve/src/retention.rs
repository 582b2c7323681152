//! Forgets what is old.

use std::time::Duration;

use crate::moment;
use crate::shared::Shared;
use crate::store::{StoreError, findings, idempotency, objects, scans, sessions, workloads};

const PERIOD: Duration = Duration::from_secs(10 * 60);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Stopped tasks and other objects that are gone are kept so long, as JFrog keeps them.
const GONE_DAYS: i64 = 10;
/// Scans, and findings of subjects that are gone.
const HISTORY_DAYS: i64 = 90;

/// Tidies until the service ends.
pub(crate) async fn run(service: Shared) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = service.stopped() => return,
        }
        service.limits.tidy();
        if let Err(error) = tidy(&service).await {
            tracing::warn!("old records stay for now: {error}");
        }
    }
}

async fn tidy(service: &Shared) -> Result<(), StoreError> {
    let now = moment::now();
    let mut write = service.store.write().await?;
    objects::forget_gone(&mut write, now - GONE_DAYS * DAY_MS).await?;
    workloads::forget_gone(&mut write, now - GONE_DAYS * DAY_MS).await?;
    sessions::expire(&mut write, now).await?;
    findings::forget_gone(&mut write, now - HISTORY_DAYS * DAY_MS).await?;
    scans::forget(&mut write, now - HISTORY_DAYS * DAY_MS).await?;
    idempotency::expire(&mut write, now - DAY_MS).await?;
    write.commit().await?;
    Ok(())
}
