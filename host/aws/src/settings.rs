//! The settings of a connection to AWS, checked and with defaults.

use portolan_page::AccountId;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::shard::Shard;

/// The identity, accounts, Regions and endpoints of calls to AWS.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Access keys from the settings; `None` to use the SDK's own chain.
    pub access_keys: Option<AccessKeys>,
    /// A profile of the shared AWS configuration files.
    pub profile: Option<String>,
    /// Regions to sync; if empty, the default Region of the SDK's own chain.
    pub regions: Vec<String>,
    /// Whether to sync the enabled Regions of each account instead of `regions`.
    pub all_regions: bool,
    /// Roles to assume, each in its own account; if empty, the credentials' own account.
    pub roles: Vec<RoleArn>,
    /// Accounts of the credentials' organization to sync besides those of `roles`.
    pub organization: Option<Organization>,
    /// The part of the accounts and Regions to sync; `None` for all.
    pub shard: Option<Shard>,
    /// The external ID that the roles' trust policies require.
    pub external_id: Option<String>,
    /// The session name in CloudTrail.
    pub session_name: String,
    /// The lifetime of an assumed role's credentials.
    pub session_duration: Duration,
    /// Whether to use FIPS endpoints.
    pub use_fips_endpoint: Option<bool>,
    /// The URL for ECS and STS requests, instead of AWS's own endpoints.
    pub endpoint_url: Option<String>,
    /// Certificate authorities in PEM form, instead of the system's.
    pub ca_bundle: Option<PathBuf>,
}

impl Default for Connection {
    /// Uses the account and Region of the SDK's own chain.
    fn default() -> Self {
        Self {
            access_keys: None,
            profile: None,
            regions: Vec::new(),
            all_regions: false,
            roles: Vec::new(),
            organization: None,
            shard: None,
            external_id: None,
            session_name: "portolan".to_owned(),
            session_duration: Duration::from_secs(3600),
            use_fips_endpoint: None,
            endpoint_url: None,
            ca_bundle: None,
        }
    }
}

/// Long-lived or temporary access keys.
#[derive(Clone, Debug)]
pub struct AccessKeys {
    /// The access key ID, which is not a secret.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: SecretString,
    /// The session token of temporary keys.
    pub session_token: Option<SecretString>,
}

impl AccessKeys {
    /// Makes long-lived keys.
    #[must_use]
    pub fn new(access_key_id: &str, secret_access_key: &str) -> Self {
        Self {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
        }
    }
}

/// The ARN of an IAM role, split into its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn {
    /// The whole ARN, as given.
    pub arn: String,
    /// The AWS partition, for example `aws-us-gov`.
    pub partition: String,
    /// The account's twelve digits.
    pub account_id: AccountId,
}

/// The accounts of the organization that the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// The role to assume in each account.
    pub role: RolePattern,
    /// The accounts to sync; if empty, all accounts.
    pub include: BTreeSet<String>,
    /// The accounts to leave out.
    pub exclude: BTreeSet<String>,
}

impl Organization {
    /// Whether to sync an account of the organization.
    #[must_use]
    pub fn wants(&self, account_id: &str) -> bool {
        (self.include.is_empty() || self.include.contains(account_id))
            && !self.exclude.contains(account_id)
    }
}

/// A role's name, or its ARN with `{account}` in place of the account id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolePattern(String);

impl RolePattern {
    /// The placeholder for the account id.
    pub const ACCOUNT: &str = "{account}";

    /// Makes a pattern of a checked text.
    pub const fn new(pattern: String) -> Self {
        Self(pattern)
    }

    /// The role in an account.
    #[must_use]
    pub fn role_in(&self, partition: &str, account_id: &str) -> RoleArn {
        let arn = self.arn_in(partition, account_id);
        // A pattern may name another partition than the credentials'.
        let partition = arn.split(':').nth(1).unwrap_or(partition).to_owned();
        RoleArn {
            arn,
            partition,
            account_id: account_id.into(),
        }
    }

    /// The ARN in an account; `*` gives the resource of a policy for all accounts.
    #[must_use]
    pub fn arn_in(&self, partition: &str, account_id: &str) -> String {
        if self.0.starts_with("arn:") {
            self.0.replace(Self::ACCOUNT, account_id)
        } else {
            format!("arn:{partition}:iam::{account_id}:role/{}", self.0)
        }
    }
}

/// The problem with the URL of an endpoint; `None` if it is valid.
pub fn url_problem(url: &str) -> Option<&'static str> {
    const NOT_A_URL: &str = "its value is not a URL; one starts with http:// or https://";
    let Ok(parsed) = url.parse::<http::Uri>() else {
        return Some(NOT_A_URL);
    };
    if parsed.query().is_some() {
        return Some("its value has a query (`?`), which is not supported; leave it out");
    }
    let is_http = matches!(parsed.scheme_str(), Some("http" | "https"));
    match parsed.authority() {
        Some(authority) if has_bad_port(authority.as_str()) => {
            Some("its value names a port above 65535")
        }
        Some(authority) if is_http && !authority.host().is_empty() => {
            authority.as_str().contains('@').then_some(
                "its value holds a user name or password, which ECS does not use; leave them out",
            )
        }
        _ => Some(NOT_A_URL),
    }
}

/// Whether the port is above 65535.
fn has_bad_port(authority: &str) -> bool {
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_number && !authority.ends_with(']') && port.parse::<u16>().is_err()
}

/// A setting of a connection cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// A variable of the environment cannot be used.
    #[error("{name}: {reason}")]
    Environment {
        /// The name of the variable.
        name: String,
        /// The problem with its value, without the value.
        reason: String,
    },
    /// An AWS profile file cannot be used.
    #[error("the AWS file {path} cannot be used: {reason}")]
    Profiles {
        /// The path of the file.
        path: String,
        /// The problem, and the line.
        reason: String,
    },
    /// A setting conflicts with the environment or with AWS.
    #[error("{setting}: {reason}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// The problem, and what to do.
        reason: String,
    },
}
