//! Portolan brings Amazon ECS into a security data model through sandboxed WASM mappers.
//!
//! The line that data takes:
//!
//! ```text
//!  credentials     list        describe     raw page    mapper            validate      sink
//!  aws         ->  fetch   ->  fetch    ->  page    ->  mapper        ->  validate  ->  sink
//!                  object                               |      ^          schemas
//!                                                       v wit/ |
//!                                                guest-mappers/<object>
//!  ---- sync walks it; ledger and report count everything that fell off, with its reason ----
//! ```
//!
//! `config` stands before it, `recording` beside it: pages can be kept and mapped again without AWS.
//! `quota` paces every call to AWS.
//!
//! The rooms stand here in groups, from the ground to the top. A room imports only rooms of the groups above
//! it in this list and of its own group, and never in a circle (`tests/it/house.rs`).

/// The commit that this was built from; `unknown` where that was no clone.
pub const COMMIT: &str = env!("PORTOLAN_COMMIT");

// The ground.
/// Files that appear whole.
pub mod aside;
/// The time that AWS goes by.
pub mod clock;
/// Digests of bytes, whole and short.
mod fingerprint;
/// Code of others that panics.
pub mod guard;
/// The proxies of the environment.
mod proxies;
/// Text for people, and text of files.
pub mod text;

// What travels.
/// The table of connector objects and operations.
pub mod object;
/// A described page, without what is withheld.
pub mod page;
/// Pages on disk, to be mapped again.
pub mod recording;
/// The committed schemas.
pub mod schemas;
/// Records against JSON Schema.
pub mod validate;

// What is noted of it.
/// Where every part of a sync notes what happened.
pub mod ledger;
/// The pace at which AWS may be called.
pub mod quota;

// Out of AWS.
/// Credentials, accounts and answered calls.
pub mod aws;
/// From an account and a Region to pages.
pub mod fetch;
/// Task definitions that an earlier sync described.
pub mod revisions;

// Code of others.
/// Modules at work on pages, in their sandbox.
pub mod mapper;
/// Whether a module may run.
pub mod trust;

// What becomes of a page.
/// What is different from an earlier output.
pub mod changes;
/// What two modules make of the same pages.
pub mod differences;
/// Valid records, and an account of every object.
pub mod records;
/// What a sync came to, put together from what the rooms below it say.
pub mod report;
/// Where records go.
pub mod sink;

// What is asked for.
/// Settings, checked, in the parts that the rooms below take.
pub mod config;

// The order of things.
/// Whether credentials may do what a sync does.
pub mod check;
/// What a sync that is killed leaves for the next.
pub mod checkpoint;
/// What a sync would take.
pub mod plan;
/// The permissions that a sync needs.
pub mod policy;
/// The line, walked.
pub mod sync;

// For people who write and ship modules.
/// Modules into and out of OCI registries.
pub mod registry;
/// What modules are tried with.
pub mod workbench;
