//! How much a caller may ask.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

/// The most bytes of a request's body. A registration of a thousand roles fits.
pub(crate) const BODY_LIMIT_BYTES: usize = 256 * 1024;
/// The most rows of a page.
pub(crate) const PAGE_LIMIT: u32 = 200;
/// The rows of a page that does not say how many.
pub(crate) const PAGE_DEFAULT: u32 = 50;
/// The requests of a token in a second, twice as many at once.
pub(crate) const REQUESTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(50).expect("not zero");
const REQUESTS_AT_ONCE: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
/// The refused tokens of an address in a minute. A person errs less often, and a guess has 2^-256.
pub(crate) const REFUSALS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(10).expect("not zero");

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// The limiters of a service.
#[derive(Debug)]
pub(crate) struct Limits {
    by_token: Keyed<String>,
    refusals: Keyed<IpAddr>,
    /// By token, when its use was noted.
    uses: Mutex<HashMap<String, i64>>,
}

impl Default for Limits {
    fn default() -> Self {
        let requests = Quota::per_second(REQUESTS_PER_SECOND).allow_burst(REQUESTS_AT_ONCE);
        Self {
            by_token: RateLimiter::hashmap(requests),
            refusals: RateLimiter::hashmap(Quota::per_minute(REFUSALS_PER_MINUTE)),
            uses: Mutex::default(),
        }
    }
}

impl Limits {
    /// Counts a request of a token.
    ///
    /// # Errors
    /// The seconds to wait, if there were too many.
    pub(crate) fn request(&self, token_id: &str) -> Result<(), u64> {
        counted(&self.by_token, &token_id.to_owned())
    }

    /// Counts a refused token of an address.
    ///
    /// # Errors
    /// The seconds to wait, if there were too many.
    pub(crate) fn refusal(&self, address: IpAddr) -> Result<(), u64> {
        counted(&self.refusals, &address)
    }

    /// Whether the use of a token was not noted in this period.
    pub(crate) fn first_use(&self, token_id: &str, now: i64, period_ms: i64) -> bool {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = uses
            .get(token_id)
            .is_none_or(|at| (now - at).abs() >= period_ms);
        if is_first {
            uses.insert(token_id.to_owned(), now);
        }
        is_first
    }

    /// Forgets keys whose buckets are full again, so that many addresses do not fill the memory.
    pub(crate) fn tidy(&self) {
        self.by_token.retain_recent();
        self.refusals.retain_recent();
    }
}

fn counted<K: Clone + std::hash::Hash + Eq>(limiter: &Keyed<K>, key: &K) -> Result<(), u64> {
    limiter.check_key(key).map_err(|refused| {
        let wait = refused.wait_time_from(DefaultClock::default().now());
        wait.as_secs() + 1
    })
}
