//! Writes messages to standard error and data to standard output.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Prints one line. It ignores a standard error that is closed.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints an error.
pub(crate) fn error(text: &str) {
    say(&format!("error: {text}"));
}

/// Writes data to standard output.
pub(crate) fn data(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Whether standard error is a terminal.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Starts the log on standard error.
pub(crate) fn start_log(level: &str) -> Result<(), String> {
    let level: LevelFilter = level.parse().map_err(|_| {
        format!(
            "log: `{}` is not a level; use error, warn, info, debug, trace or off",
            portolan_machine::text::printable(level, 32)
        )
    })?;
    // Libraries may log whole HTTP bodies at their finer levels, and a body can hold environment values; so
    // only Portolan's own targets log more than errors.
    let others = level.min(LevelFilter::ERROR);
    // Portolan reports a refused certificate itself, with a remedy.
    let told = "rustls_platform_verifier=off";
    let filter = EnvFilter::new(format!("{others},{told},portolan={level},mapper={level}"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .init();
    Ok(())
}
