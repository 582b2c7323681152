//! What happens to a scan whose try has failed.

use crate::moment;
use crate::store::scans::{self, Ending, Lease, ScanState};
use crate::store::{StoreError, Write};

/// The number of tries before a scan is failed.
const ATTEMPTS: i64 = 3;

/// Queues a scan again after a failure of the service and a pause, or fails it after the last try.
pub(super) async fn retry_or_fail(
    write: &mut Write,
    lease: &Lease,
    reason: &str,
    pause_ms: i64,
) -> Result<ScanState, StoreError> {
    let now = moment::now();
    if lease.attempt < ATTEMPTS {
        scans::put_back(write, lease, reason, false, now + pause_ms).await?;
        return Ok(ScanState::Queued);
    }
    let reason = format!("gave up after {ATTEMPTS} tries: {reason}");
    let ending = Ending {
        state: ScanState::Failed,
        reason: Some(&reason),
        captured_at: None,
        report: None,
        assessment: None,
        counts: None,
    };
    scans::end(write, lease, &ending, now).await?;
    Ok(ScanState::Failed)
}
