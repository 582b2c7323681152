//! Panics. A panic of third-party code on bad input must not end the program; a panic of Portolan's own code
//! must not end it as if it had succeeded.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;

/// Whether a panic was not caught.
static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether a panic of this thread is caught and reported as an error.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Returns the result of `work`; `None` if it panicked. Then values that it was changing must not be used any
/// more.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = IS_GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(before);
    outcome.ok()
}

/// As [`guarded`], for asynchronous work.
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

/// Reports a panic, which is a bug, in one line; called at the start of the program. It skips panics that are
/// caught and reported as errors, and all panics after the first, which usually follow from it. It leaves out
/// the panic's message, which may quote a value.
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

/// Whether a panic was not caught. Results since then are not reliable.
#[must_use]
pub fn has_panicked() -> bool {
    HAS_PANICKED.load(Ordering::Acquire)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::panic, reason = "the test catches it")]
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
