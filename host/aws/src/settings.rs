//! How AWS is reached: the settings of a connection, checked, with defaults filled in.

use portolan_page::AccountId;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::shard::Shard;

/// As whom, in which accounts and Regions, and over which endpoints AWS is asked.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Access keys that were given as settings; else the SDK's own chain finds credentials.
    pub access_keys: Option<AccessKeys>,
    /// A profile of the shared AWS configuration files.
    pub profile: Option<String>,
    /// Regions to sync; empty means the Region of the SDK's own chain.
    pub regions: Vec<String>,
    /// Whether each account is asked for the Regions that it has enabled, instead.
    pub all_regions: bool,
    /// Roles to assume, each its own account; empty means the credentials' own account.
    pub roles: Vec<RoleArn>,
    /// Accounts of the credentials' organization to sync beside those of `roles`.
    pub organization: Option<Organization>,
    /// The part of the accounts and Regions that is synced here; none means all.
    pub shard: Option<Shard>,
    /// External id that the roles' trust policies ask for.
    pub external_id: Option<String>,
    /// Session name that CloudTrail shows.
    pub session_name: String,
    /// How long the credentials of an assumed role live before they are renewed.
    pub session_duration: Duration,
    /// Whether to use FIPS endpoints.
    pub use_fips_endpoint: Option<bool>,
    /// Where to send ECS and STS requests instead of AWS's own endpoints.
    pub endpoint_url: Option<String>,
    /// Certificate authorities that take the place of the system's, in PEM.
    pub ca_bundle: Option<PathBuf>,
}

impl Default for Connection {
    /// The account and Region that the SDK's own chain finds.
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
    /// Not a secret.
    pub access_key_id: String,
    /// The secret half.
    pub secret_access_key: SecretString,
    /// For temporary keys.
    pub session_token: Option<SecretString>,
}

impl AccessKeys {
    /// Long-lived keys.
    #[must_use]
    pub fn new(access_key_id: &str, secret_access_key: &str) -> Self {
        Self {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
        }
    }
}

/// ARN of an IAM role, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn {
    /// As it was given.
    pub arn: String,
    /// For example `aws-us-gov`.
    pub partition: String,
    /// Twelve digits.
    pub account_id: AccountId,
}

/// The accounts of the organization that the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// The role that is assumed in each account.
    pub role: RolePattern,
    /// Only these accounts; empty means all.
    pub include: BTreeSet<String>,
    /// Not these.
    pub exclude: BTreeSet<String>,
}

impl Organization {
    /// Whether an account of the organization is to be synced.
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
    /// What stands for the account id.
    pub const ACCOUNT: &str = "{account}";

    /// A pattern that has been checked to be one.
    pub const fn new(pattern: String) -> Self {
        Self(pattern)
    }

    /// The role in an account.
    #[must_use]
    pub fn role_in(&self, partition: &str, account_id: &str) -> RoleArn {
        let arn = self.arn_in(partition, account_id);
        // A pattern may name another partition than that of the credentials.
        let partition = arn.split(':').nth(1).unwrap_or(partition).to_owned();
        RoleArn {
            arn,
            partition,
            account_id: account_id.into(),
        }
    }

    /// The ARN in an account; `*` gives what a policy says for all accounts.
    #[must_use]
    pub fn arn_in(&self, partition: &str, account_id: &str) -> String {
        if self.0.starts_with("arn:") {
            self.0.replace(Self::ACCOUNT, account_id)
        } else {
            format!("arn:{partition}:iam::{account_id}:role/{}", self.0)
        }
    }
}

/// What is wrong with the URL of an endpoint, if anything is.
pub fn url_problem(url: &str) -> Option<&'static str> {
    const NOT_A_URL: &str = "its value is not a URL; one starts with http:// or https://";
    let Ok(parsed) = url.parse::<http::Uri>() else {
        return Some(NOT_A_URL);
    };
    if parsed.query().is_some() {
        return Some("its value has a query (`?`), which requests cannot take; leave it out");
    }
    let is_http = matches!(parsed.scheme_str(), Some("http" | "https"));
    match parsed.authority() {
        Some(authority) if has_bad_port(authority.as_str()) => {
            Some("its value names a port above 65535")
        }
        Some(authority) if is_http && !authority.host().is_empty() => {
            authority.as_str().contains('@').then_some(
                "its value holds a user name or password, which ECS has no use for; leave them out",
            )
        }
        _ => Some(NOT_A_URL),
    }
}

/// Whether a port is named that there cannot be.
fn has_bad_port(authority: &str) -> bool {
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_number && !authority.ends_with(']') && port.parse::<u16>().is_err()
}

/// Something that a connection is made of cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// A variable of the environment cannot be used.
    #[error("{name}: {reason}")]
    Environment {
        /// The variable.
        name: String,
        /// What is wrong with its value, which is not repeated.
        reason: String,
    },
    /// A file of AWS profiles cannot be used.
    #[error("the AWS file {path} cannot be used: {reason}")]
    Profiles {
        /// The file.
        path: String,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// A setting does not go together with what the environment or AWS says.
    #[error("{setting}: {reason}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
}
