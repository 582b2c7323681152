//! `portolan assess --export`: every format, as validators that others wrote accept it.
//!
//! tests/setup.sh installs the validators under target/. Without them these tests report that they were skipped, except
//! if PORTOLAN_TEST_EXPORTS=required is set, as in continuous integration.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use portolan_export::Format;

use crate::support::{Ended, python, root, run};

/// What validators refuse, so that their approval means something.
mod broken;
/// Files that exports are written to, and what becomes of them.
mod files;
/// Findings with everything odd.
mod odd;
/// The findings of a simulated account.
mod world;

/// An export without the times at which it was made.
fn undated(text: &str) -> String {
    let mut parts = text.split(r#""UpdatedAt":""#);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once('"').unwrap().1)
}

/// The folder of the validators; `None` if it is not there.
fn tools() -> Option<PathBuf> {
    let tools = root().join("target/tools-exports");
    if tools.join("requirements.txt").is_file() {
        return Some(tools);
    }
    let why = format!("{} is not complete; run `make setup`", tools.display());
    assert!(
        std::env::var_os("PORTOLAN_TEST_EXPORTS").is_none_or(|value| value != "required"),
        "{why}"
    );
    // Bypasses the test's output capture, so that the line is visible.
    let _ = writeln!(std::io::stderr(), "SKIPPED: validators of exports: {why}");
    None
}

/// Runs the validators of a format; `None` if they are not there.
fn validate(format: Format, file: &Path) -> Option<Ended> {
    let script = root().join("tests/exports/check.py");
    let tools = tools()?;
    let mut check = Command::new(python());
    check.arg("-B").arg(script).arg(format.word());
    Some(run(check.arg(file).arg(tools)))
}

#[track_caller]
pub(crate) fn accepted(format: Format, file: &Path) {
    if let Some(ended) = validate(format, file) {
        assert_eq!(
            ended.status,
            0,
            "{}: {}{}",
            format.word(),
            ended.stdout,
            ended.stderr
        );
    }
}
