//! What travels through a sync, and what is noted of it.

mod body;
/// Where every part of a sync notes what happened.
pub mod ledger;
/// The table of connector objects and operations.
pub mod object;
/// Pages on disk, to be mapped again.
pub mod recording;
/// The committed schemas.
pub mod schemas;
mod scope;

pub use body::{BODY_LIMIT_BYTES, Origin, Page, PartsTooLarge, ScanError, WITHHOLDING, Wanted};
pub use scope::{AccountId, RegionName};
