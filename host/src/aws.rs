//! AWS: credentials, accounts, clients, and calls that keep the raw body.

mod account;
mod call;
mod failure;
mod raw;
mod renewal;

pub use account::{Account, AccountError, Accounts};
pub(crate) use call::Caller;
pub(crate) use failure::{CallFailure, Kind};
