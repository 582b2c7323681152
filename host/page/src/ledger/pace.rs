//! The pace of one action group's calls, in one account and Region.

use std::time::{Duration, Instant};

use super::lines::{GroupCalls, OperationCalls};
use crate::object::{ActionGroup, Bucket};
use crate::{AccountId, RegionName};

/// The clock of an action group.
#[derive(Clone, Copy, Debug, Default)]
pub struct GroupClock {
    bucket: Option<Bucket>,
    began_at: Option<Instant>,
    answered_at: Option<Instant>,
    /// Time that calls waited for the quota, summed over parallel calls.
    pub waited: Duration,
}

impl GroupClock {
    /// Notes a call that was ready at `asked_at`, waited for the quota for `waited`, and has its answer now.
    pub fn answered(&mut self, bucket: Option<Bucket>, asked_at: Instant, waited: Duration) {
        self.bucket = bucket;
        let began_at = self.began_at.unwrap_or(asked_at);
        self.began_at = Some(began_at.min(asked_at));
        self.answered_at = Some(Instant::now());
        self.waited += waited;
    }

    /// The time from the first call to the last answer.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        match (self.began_at, self.answered_at) {
            (Some(began_at), Some(answered_at)) => answered_at.duration_since(began_at),
            _ => Duration::ZERO,
        }
    }

    /// The line of the report, from the calls of the operations of the group.
    pub(super) fn line(
        &self,
        (account_id, region, group): (AccountId, RegionName, ActionGroup),
        operations: impl Iterator<Item = OperationCalls>,
    ) -> GroupCalls {
        let mut line = GroupCalls {
            account_id,
            region,
            group,
            calls: 0,
            throttles: 0,
            retries: 0,
            quota_wait_ms: milliseconds(self.waited),
            floor_ms: None,
            elapsed_ms: milliseconds(self.elapsed()),
        };
        for operation in operations {
            line.calls += operation.calls;
            line.throttles += operation.throttles;
            line.retries += operation.retries;
        }
        let admitted = line.calls.saturating_sub(line.throttles);
        line.floor_ms = self
            .bucket
            .map(|bucket| milliseconds(bucket.floor(admitted)));
        line
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
