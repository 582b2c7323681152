//! Panics: code of others that panics over bad input must not end the program, and our own must not end it
//! as if all were well.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;

/// Whether a panic was not caught.
static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether a panic of this thread is caught and told in words.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives; none if it panicked. What it worked on should not be used any more then.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = IS_GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(before);
    outcome.ok()
}

/// As [`guarded`], for work that waits.
pub async fn guarded_async<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(AssertUnwindSafe(work).catch_unwind());
    let outcome = std::future::poll_fn(|context| {
        let before = IS_GUARDED.replace(true);
        let polled = work.as_mut().poll(context);
        IS_GUARDED.set(before);
        polled
    });
    outcome.await.ok()
}

/// Tells of a panic, which is a bug, in one line; for the start of a program. Nothing is told of those that are
/// caught and told in words, and of the first alone otherwise, whose echoes the others are. What a panic says
/// may quote a value, and is not told.
pub fn tell_panics(commit: &'static str, tell: impl Fn(&str) + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |panic| {
        if IS_GUARDED.get() || HAS_PANICKED.swap(true, Ordering::AcqRel) {
            return;
        }
        let place = panic.location().map_or_else(
            || "an unknown place".to_owned(),
            |place| format!("{}:{}", place.file(), place.line()),
        );
        tell(&format!(
            "portolan {} (commit {commit}) has a bug at {place} and ends; earlier output is as it was. Please report this line, and what you ran",
            env!("CARGO_PKG_VERSION"),
        ));
    }));
}

/// Whether anything has panicked that nobody caught. What was done since is not to be relied on.
#[must_use]
pub fn has_panicked() -> bool {
    HAS_PANICKED.load(Ordering::Acquire)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::panic, reason = "that is what is caught")]
    fn a_panic_is_none_and_the_thread_goes_on() {
        assert_eq!(guarded(|| 7), Some(7));
        let nested = guarded(|| {
            let inner: Option<()> = guarded(|| panic!("inside"));
            assert_eq!(inner, None);
            assert!(IS_GUARDED.get());
        });
        assert_eq!(nested, Some(()));
        assert!(!IS_GUARDED.get());
    }
}
