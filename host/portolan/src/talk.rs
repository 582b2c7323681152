//! Words for people go to standard error, data to standard output; nothing else writes to either.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Says one line. If nobody can hear it, that is no reason to fail.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Says what went wrong.
pub(crate) fn error(text: &str) {
    say(&format!("error: {text}"));
}

/// Writes data.
pub(crate) fn data(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Whether a person is watching standard error.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Starts the log on standard error.
pub(crate) fn start_log(level: &str) -> Result<(), String> {
    let level: LevelFilter = level.parse().map_err(|_| {
        format!(
            "log: `{}` is no level; known are error, warn, info, debug, trace and off",
            portolan_machine::text::printable(level, 32)
        )
    })?;
    // Libraries may print whole HTTP bodies at their finer levels, and a body can hold environment
    // values; so only our own targets ever say more than errors.
    let others = level.min(LevelFilter::ERROR);
    // A certificate that is refused is told with what to do about it.
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
