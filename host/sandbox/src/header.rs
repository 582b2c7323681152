//! Distinguishes components from other files by their first bytes.

use portolan_machine::text::printable;

/// Checks that a file is a component, by its first bytes.
pub fn check_header(bytes: &[u8]) -> Result<(), String> {
    // wasmtime also accepts text and compiled code; this host accepts neither.
    if bytes.get(..4) != Some(b"\0asm") {
        return Err("it is not a WebAssembly file".into());
    }
    if bytes.get(4..8) != Some(&[0x0d, 0, 1, 0]) {
        return Err("it is a core module, not a component; build it with `portolan mapper build`, or turn it into a component with `wasm-tools component new`".into());
    }
    Ok(())
}

/// The message for a file that a parser or compiler refuses.
pub(super) fn invalid(error: &dyn std::fmt::Display) -> String {
    let error = printable(&format!("{error:#}"), 400);
    format!("it is not a valid component: {error}")
}
