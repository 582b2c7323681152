//! Waits for a registry with messages and a limit. After a few seconds of silence a message names the missing
//! answer; after `SILENCE_LIMIT` the wait fails.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::outcome::ExchangeFailure;

/// Silence before the first message.
pub(super) const WORD_AFTER: Duration = Duration::from_secs(3);
/// A transfer may be slow, but must not stand still.
const SILENCE_LIMIT: Duration = Duration::from_secs(20);
/// Time between messages.
const AGAIN_AFTER: Duration = Duration::from_secs(15);
/// Bytes that an operating system takes at once and buffers until the line has room. Until then, no visible
/// progress happens.
const BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// A megabit per second.
const SLOW_BYTES_PER_SECOND: usize = 128 * 1024;

/// A wait for one answer of a registry.
pub(super) struct Patience<'a> {
    registry: &'a str,
    what: &'a str,
    word_after: Duration,
    limit: Duration,
    moved: Moved,
}

/// Time of the last transferred piece, and number of bytes so far. Clones share both.
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

    /// Allows the time that so many bytes may need on the line after the last of them was sent.
    pub(super) fn sending(mut self, bytes: usize) -> Self {
        let seconds = bytes.min(BUFFER_BYTES) / SLOW_BYTES_PER_SECOND;
        self.limit += Duration::from_secs(seconds as u64);
        self
    }

    /// The counter of transferred bytes.
    pub(super) fn moved(&self) -> Moved {
        self.moved.clone()
    }

    /// # Errors
    /// If nothing moves for too long.
    pub(super) async fn wait<T>(
        &self,
        future: impl Future<Output = T>,
    ) -> Result<T, ExchangeFailure> {
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
                return Err(ExchangeFailure::Silence(format!(
                    "nothing came for {} seconds, waiting for {what}",
                    self.limit.as_secs()
                )));
            }
            let is_silent = silent >= self.word_after;
            let is_long = last_word.elapsed() >= AGAIN_AFTER;
            if is_silent && (!is_told || is_long) {
                tracing::warn!(
                    "the registry {registry} is silent for {} s; waiting for {what}, at most {} s",
                    silent.as_secs(),
                    self.limit.as_secs()
                );
                last_word = Instant::now();
            } else if is_long {
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
        let Err(ExchangeFailure::Silence(reason)) = waited else {
            panic!("it waits no longer");
        };
        assert!(reason.contains("waiting for the manifest"), "{reason}");
    }

    #[test]
    fn what_is_sent_has_time_to_arrive() {
        let limit = |bytes| {
            Patience::new("ghcr.io", "it")
                .sending(bytes)
                .limit
                .as_secs()
        };
        assert_eq!(
            (limit(100), limit(512 * 1024), limit(usize::MAX)),
            (20, 24, 52)
        );
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
