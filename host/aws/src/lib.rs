//! AWS: credentials, accounts, requests, and calls that return the raw body.

mod account;
mod accounts;
mod advice;
mod assumption;
mod call;
mod environment;
mod failure;
mod failure_kind;
mod fips;
#[cfg(test)]
mod hostile;
mod http;
mod identity;
mod listing;
mod organization;
mod partitions;
mod pause;
mod profiles;
/// Paces calls within AWS's quotas.
pub mod quota;
mod regions;
mod renewal;
mod request;
mod sdk;
mod settings;
mod shard;
mod sts;
mod value;
mod verify;

pub use account::{Account, AccountError};
pub use accounts::{AccountRoute, Accounts, Reached};
pub use call::Caller;
pub use failure::CallFailure;
pub use failure_kind::FailureKind;
pub use fips::check as check_fips;
pub use partitions::check as check_region;
pub use partitions::partition_of as partition_of_region;
pub use settings::url_problem;
pub use settings::{AccessKeys, Connection, ConnectionError, Organization, RoleArn, RolePattern};
pub use shard::Shard;
pub use verify::{Identity, identify_keys};

/// Returns the certificate authorities (PEM) that replace the system's, if settings, environment or AWS
/// profile name some.
///
/// # Errors
/// Fails if the environment or the file cannot be used.
pub async fn ca_bundle(connection: &Connection) -> Result<Option<Vec<u8>>, ConnectionError> {
    environment::Environment::read(connection)
        .await?
        .ca_bundle(connection)
}
