//! Services of the machine for the process: files, the clock, proxies, text, and panics.

/// Writes files that appear whole or not at all.
pub mod aside;
/// Timestamps, and a clock that follows AWS's time.
pub mod clock;
/// Whole and short SHA-256 digests.
pub mod fingerprint;
/// Catches and reports panics.
pub mod guard;
/// Reads the proxies of the environment.
pub mod proxies;
/// Makes text printable, and reads text files.
pub mod text;
