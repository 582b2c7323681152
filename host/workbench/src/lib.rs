//! Tools for people who write mappings: what a module is, whether it fits, and what it makes of pages.
//!
//! Everything runs in the engine of a sync, so that what passes here passes there.

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
/// Modules into and out of OCI registries.
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
