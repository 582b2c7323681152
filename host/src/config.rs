//! What the program is asked to do.
//!
//! A setting is declared once, in [`Settings`]: its flag, its environment variable, its key in the
//! configuration file and its description. A flag wins over the environment, the environment over the
//! file, the file over the default. [`Config`] is what the settings mean, checked, with defaults filled
//! in; nothing after it sees an absent value that has a default.

mod file;
mod fips;
mod identity;
mod modules;
mod options;
mod organization;
mod regions;
mod resolve;
mod revisions;
mod secret;
mod settings;
mod shard;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use crate::object::Object;
use crate::trust::ModulePolicy;
pub use fips::FIPS_REGIONS;
pub(crate) use fips::check as check_fips;
pub use modules::{Capability, ModuleSettings, OnFailure};
pub use options::{Options, TaskDefinitionScope, TaskDefinitionStatus};
pub use organization::{Organization, RolePattern};
pub(crate) use regions::{any_beside as any_region_beside, check as check_region};
pub(crate) use resolve::{parse_flag, url_problem};
pub use revisions::RevisionTags;
pub use secret::Secret;
pub(crate) use secret::from_environment;
pub use settings::{QuotaRules, Settings};
pub use shard::Shard;

/// A checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
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
    /// Accounts and Regions that are fetched at once.
    pub parallel_scopes: usize,
    /// External id that the roles' trust policies ask for.
    pub external_id: Option<String>,
    /// Session name that CloudTrail shows.
    pub session_name: String,
    /// How long the credentials of an assumed role live before they are renewed.
    pub session_duration: Duration,
    /// Most objects per request, 1 to 100.
    pub page_size: u16,
    /// Requests in flight per account and Region.
    pub parallel_requests: usize,
    /// The share of AWS's token buckets that a sync may use, above 0.0 to 1.0; none for a server without
    /// quotas.
    pub quota_share: Option<f64>,
    /// How often a failed request is repeated. Throttled requests do not count.
    pub maximum_retries: u32,
    /// Where to send ECS and STS requests instead of AWS's own endpoints.
    pub endpoint_url: Option<String>,
    /// Certificate authorities that take the place of the system's, in PEM.
    pub ca_bundle: Option<PathBuf>,
    /// Whether to use FIPS endpoints.
    pub use_fips_endpoint: Option<bool>,
    /// What to sync.
    pub objects: Vec<Object>,
    /// Operation options.
    pub options: Options,
    /// Attributes that a comparison with an earlier output leaves out.
    pub volatile_attributes: BTreeSet<String>,
    /// Folder of modules that replace stock mappers.
    pub mappers: Option<PathBuf>,
    /// Overlay modules, in the order in which they amend.
    pub overlays: Vec<PathBuf>,
    /// Settings of single modules, by name.
    pub modules: BTreeMap<String, ModuleSettings>,
    /// What a module has to show before it may run; none for the default, which depends on its folder.
    pub module_policy: Option<ModulePolicy>,
    /// Files of the public keys whose signatures count.
    pub trusted_keys: Vec<PathBuf>,
    /// Folder for compiled modules; none if there is no home to put it in.
    pub cache_folder: Option<PathBuf>,
    /// Where bodies of revisions are kept across syncs; none if they are not.
    pub revision_cache: Option<PathBuf>,
    /// When revisions are described again for their tags, which can change.
    pub revision_tags: RevisionTags,
}

impl Config {
    /// Whether any module may see the values of environment variables.
    #[must_use]
    pub fn grants_environment_values(&self) -> bool {
        self.modules
            .values()
            .any(|module| module.grants(Capability::EnvironmentValues))
    }
}

/// Long-lived or temporary access keys.
#[derive(Clone, Debug)]
pub struct AccessKeys {
    /// Not a secret.
    pub access_key_id: String,
    /// The secret half.
    pub secret_access_key: Secret,
    /// For temporary keys.
    pub session_token: Option<Secret>,
}

/// ARN of an IAM role, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn {
    /// As it was given.
    pub arn: String,
    /// For example `aws-us-gov`.
    pub partition: String,
    /// Twelve digits.
    pub account_id: String,
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not valid.
    #[error("the configuration file {path} is not valid: {reason}")]
    Invalid {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
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
    /// A setting's value cannot be used.
    #[error("{setting}: {reason}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
}
