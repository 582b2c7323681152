//! Tools for authors of mappings: they inspect and check modules, and run them on pages.
//!
//! The tools use the engine of a sync, so a module that passes here passes there.

mod batches;
pub mod bench;
pub mod check;
mod compare;
pub mod contract;
pub mod coverage;
pub mod diff;
pub mod folder;
pub mod inspect;
mod measure;
pub mod pages;
/// Pushes modules to OCI registries and pulls them.
pub mod registry;
mod rig;
pub mod scaffold;
mod specimen;
pub mod suite;
pub mod table;
pub mod variants;

pub use measure::Measured;
pub use rig::{Rig, Workbench};
pub use specimen::{Specimen, WorkbenchError};
