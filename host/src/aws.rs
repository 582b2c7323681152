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
mod proxies;
mod raw;
mod regions;
mod renewal;
mod sts;

use crate::config::{Config, ConfigError};

pub use account::{Account, AccountError};
pub use accounts::{Accounts, Candidate, Reached};
pub(crate) use call::Caller;
pub(crate) use failure::{CallFailure, Kind};

/// The certificate authorities (PEM) that settings, environment or AWS profile name in place of the system's.
///
/// # Errors
/// If the environment, or the file, cannot be used.
pub async fn ca_bundle(config: &Config) -> Result<Option<Vec<u8>>, ConfigError> {
    environment::Environment::read(config)
        .await?
        .ca_bundle(config)
}
