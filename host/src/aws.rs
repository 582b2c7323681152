//! AWS: credentials, accounts, clients, and calls that keep the raw body.

mod account;
mod accounts;
mod advice;
mod call;
mod environment;
mod failure;
#[cfg(test)]
mod hostile;
mod http;
mod identity;
mod organization;
mod profiles;
mod raw;
mod regions;
mod renewal;
mod sts;

pub use account::{Account, AccountError};
pub use accounts::{Accounts, Candidate, Reached};
pub(crate) use call::Caller;
pub(crate) use failure::{CallFailure, Kind};
