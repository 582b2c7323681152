//! Forgets what is old.

use std::time::Duration;

use crate::moment;
use crate::shared::Shared;
use crate::store::rows::Table;
use crate::store::{StoreError, audit, idempotency, scans, sessions};

const PERIOD: Duration = Duration::from_secs(10 * 60);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Tidies until the service ends.
pub(crate) async fn run(service: Shared) {
    // At the start too, because a setting may have changed.
    loop {
        service.limits.tidy();
        if let Err(error) = tidy(&service).await {
            tracing::warn!("old records stay for now: {error}");
        }
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = service.stopped() => return,
        }
    }
}

async fn tidy(service: &Shared) -> Result<(), StoreError> {
    let now = moment::now();
    let before = |age: Duration| now.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(now));
    let retention = service.retention;
    let mut write = service.store.write().await?;
    Table::Objects
        .forget_gone(&mut write, before(retention.gone_objects))
        .await?;
    Table::Workloads
        .forget_gone(&mut write, before(retention.gone_objects))
        .await?;
    sessions::expire(&mut write, now).await?;
    Table::Findings
        .forget_gone(&mut write, before(retention.scans))
        .await?;
    scans::forget(&mut write, before(retention.scans)).await?;
    audit::forget(&mut write, before(retention.audit)).await?;
    idempotency::expire(&mut write, now - DAY_MS).await?;
    write.commit().await?;
    Ok(())
}
