//! The ECS simulator and other helpers of Portolan's tests. All tests other than unit tests are in this
//! package.

pub mod pages;
pub mod simulator;
pub mod usage;

/// Runs the example of `host/docs/library.md`.
#[cfg(doctest)]
#[doc = include_str!("../../host/docs/library.md")]
pub struct Library;
