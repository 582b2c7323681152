//! An assessor of clusters that misbehaves on demand, to show that each misbehaviour costs only its subject.
//!
//! The NAME of a subject is its misbehaviour; a subject without one passes both controls.

#[cfg(target_arch = "wasm32")]
mod module;
