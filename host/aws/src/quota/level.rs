//! The arithmetic of a limiter: how many tokens there are, and how fast they come back.
//!
//! Not `governor`: a quota of its limiters is fixed once made, while this rate follows what AWS says; and
//! it would count a token as coming back while the call that took it may not have arrived.

use std::time::Duration;

use portolan_page::object::Bucket;

/// What is left of the rate when AWS throttles: others use the bucket too. With the recovery below, a
/// client that is left half of a bucket is throttled once in more than a hundred calls, and uses the half.
const CUT: f64 = 0.7;
/// The part of the full rate that comes back per second: from half to full takes fifty seconds.
const RECOVERY_PER_SECOND: f64 = 0.01;
/// The part of the full rate that no throttling takes away: at 20 calls a second one call a second, which
/// finds out whether it is over.
const LEAST: f64 = 0.05;
/// A little more than what is missing, so that a timer that is early by rounding is not early.
const TIMER_MARGIN: Duration = Duration::from_micros(100);

/// A bucket's level. Times count from any moment, but all from the same one.
#[derive(Debug)]
pub(super) struct Level {
    full: Bucket,
    tokens: f64,
    refill_per_second: f64,
    /// Tokens of calls without an answer yet.
    out: f64,
    /// When all this was true.
    at: Duration,
    /// Counts cuts of the rate.
    cuts: u64,
}

impl Level {
    pub(super) fn new(full: Bucket) -> Self {
        Self {
            full,
            tokens: full.burst,
            refill_per_second: full.refill_per_second,
            out: 0.0,
            at: Duration::ZERO,
            cuts: 0,
        }
    }

    /// Takes a token and gives how often the rate was cut before, or says how long until there is one,
    /// as far as no answer comes earlier.
    pub(super) fn take(&mut self, now: Duration) -> Result<u64, Duration> {
        self.advance(now);
        if self.tokens < 1.0 {
            let pause = Duration::from_secs_f64((1.0 - self.tokens) / self.refill_per_second);
            return Err(pause + TIMER_MARGIN);
        }
        self.tokens -= 1.0;
        self.out += 1.0;
        Ok(self.cuts)
    }

    /// A call has its answer, whatever that is.
    pub(super) fn answered(&mut self, now: Duration) {
        self.advance(now);
        self.out -= 1.0;
    }

    /// AWS throttled a call whose token was taken after `cuts` cuts: its bucket is empty, whatever we
    /// thought. Calls that were on their way during a cut tell nothing new about the rate.
    pub(super) fn throttled(&mut self, now: Duration, cuts: u64) {
        self.advance(now);
        self.tokens = self.tokens.min(0.0);
        if self.cuts == cuts {
            self.cuts += 1;
            let least = LEAST * self.full.refill_per_second;
            self.refill_per_second = (self.refill_per_second * CUT).max(least);
        }
    }

    fn advance(&mut self, now: Duration) {
        let elapsed = now.saturating_sub(self.at).as_secs_f64();
        self.at = self.at.max(now);
        // A call that has no answer may not have arrived, in which case the bucket at AWS may still be
        // full and gain nothing. To count on less is what makes throttles impossible, whatever the
        // latencies are, as long as nobody else uses the bucket.
        let room = self.full.burst - self.out;
        if self.tokens < room {
            self.tokens = (self.tokens + elapsed * self.refill_per_second).min(room);
        }
        let recovered = elapsed * RECOVERY_PER_SECOND * self.full.refill_per_second;
        self.refill_per_second =
            (self.refill_per_second + recovered).min(self.full.refill_per_second);
    }
}

#[cfg(test)]
mod tests;
