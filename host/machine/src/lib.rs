//! What a process has of the machine that it runs on: files, the clock, proxies, text, and panics.

/// Files that appear whole.
pub mod aside;
/// The time that AWS goes by.
pub mod clock;
/// Digests of bytes, whole and short.
pub mod fingerprint;
/// Code of others that panics.
pub mod guard;
/// The proxies of the environment.
pub mod proxies;
/// Text for people, and text of files.
pub mod text;
