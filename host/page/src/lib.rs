//! What travels through a sync, and what is noted of it.

/// Where every part of a sync notes what happened.
pub mod ledger;
/// The table of connector objects and operations.
pub mod object;
/// A described page, without what is withheld.
pub mod page;
/// Pages on disk, to be mapped again.
pub mod recording;
/// The committed schemas.
pub mod schemas;
