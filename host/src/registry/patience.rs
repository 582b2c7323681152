//! Waiting for a registry: nothing is silent for long. After a few seconds a word says what is waited for, and
//! what stays silent is given up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::wire::Failure;

/// Who waits that long wants to know for what.
pub(super) const WORD_AFTER: Duration = Duration::from_secs(3);
/// A transfer may be slow, but not stand still.
const SILENCE_LIMIT: Duration = Duration::from_secs(20);
/// How often a transfer that is slow, but moves, says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(15);

/// One wait: for whom, and for what.
pub(super) struct Patience<'a> {
    registry: &'a str,
    what: &'a str,
    word_after: Duration,
    limit: Duration,
    moved: Moved,
}

/// When something last came or went, and how many bytes did so far. Copies are the same.
#[derive(Clone)]
pub(super) struct Moved(Arc<Mutex<(Instant, usize)>>);

impl Moved {
    pub(super) fn by(&self, bytes: usize) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = (Instant::now(), state.1 + bytes);
    }

    fn state(&self) -> (Duration, usize) {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (state.0.elapsed(), state.1)
    }
}

impl<'a> Patience<'a> {
    pub(super) fn new(registry: &'a str, what: &'a str) -> Self {
        Self {
            registry,
            what,
            word_after: WORD_AFTER,
            limit: SILENCE_LIMIT,
            moved: Moved(Arc::new(Mutex::new((Instant::now(), 0)))),
        }
    }

    /// What has to be told of each piece that comes or goes.
    pub(super) fn moved(&self) -> Moved {
        self.moved.clone()
    }

    /// # Errors
    /// If nothing moves for too long.
    pub(super) async fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T, Failure> {
        let mut future = std::pin::pin!(future);
        self.moved.by(0);
        let mut is_told = false;
        let mut last_word = Instant::now();
        loop {
            let part = tokio::time::timeout(self.word_after / 6, future.as_mut()).await;
            if let Ok(done) = part {
                return Ok(done);
            }
            let Self { registry, what, .. } = self;
            let (silent, bytes) = self.moved.state();
            if silent >= self.limit {
                return Err(Failure::Silence(format!(
                    "nothing came for {} seconds, waiting for {what}",
                    self.limit.as_secs()
                )));
            }
            let is_silent = silent >= self.word_after;
            if is_silent && !is_told {
                tracing::warn!(
                    "the registry {registry} is silent for {} s; waiting for {what}, at most {} s",
                    silent.as_secs(),
                    self.limit.as_secs()
                );
                last_word = Instant::now();
            } else if !is_silent && last_word.elapsed() >= PROGRESS_EVERY {
                tracing::warn!(
                    "the registry {registry} is slow; waiting for {what}, {bytes} bytes so far"
                );
                last_word = Instant::now();
            }
            is_told = is_silent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(limit: u64) -> Patience<'static> {
        Patience {
            word_after: Duration::from_millis(12),
            limit: Duration::from_millis(limit),
            ..Patience::new("ghcr.io", "the manifest")
        }
    }

    #[tokio::test]
    async fn what_stays_silent_is_given_up_and_named() {
        let waited = short(60).wait(std::future::pending::<()>()).await;
        let Err(Failure::Silence(reason)) = waited else {
            panic!("it waits no longer");
        };
        assert!(reason.contains("waiting for the manifest"), "{reason}");
    }

    #[tokio::test]
    async fn what_moves_may_take_long() {
        let patience = short(500);
        let moved = patience.moved();
        let slow = async {
            for _ in 0..40 {
                tokio::time::sleep(Duration::from_millis(20)).await;
                moved.by(1);
            }
        };
        assert!(patience.wait(slow).await.is_ok());
        assert_eq!(patience.moved.state().1, 40);
    }
}
