//! Tools for people who write mappings: what a module is, whether it fits, and what it makes of pages.
//!
//! Everything runs in the engine of a sync, so that what passes here passes there.

pub mod check;
pub mod contract;
pub mod inspect;
pub mod pages;
mod rig;
mod specimen;

pub use rig::{Rig, Workbench};
pub use specimen::{Loaded, Specimen, WorkbenchError};
