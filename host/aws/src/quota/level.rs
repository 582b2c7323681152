//! The arithmetic of a limiter: the number of tokens, and the rate at which they return.
//!
//! `governor` does not fit: the quota of its limiters is fixed, while this rate follows AWS's answers. It
//! would also count a token as returning while the call that took it may not have arrived.

use std::time::Duration;

use portolan_page::object::Bucket;

/// The part of the rate that remains when AWS throttles, because other clients use the bucket too. With the
/// recovery below, a client with half of a bucket is throttled in less than one of a hundred calls, and uses
/// its half.
const CUT: f64 = 0.7;
/// The part of the full rate that returns per second: from half to full takes fifty seconds.
const RECOVERY_PER_SECOND: f64 = 0.01;
/// The part of the full rate that always remains: 1 call per second of 20, which detects when the throttling
/// ends.
const LEAST: f64 = 0.05;
/// Added to each pause, because a timer may fire early by rounding.
const TIMER_MARGIN: Duration = Duration::from_micros(100);

/// The level of a bucket. Times count from an arbitrary moment, the same for all.
#[derive(Debug)]
pub(super) struct Level {
    full: Bucket,
    tokens: f64,
    refill_per_second: f64,
    /// The number of tokens of calls without an answer.
    out: f64,
    /// The time of the last update.
    at: Duration,
    /// The number of times that the rate was cut.
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

    /// Takes a token, and returns the number of cuts so far. The error is the time until the next token,
    /// unless an answer comes earlier.
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

    /// Ends a call, whatever its answer.
    pub(super) fn answered(&mut self, now: Duration) {
        self.advance(now);
        self.out -= 1.0;
    }

    /// Empties the level, because AWS throttled a call whose token was taken after `cuts` cuts. The rate is
    /// cut once for all calls that were under way together.
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
        // A call without an answer may not have arrived yet. The bucket at AWS may then still be full, and
        // its refill is lost. Not counting this refill rules out throttles at any latency, as long as no
        // other client uses the bucket.
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
