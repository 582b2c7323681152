//! How fast AWS lets an account call, and keeping to it.
//!
//! ECS gives every account and Region one token bucket for each group of actions, whoever calls with
//! whichever role. This room knows the buckets ([`ActionGroup`](portolan_page::object::ActionGroup)), has a [`Limiter`] for each that slows
//! callers down before AWS has to, and keeps all of them together ([`Quotas`]), so that everything in the
//! process that calls for an account and Region shares them.

mod level;
mod limiter;
mod pacing;

pub use pacing::Quotas;
pub(crate) use pacing::{Clearance, Pacing};
