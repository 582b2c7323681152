//! The program: `cli` holds its commands, and the other crates of the host do the work.

mod cli;
mod talk;

use std::process::ExitCode;

use portolan_machine::guard;

/// The commit of this build; `unknown` if it was not built in a clone.
const COMMIT: &str = env!("PORTOLAN_COMMIT");

fn main() -> ExitCode {
    guard::tell_panics(COMMIT, talk::error);
    let status = std::panic::catch_unwind(cli::run);
    status
        .ok()
        .filter(|_| !guard::has_panicked())
        .unwrap_or(ExitCode::from(cli::FAILED))
}
