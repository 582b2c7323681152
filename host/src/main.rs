//! The door: everything else is the library, and `cli`, which is the program's manners.

mod cli;
mod talk;

use std::process::ExitCode;

use portolan::guard;

fn main() -> ExitCode {
    guard::tell_panics(talk::error);
    let status = std::panic::catch_unwind(cli::run);
    status
        .ok()
        .filter(|_| !guard::has_panicked())
        .unwrap_or(ExitCode::from(cli::FAILED))
}
