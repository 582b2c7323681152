//! Panics: code of others that panics over bad input must not end the program, and our own must not end it
//! as if all were well.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a panic was not caught.
static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

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

/// Tells of a panic, which is a bug, in one line; for the start of a program. Nothing is told of those that are
/// caught and told in words, and of the first alone otherwise, whose echoes the others are. What a panic says
/// may quote a value, and is not told.
pub fn tell_panics(tell: impl Fn(&str) + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |panic| {
        if IS_GUARDED.get() || HAS_PANICKED.swap(true, Ordering::AcqRel) {
            return;
        }
        let place = panic.location().map_or_else(
            || "an unknown place".to_owned(),
            |place| format!("{}:{}", place.file(), place.line()),
        );
        tell(&format!(
            "portolan {} (commit {}) has a bug at {place} and ends; earlier output is as it was. Please report this line, and what you ran",
            env!("CARGO_PKG_VERSION"),
            crate::COMMIT,
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

    /// A program of its own, which the test below runs: the hook is for the whole process.
    #[test]
    #[ignore = "it panics"]
    #[expect(
        clippy::panic,
        clippy::print_stdout,
        reason = "it stands for a program"
    )]
    fn child() {
        tell_panics(|line| println!("told: {line}"));
        guarded(|| panic!("s3cr3t"));
        assert!(!has_panicked());
        assert!(std::thread::spawn(|| panic!("s3cr3t")).join().is_err());
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let task = runtime.block_on(runtime.spawn(async { panic!("s3cr3t") }));
        assert!(task.is_err() && has_panicked());
    }

    #[test]
    fn a_panic_of_any_thread_is_told_once_by_its_place() {
        let program = std::env::current_exe().expect("this one");
        let child = std::process::Command::new(program)
            .args(["--exact", "guard::tests::child", "--ignored", "--nocapture"])
            .output()
            .expect("run");
        let said = String::from_utf8_lossy(&[child.stdout, child.stderr].concat()).into_owned();
        assert!(child.status.success(), "{said}");
        assert_eq!(said.matches("told: ").count(), 1, "{said}");
        assert!(said.contains("has a bug at host/src/guard.rs:"), "{said}");
        assert!(!said.contains("s3cr3t"), "{said}");
    }
}
