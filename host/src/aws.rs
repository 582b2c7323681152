//! AWS: credentials, accounts, clients, and calls that keep the raw body.

mod account;
mod accounts;
mod call;
mod failure;
mod http;
mod organization;
mod raw;
mod regions;
mod renewal;

pub use account::{Account, AccountError};
pub use accounts::{Accounts, Candidate, Reached};
pub(crate) use call::Caller;
pub(crate) use failure::{CallFailure, Kind};
