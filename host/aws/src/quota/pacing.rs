//! The limiters of one account and Region, and its limit of requests in flight.

use portolan_page::{AccountId, RegionName};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limiter::{Limiter, Token};
use portolan_page::object::Operation;
use portolan_page::object::{ActionGroup, Bucket};

/// All limits on calls, for all accounts and Regions. Clones share them.
#[derive(Clone, Debug)]
pub struct Quotas {
    share: Option<f64>,
    parallel_requests: usize,
    places: Arc<Mutex<HashMap<(AccountId, RegionName), Pacing>>>,
}

/// The limits on the calls to one account and Region. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Pacing {
    /// `None` for a server without quotas.
    limiters: Option<Arc<BTreeMap<ActionGroup, Arc<Limiter>>>>,
    in_flight: Arc<Semaphore>,
    prepared: Arc<Semaphore>,
}

/// The number of calls that are prepared for each that may be in flight: while one is under way, the next is
/// signed, and the last answer is read.
const PREPARED_PER_FLIGHT: usize = 2;

/// The right to make one call, until it is dropped.
#[derive(Debug)]
pub(crate) struct Clearance {
    /// The time that the call waited for the quota.
    pub(crate) waited: Duration,
    token: Option<Token>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Quotas {
    /// The quotas of a process, with full buckets. `share` is the used share of AWS's quotas, `None` for a
    /// server without quotas. `parallel_requests` limits the requests in flight per account and Region.
    #[must_use]
    pub fn new(share: Option<f64>, parallel_requests: usize) -> Self {
        Self {
            share,
            parallel_requests,
            places: Arc::default(),
        }
    }

    /// Returns the limits of an account and Region; all callers share them.
    pub(crate) fn place(&self, account_id: &AccountId, region: &RegionName) -> Pacing {
        let key = (account_id.to_owned(), region.to_owned());
        self.places
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(key)
            .or_insert_with(|| Pacing::new(self.share, self.parallel_requests))
            .clone()
    }
}

impl Pacing {
    fn new(share: Option<f64>, parallel_requests: usize) -> Self {
        let limiters = |share| {
            let limiter = |group: ActionGroup| Arc::new(Limiter::new(group.bucket().share(share)));
            let groups = ActionGroup::ALL.into_iter();
            Arc::new(groups.map(|group| (group, limiter(group))).collect())
        };
        Self {
            limiters: share.map(limiters),
            in_flight: Arc::new(Semaphore::new(parallel_requests)),
            prepared: Arc::new(Semaphore::new(PREPARED_PER_FLIGHT * parallel_requests)),
        }
    }

    /// The semaphore with a permit for each request that may be in flight; the HTTP client takes the permits.
    pub(crate) fn in_flight(&self) -> Arc<Semaphore> {
        Arc::clone(&self.in_flight)
    }

    /// The bucket for calls of a group; `None` without quotas.
    pub(crate) fn bucket(&self, group: ActionGroup) -> Option<Bucket> {
        Some(self.limiters.as_ref()?.get(&group)?.full())
    }

    /// Waits until a call may be prepared; it may then still wait for a permit to be in flight. A caller that
    /// waits for a token does not occupy a request slot, so an empty bucket does not block calls of another
    /// group.
    pub(crate) async fn clearance(&self, operation: Operation) -> Clearance {
        let start = Instant::now();
        let limiter = self
            .limiters
            .as_ref()
            .and_then(|limiters| limiters.get(&operation.group()?));
        let token = match limiter {
            Some(limiter) => Some(limiter.token().await),
            None => None,
        };
        let waited = start.elapsed();
        // The semaphore is never closed.
        let permit = Arc::clone(&self.prepared).acquire_owned().await.ok();
        Clearance {
            waited,
            token,
            _permit: permit,
        }
    }
}

impl Clearance {
    /// Records that AWS throttled the call.
    pub(crate) fn throttled(&self) {
        if let Some(token) = &self.token {
            token.throttled();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_for_the_same_account_and_region_shares_its_limits() {
        let quotas = Quotas::new(Some(0.9), 8);
        let [first, second, other] = ["us-east-1", "us-east-1", "eu-west-1"]
            .map(|region| quotas.clone().place(&"111111111111".into(), &region.into()));
        assert!(Arc::ptr_eq(&first.in_flight, &second.in_flight));
        assert!(!Arc::ptr_eq(&first.in_flight, &other.in_flight));
        let limiters = |place: &Pacing| place.limiters.clone().expect("quotas are on");
        assert!(Arc::ptr_eq(&limiters(&first), &limiters(&second)));
        assert!(!Arc::ptr_eq(&limiters(&first), &limiters(&other)));
    }

    #[tokio::test]
    async fn who_waits_for_one_bucket_keeps_nobody_from_another() {
        let place = Pacing::new(Some(1.0), 1);
        for _ in 0..50 {
            drop(place.clearance(Operation::ListClusters).await);
        }
        let waiting = tokio::spawn({
            let place = place.clone();
            async move { place.clearance(Operation::ListClusters).await }
        });
        tokio::task::yield_now().await;
        let other = place.clearance(Operation::ListTasks);
        let other = tokio::time::timeout(Duration::from_millis(30), other).await;
        assert!(other.is_ok_and(|clearance| clearance.waited < Duration::from_millis(30)));
        assert!(waiting.await.is_ok());
    }
}
