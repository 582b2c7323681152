//! Every setting, declared once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::assess::AssessSettings;
use super::lists::{one_or_many, one_or_many_schema, whole_or_many};
use portolan_sandbox::ModuleSettings;
use portolan_sandbox::trust::ModulePolicy;

/// The settings as written by the user. The first paragraph of each description is its help text and its
/// description in the configuration file's schema.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema, clap::Args)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(
    title = "config",
    description = "Configuration file of portolan (TOML)"
)]
pub struct Settings {
    /// Access key ID; without it the AWS SDK's own chain finds credentials.
    ///
    /// The secret half comes from PORTOLAN_SECRET_ACCESS_KEY or --secret-access-key-file, never from a
    /// flag's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_ACCESS_KEY_ID", value_name = "ID", help_heading = CONNECTION)]
    pub access_key_id: Option<String>,

    /// File that holds the secret access key; `-` reads a line of standard input.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_SECRET_ACCESS_KEY_FILE", value_name = "FILE", help_heading = CONNECTION)]
    pub secret_access_key_file: Option<PathBuf>,

    /// File that holds the session token of temporary access keys; `-` reads a line of standard input.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_SESSION_TOKEN_FILE", value_name = "FILE", help_heading = CONNECTION)]
    pub session_token_file: Option<PathBuf>,

    /// Profile of the shared AWS configuration files.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_PROFILE", value_name = "NAME", help_heading = CONNECTION)]
    pub profile: Option<String>,

