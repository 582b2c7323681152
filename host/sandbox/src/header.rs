//! Components and other files, told apart before anything reads further.

use portolan_machine::text::printable;

/// Tells a component from other files by its first bytes.
pub fn check_header(bytes: &[u8]) -> Result<(), String> {
    // Text or compiled code would also be taken by wasmtime's own entrance; here neither is.
    if bytes.get(..4) != Some(b"\0asm") {
        return Err("it is no WebAssembly file".into());
    }
    if bytes.get(4..8) != Some(&[0x0d, 0, 1, 0]) {
        return Err("it is a core module, not a component; build it with `portolan mapper build`, or turn it into a component with `wasm-tools component new`".into());
    }
    Ok(())
}

/// What is wrong with a file that a parser or compiler takes for no component.
pub(super) fn invalid(error: &dyn std::fmt::Display) -> String {
    let error = printable(&format!("{error:#}"), 400);
    format!("it is no valid component: {error}")
}
