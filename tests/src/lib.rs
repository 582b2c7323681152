//! The ECS simulator and other helpers of Portolan's tests; every test that is no unit test is here.

pub mod pages;
pub mod simulator;
pub mod usage;

/// The example of `host/docs/library.md`, run.
#[cfg(doctest)]
#[doc = include_str!("../../host/docs/library.md")]
pub struct Library;