    /// Regions to sync, comma-separated, or `all` for those that each account has enabled
    /// [default: the AWS default Region chain].
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "one_or_many"
    )]
    #[schemars(schema_with = "one_or_many_schema")]
    #[arg(long, visible_aliases = ["region", "default-region"], env = "PORTOLAN_REGIONS", value_name = "REGION", value_delimiter = ',', help_heading = CONNECTION)]
    pub regions: Option<Vec<String>>,

    /// ARNs of roles to assume, comma-separated; each role's account is synced.
    // Names of roles may have commas, so the list is split later.
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "whole_or_many"
    )]
    #[schemars(schema_with = "one_or_many_schema")]
    #[arg(long, visible_alias = "assume-role-arns", env = "PORTOLAN_ASSUME_ROLE_ARN", value_name = "ARN", help_heading = CONNECTION)]
    pub assume_role_arn: Option<Vec<String>>,

    /// File of ARNs of roles to assume, one on a line, in addition to --assume-role-arn; `#` begins a
    /// comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_ASSUME_ROLE_ARN_FILE", value_name = "FILE", help_heading = CONNECTION)]
    pub assume_role_arn_file: Option<PathBuf>,

    /// Sync every active account of the organization that the credentials belong to.
    ///
    /// The credentials' own account is read with the credentials themselves, the others through
    /// --organization-role.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_ORGANIZATION", value_name = "BOOL", value_parser = clap::builder::BoolishValueParser::new(), num_args = 0..=1, default_missing_value = "true", help_heading = CONNECTION)]
    pub organization: Option<bool>,

    /// Role to assume in each account of the organization: its name, or its ARN with {account} in place of
    /// the account id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_ORGANIZATION_ROLE", value_name = "ROLE", help_heading = CONNECTION)]
    pub organization_role: Option<String>,

    /// Ids of the organization's accounts to sync, comma-separated [default: all].
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "one_or_many"
    )]
    #[schemars(schema_with = "one_or_many_schema")]
    #[arg(long, env = "PORTOLAN_ORGANIZATION_INCLUDE", value_name = "ACCOUNT", value_delimiter = ',', help_heading = CONNECTION)]
    pub organization_include: Option<Vec<String>>,

    /// Ids of the organization's accounts to leave out, comma-separated.
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "one_or_many"
    )]
    #[schemars(schema_with = "one_or_many_schema")]
    #[arg(long, env = "PORTOLAN_ORGANIZATION_EXCLUDE", value_name = "ACCOUNT", value_delimiter = ',', help_heading = CONNECTION)]
    pub organization_exclude: Option<Vec<String>>,

    /// Sync only this part of the accounts and Regions, for example 2/5 on the second of five machines.
    ///
    /// Each account and Region is in exactly one part: SHA-256 of ACCOUNT/REGION, its first eight bytes as a
    /// big-endian number, modulo the number of parts, plus one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_SHARD", value_name = "NUMBER/COUNT", help_heading = CONNECTION)]
    pub shard: Option<String>,

    /// External ID that the trust policies of the roles require.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_EXTERNAL_ID", value_name = "ID", help_heading = CONNECTION)]
    pub external_id: Option<String>,

    /// Session name of assumed roles, as CloudTrail shows it [default: portolan].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_SESSION_NAME", value_name = "NAME", help_heading = CONNECTION)]
    pub session_name: Option<String>,

    /// Session duration of assumed roles in seconds, 900 to 43200 [default: 3600].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 900, max = 43200))]
    #[arg(long, env = "PORTOLAN_SESSION_DURATION", value_name = "SECONDS", help_heading = CONNECTION)]
    pub session_duration: Option<u64>,

    /// Use FIPS 140 endpoints; refused for Regions without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_USE_FIPS_ENDPOINT", value_name = "BOOL", value_parser = clap::builder::BoolishValueParser::new(), num_args = 0..=1, default_missing_value = "true", help_heading = CONNECTION)]
    pub use_fips_endpoint: Option<bool>,

    /// Endpoint for ECS and STS requests instead of AWS's own, for a VPC endpoint or a test server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_ENDPOINT_URL", value_name = "URL", help_heading = CONNECTION)]
    pub endpoint_url: Option<String>,

    /// File of the certificate authorities (PEM) to trust in place of the system's, for a network that
    /// inspects TLS [default: AWS_CA_BUNDLE, ca_bundle of the AWS profile, SSL_CERT_FILE].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_CA_BUNDLE", value_name = "FILE", help_heading = CONNECTION)]
    pub ca_bundle: Option<PathBuf>,

    /// Maximum number of objects per request, 1 to 100 [default: 100].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    #[arg(long, env = "PORTOLAN_PAGE_SIZE", value_name = "COUNT", help_heading = FETCHING)]
    pub page_size: Option<u64>,

    /// Maximum number of requests in flight per account and Region, 1 to 256 [default: 8].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 256))]
    #[arg(long, env = "PORTOLAN_PARALLEL_REQUESTS", value_name = "COUNT", help_heading = FETCHING)]
    pub parallel_requests: Option<u64>,

    /// Maximum number of accounts and Regions that are fetched at once, 1 to 1024 [default: 16].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    #[arg(long, env = "PORTOLAN_PARALLEL_SCOPES", value_name = "COUNT", help_heading = FETCHING)]
    pub parallel_scopes: Option<u64>,

    /// Quotas for calls [default: aws].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_QUOTAS", value_name = "RULES", help_heading = FETCHING)]
    pub quotas: Option<QuotaRules>,

    /// Share of AWS's API quotas that may be used, 0.05 to 1; the rest is for other users of the account
    /// [default: 0.9].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.05, max = 1.0))]
    #[arg(long, env = "PORTOLAN_QUOTA_SHARE", value_name = "SHARE", help_heading = FETCHING)]
    pub quota_share: Option<f64>,

    /// Maximum number of retries of a failed request before its scope fails; throttled requests do not count
    /// [default: 10].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 100))]
    #[arg(long, visible_alias = "max-retries", env = "PORTOLAN_MAXIMUM_RETRIES", value_name = "COUNT", help_heading = FETCHING)]
    pub maximum_retries: Option<u64>,

    /// Objects to sync, comma-separated: names such as EcsContainer, or the groups `default` (EcsCluster,
    /// EcsService, EcsTask, EcsTaskDefinition), `inventory`, `audit` and `all` (all of them) [default: `default`; with --assess `all`].
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "one_or_many"
    )]
    #[schemars(schema_with = "one_or_many_schema")]
    #[arg(long, env = "PORTOLAN_OBJECTS", value_name = "OBJECT", value_delimiter = ',', help_heading = FETCHING)]
    pub objects: Option<Vec<String>>,

    /// Operation option as KEY=VALUE, case-sensitive; repeat or separate by commas.
    ///
    /// EcsTask.fetchStoppedTasks=true|false: also sync tasks that stopped within about the last hour
    /// [default: false].
    /// EcsTaskDefinition.status=ACTIVE|INACTIVE|DELETE_IN_PROGRESS|ALL: which revisions to sync
    /// [default: ACTIVE].
    /// EcsTaskDefinition.scope=all|latest|in-use|current: all of these, the newest ACTIVE one of each family,
    /// the revisions that services, task sets and tasks refer to, or both [default: all; with --assess current].
    /// EcsAuditEvent.since=AGE: the age of the oldest audit events, such as 12h or 7d, at most 90d
    /// [default: 24h].
    /// EcsAuditEvent.settingsSince=AGE: likewise for events that change account settings [default: as
    /// EcsAuditEvent.since; with --assess 90d].
    /// EcsAuditEvent.names=NAME,NAME: the names of audit events, case-sensitive [default: settings, what runs,
    /// shells, clusters and capacity].
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "super::options::from_table"
    )]
    #[schemars(schema_with = "super::options::schema")]
    #[arg(long = "option", env = "PORTOLAN_OPTIONS", value_name = "KEY=VALUE", value_delimiter = ',', value_parser = super::options::pair, help_heading = FETCHING)]
    pub options: Option<Vec<(String, String)>>,

    /// Attributes that change on their own, and do not count as a change with --changes-since,
    /// comma-separated [default: ACTIVE_SERVICES_COUNT, LAST_CAPTURED, PENDING_COUNT, PENDING_TASKS_COUNT,
    /// RUNNING_COUNT, RUNNING_TASKS_COUNT].
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "one_or_many"
    )]
    #[schemars(schema_with = "one_or_many_schema")]
    #[arg(long, env = "PORTOLAN_VOLATILE_ATTRIBUTES", value_name = "NAME", value_delimiter = ',', help_heading = MAPPING)]
    pub volatile_attributes: Option<Vec<String>>,

    /// Folder of mapper modules (.wasm); a module there replaces the stock mapper of its object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_MAPPERS", value_name = "FOLDER", help_heading = MAPPING)]
    pub mappers: Option<PathBuf>,

    /// Overlay modules (.wasm) that amend records, comma-separated, in this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, visible_alias = "overlay", env = "PORTOLAN_OVERLAYS", value_name = "FILE", value_delimiter = ',', help_heading = MAPPING)]
    pub overlays: Option<Vec<PathBuf>>,

    /// Settings and limits of single modules, by the name in their manifest; only in the configuration file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub modules: Option<BTreeMap<String, ModuleSettings>>,

    /// Proof that a module needs before it may run: any (none), pinned or signed [default: pinned where a
    /// mappers.lock lies beside it, else any].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_MODULE_POLICY", value_name = "POLICY", hide_possible_values = true, help_heading = MAPPING)]
    pub module_policy: Option<ModulePolicy>,

    /// Files of the trusted public keys (PEM) for signatures of modules, comma-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, visible_alias = "trusted-key", env = "PORTOLAN_TRUSTED_KEYS", value_name = "FILE", value_delimiter = ',', help_heading = MAPPING)]
    pub trusted_keys: Option<Vec<PathBuf>>,

    /// Folder for compiled modules [default: portolan in the user's cache folder].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_CACHE_FOLDER", value_name = "FOLDER", help_heading = MAPPING)]
    pub cache_folder: Option<PathBuf>,

    /// File that keeps the bodies of task-definition revisions (environment values withheld), so that a later
    /// sync does not request them again; `off` for none [default: revisions.redb in the cache folder, or off
    /// with --endpoint-url: only AWS promises that a revision never changes].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_REVISION_CACHE", value_name = "FILE", help_heading = FETCHING)]
    pub revision_cache: Option<PathBuf>,

    /// How to read the tags of known revisions, which can change: auto (a hundred in a call, from the Resource
    /// Groups Tagging API), always (a call for each revision), never, or an age such as 12h or 7d (a call for
    /// each revision whose tags were read longer ago, if a module of yours reads them) [default: auto].
    ///
    /// If auto cannot read them, a sync in which a module of yours may read tags, or that records pages,
    /// describes every revision again; in any other, unknown tags are left out and the report says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = super::revisions::PATTERN))]
    #[arg(long, env = "PORTOLAN_REVISION_TAGS", value_name = "WHEN", help_heading = FETCHING)]
    pub revision_tags: Option<String>,

    /// Scan the environment values of container definitions for secrets before they are withheld. What leaves is
    /// the name of the variable and the name of the detector, as SECRET_SUSPECTS of EcsContainerDefinition;
    /// never the value, its length, a digest or a part of it [default: false].
    ///
    /// Known revisions that were not scanned are described again once. Control TD.10 judges the suspects.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, env = "PORTOLAN_DETECT_SECRETS", value_name = "BOOL", value_parser = clap::builder::BoolishValueParser::new(), num_args = 0..=1, default_missing_value = "true", help_heading = FETCHING)]
    pub detect_secrets: Option<bool>,

    /// Settings of `portolan assess` and `portolan sync --assess`; in the configuration file, the table
    /// `[assess]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub assess: Option<AssessSettings>,
}

