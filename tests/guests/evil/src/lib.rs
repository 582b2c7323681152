//! A mapper of tasks that misbehaves on demand, to show that the host contains every misbehaviour.
//!
//! A member `behaviour` of a task, or of the page itself, names the misbehaviour. A task without it becomes a
//! plain record. One module has all behaviours, so that a test can also show that the next page of the same
//! module is mapped.

#[cfg(target_arch = "wasm32")]
mod behaviour;
#[cfg(target_arch = "wasm32")]
mod module;
