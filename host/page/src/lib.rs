//! The pages that a sync fetches, the ledger of their objects, and the table of connector objects.

mod body;
/// The ledger, to which every part of a sync reports.
pub mod ledger;
/// The table of connector objects and operations.
pub mod object;
/// Recorded pages, which can be mapped again.
pub mod recording;
/// The committed schemas.
pub mod schemas;
mod scope;

pub use body::{
    BODY_LIMIT_BYTES, EVENT_WITHHOLDING, Origin, Page, PartsTooLarge, SECRET_RULES, ScanError,
    ScannedBody, WITHHOLDING, Wanted, with_member, with_secret_suspects, without_secret_suspects,
};
pub use scope::{AccountId, RegionName};
