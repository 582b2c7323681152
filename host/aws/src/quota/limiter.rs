//! The client's side of a bucket: calls wait for a token here instead of being throttled by AWS.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::level::Level;
use portolan_page::object::Bucket;

/// A token bucket that runs no faster than the one at AWS.
#[derive(Debug)]
pub(crate) struct Limiter {
    full: Bucket,
    started_at: Instant,
    level: Mutex<Level>,
    /// Held by the caller that waits for the next token; the others queue behind it, in order.
    turnstile: tokio::sync::Mutex<()>,
    /// Notified by each answer, because the level may then rise again.
    answered: Notify,
}

/// The right to make one call. It must live until the call has its answer.
#[derive(Debug)]
pub(crate) struct Token {
    limiter: Arc<Limiter>,
    cuts: u64,
}

impl Limiter {
    pub(super) fn new(full: Bucket) -> Self {
        Self {
            full,
            started_at: Instant::now(),
            level: Mutex::new(Level::new(full)),
            turnstile: tokio::sync::Mutex::default(),
            answered: Notify::new(),
        }
    }

    /// The bucket at its full size and rate.
    pub(super) fn full(&self) -> Bucket {
        self.full
    }

    /// Waits for a token. Callers get tokens in the order of their calls.
    pub(super) async fn token(self: &Arc<Self>) -> Token {
        let _turn = self.turnstile.lock().await;
        loop {
            let pause = match self.level().take(self.now()) {
                Ok(cuts) => {
                    return Token {
                        limiter: Arc::clone(self),
                        cuts,
                    };
                }
                Err(pause) => pause,
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.answered.notified() => {}
            }
        }
    }

    fn now(&self) -> Duration {
        self.started_at.elapsed()
    }

    fn level(&self) -> MutexGuard<'_, Level> {
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Token {
    /// Records that AWS throttled the call, so its bucket is empty.
    pub(crate) fn throttled(&self) {
        let now = self.limiter.now();
        self.limiter.level().throttled(now, self.cuts);
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        let now = self.limiter.now();
        self.limiter.level().answered(now);
        self.limiter.answered.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(burst: f64, refill_per_second: f64) -> Arc<Limiter> {
        Arc::new(Limiter::new(Bucket {
            burst,
            refill_per_second,
        }))
    }

    #[tokio::test]
    async fn tokens_come_at_the_rate_of_the_bucket() {
        let limiter = limiter(2.0, 100.0);
        let start = Instant::now();
        for _ in 0..32 {
            drop(limiter.token().await);
        }
        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_millis(300), "{elapsed:?}");
    }

    #[tokio::test]
    async fn a_waiter_that_gives_up_takes_no_token_along() {
        let limiter = limiter(1.0, 4.0);
        drop(limiter.token().await);
        let impatient = tokio::time::timeout(Duration::from_millis(10), limiter.token()).await;
        assert!(impatient.is_err(), "a token was there too early");
        assert!(
            limiter.level().take(Duration::from_secs(9)).is_ok(),
            "the unused token is still there"
        );
    }

    #[tokio::test]
    async fn an_answer_wakes_who_waits_behind_a_bucket_that_is_out_altogether() {
        let limiter = limiter(1.0, 1_000.0);
        let token = limiter.token().await;
        let next = tokio::spawn({
            let limiter = Arc::clone(&limiter);
            async move { drop(limiter.token().await) }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!next.is_finished(), "the only token is out");
        drop(token);
        tokio::time::timeout(Duration::from_secs(5), next)
            .await
            .expect("the answer gave room for the next token")
            .expect("no panic");
    }
}