/// The quotas for calls.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaRules {
    /// The token buckets that AWS publishes for the ECS API, per account and Region
    Aws,
    /// No quotas: as fast as parallel-requests allow, for test servers
    None,
}

const CONNECTION: &str = "Connection";
const FETCHING: &str = "Fetching";
const MAPPING: &str = "Mapping";

impl Settings {
    /// These settings, with the flags and variables of an assessment.
    #[must_use]
    pub fn with_assess(self, assess: AssessSettings) -> Self {
        Self {
            assess: (assess != AssessSettings::default()).then_some(assess),
            ..self
        }
    }

    /// The settings of `self`, completed with those of `lower`.
    pub(super) fn over(self, lower: Self) -> Result<Self, ConfigError> {
        let merge = || -> serde_json::Result<Self> {
            let mut merged: BTreeMap<String, serde_json::Value> =
                serde_json::from_value(serde_json::to_value(&lower)?)?;
            let upper: BTreeMap<String, serde_json::Value> =
                serde_json::from_value(serde_json::to_value(&self)?)?;
            // A table of both is merged, and not replaced.
            for (key, value) in upper {
                match (merged.get_mut(&key), value) {
                    (Some(serde_json::Value::Object(below)), serde_json::Value::Object(above))
                        if key == "assess" =>
                    {
                        below.extend(above);
                    }
                    (_, value) => drop(merged.insert(key, value)),
                }
            }
            serde_json::from_value(serde_json::to_value(merged)?)
        };
        // Both sides are values of this type, so only a path that is not UTF-8 can fail.
        merge().map_err(|_| {
            let reason = "a path among the flags or variables is not UTF-8; rename it";
            ConfigError::setting("config", reason.into())
        })
    }
}
