//! Code of others that panics over bad input, which must not end the program.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// Whether a panic of this thread is caught and told in words.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives; none if it panicked. What it worked on should not be used any more then.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = IS_GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(before);
    outcome.ok()
}

/// Says nothing of panics that are caught and told in words; for the start of a program.
pub fn quieten_guarded_panics() {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !IS_GUARDED.get() {
            loud(panic);
        }
    }));
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
