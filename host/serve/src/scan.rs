//! Scans: a sync into a folder of its own, an assessment of that folder, and one transaction that brings both into
//! the store.

mod judge;
mod load;
pub(crate) mod queue;
mod retry;
mod rows;
mod runs;
pub(crate) mod setup;
mod work;

pub(crate) use setup::revision_cache;
