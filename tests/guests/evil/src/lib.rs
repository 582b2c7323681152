//! A mapper of tasks that misbehaves on demand, to show that the host contains what a mapper can do.
//!
//! A member `behaviour` of a task, or of the page itself, names what to do wrong. A task without it
//! becomes a plain record. One module plays every part, so that a test can also show that the next page
//! of the same module is mapped.

#[cfg(target_arch = "wasm32")]
mod behaviour;
#[cfg(target_arch = "wasm32")]
mod module;
