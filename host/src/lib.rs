//! Portolan brings Amazon ECS into a security data model through sandboxed WASM mappers.
//!
//! The line that data takes, and the modules in its order:
//!
//! ```text
//!  credentials     list        describe     raw page    mapper            validate      sink
//!  aws         ->  fetch   ->  fetch    ->  page    ->  mapper        ->  validate  ->  sink
//!                  object                               |      ^          schemas
//!                                                       v wit/ |
//!                                                guest-mappers/<object>
//!  ---- sync walks it; report counts everything that fell off, with its reason ----
//! ```
//!
//! `config` stands before it, `recording` beside it: pages can be kept and mapped again without AWS.
//! `quota` paces every call to AWS.

/// The commit that this was built from; `unknown` where that was no clone.
pub const COMMIT: &str = env!("PORTOLAN_COMMIT");

pub mod aside;
pub mod aws;
pub mod changes;
pub mod check;
pub mod checkpoint;
pub mod clock;
pub mod config;
pub mod differences;
pub mod fetch;
mod fingerprint;
pub mod guard;
pub mod ledger;
pub mod mapper;
pub mod object;
pub mod page;
pub mod plan;
pub mod policy;
pub mod quota;
pub mod recording;
pub mod records;
pub mod registry;
pub mod report;
pub mod revisions;
pub mod schemas;
pub mod sink;
pub mod sync;
pub mod text;
pub mod trust;
pub mod validate;
pub mod workbench;
