//! Paces calls within AWS's quotas.
//!
//! ECS has one token bucket for each group of actions in each account and Region, shared by all callers and
//! roles. This module defines the buckets ([`ActionGroup`](portolan_page::object::ActionGroup)), a
//! [`Limiter`] for each that delays callers before AWS throttles them, and [`Quotas`], through which all
//! callers in the process share the limiters of an account and Region.

mod level;
mod limiter;
mod pacing;

pub use pacing::Quotas;
pub(crate) use pacing::{Clearance, Pacing};
