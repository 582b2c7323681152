//! The lines of a ledger: about scopes, objects and calls.

use crate::scope::{AccountId, RegionName};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::object::ActionGroup;
use crate::object::{Object, Operation};

/// The identity of a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryKey {
    /// The account's twelve digits.
    pub account_id: AccountId,
    /// The Region.
    pub region: RegionName,
    /// The object.
    pub object: Object,
    /// The ARN of the cluster, for objects of clusters.
    pub cluster: Option<String>,
}

/// The number of objects by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Returned by a List operation.
    pub listed: u64,
    /// Returned by a Describe operation.
    pub described: u64,
    /// Written as records.
    pub written: u64,
    /// Listed, but not described: deleted in between, or refused individually by AWS.
    pub tombstones: u64,
    /// Described, but without a record.
    pub rejected: u64,
    /// Listed, but lost to a call or a mapper that failed.
    pub failed: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.listed += other.listed;
        self.described += other.described;
        self.written += other.written;
        self.tombstones += other.tombstones;
        self.rejected += other.rejected;
        self.failed += other.failed;
    }

    /// The number of listed objects whose outcome is known.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.written + self.tombstones + self.rejected + self.failed
    }
}

/// The progress of an object in an account and Region.
#[derive(Clone, Debug)]
pub struct EntryProgress {
    /// The account's twelve digits.
    pub account_id: AccountId,
    /// The Region.
    pub region: RegionName,
    /// The object.
    pub object: Object,
    /// The counts so far.
    pub counts: Counts,
    /// Time that calls waited for the object's quota, summed over parallel calls.
    pub quota_wait: Duration,
}

/// The objects that a sync took over from a killed one. The counts of objects and scopes include them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resumed {
    /// Objects that the killed sync had described, and that were not requested again.
    pub objects: u64,
}

/// Where the tags of the task definitions of a scope come from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum TagsRead {
    /// The Resource Groups Tagging API, for ACTIVE revisions; the Describe call, for others.
    TaggingApi,
    /// The Describe call of each revision.
    Describe,
    /// No call could read all of them. Missing tags are unknown, not empty.
    NotRead,
}

/// Whether the environment values of the container definitions of a scope were scanned for secrets.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SecretsScan {
    /// All of them: a container definition without SECRET_SUSPECTS has none that the rules know.
    Scanned,
    /// None, or not all of them. Missing SECRET_SUSPECTS are unknown, not empty.
    NotScanned,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A scope: a part of the sync with its own completeness.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReportEntry {
    /// The account's twelve digits; empty if the credentials did not work.
    pub account_id: AccountId,
    /// The Region; empty if the account's Regions could not be listed.
    pub region: RegionName,
    /// The ARN of the cluster, for objects of clusters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The object.
    pub object: Object,
    /// The counts of its objects.
    #[serde(flatten)]
    pub counts: Counts,
    /// Whether no object is missing. Deleted objects are not missing.
    pub complete: bool,
    /// The reason that the scope is not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The `include` values that AWS refused when it described objects here, for example `TAGS`. Attributes
    /// that come from them are unknown, not empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unread: BTreeSet<String>,
    /// Where the tags of task definitions come from; absent from other objects, and from reports of versions that
    /// did not read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<TagsRead>,
    /// Whether environment values were scanned for secrets; absent from other objects than
    /// EcsContainerDefinition, and from reports of versions that could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<SecretsScan>,
    /// Events of other services under the same names, which are listed and not mapped.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub other_service: u64,
    /// The number of resources other than task definitions that services and tasks refer to in place of one,
    /// by kind, for example `daemon-task-definition`; with `EcsTaskDefinition.scope=in-use`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_references: BTreeMap<String, u64>,
    /// Objects that were listed and not described.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tombstones_detail: Vec<Tombstone>,
    /// Objects that were described and have no record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejections: Vec<RejectionLine>,
    /// Calls and pages that failed for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// The mappers' warnings about objects that have a record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<RejectionLine>,
}

/// An object that was listed and could not be described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tombstone {
    /// The object's ARN.
    pub arn: String,
    /// `MISSING` for an object that is gone, otherwise AWS's reason.
    pub reason: String,
    /// Details, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Tombstone {
    /// The reason for objects that vanished between List and Describe.
    pub const MISSING: &str = "MISSING";
}

/// An object without a record, or a warning about an object with one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RejectionLine {
    /// The object's ARN, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// A short constant in kebab case, for example `wrong-type`.
    pub code: String,
    /// The path in the page, or the JSON Pointer in the record.
    pub path: String,
    /// The reason, in a sentence.
    pub message: String,
}

/// A call or a page that failed for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The operation.
    pub operation: Operation,
    /// AWS's error code, or one of this program.
    pub code: String,
    /// The failure, and what to do about it.
    pub message: String,
    /// AWS's id of the last try, for a support case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Calls of one operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OperationCalls {
    /// The account's twelve digits.
    pub account_id: AccountId,
    /// The Region.
    pub region: RegionName,
    /// The operation.
    pub operation: Operation,
    /// Requests sent, retries included.
    pub calls: u64,
    /// Requests that AWS throttled.
    pub throttles: u64,
    /// Requests that were retried for another reason.
    pub retries: u64,
    /// Time spent waiting before retries, in milliseconds, summed over parallel requests.
    pub waiting_ms: u64,
}

/// Calls of the actions that share a quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupCalls {
    /// The account's twelve digits.
    pub account_id: AccountId,
    /// The Region.
    pub region: RegionName,
    /// The action group.
    pub group: ActionGroup,
    /// Requests sent, retries included.
    pub calls: u64,
    /// Requests that AWS throttled.
    pub throttles: u64,
    /// Requests that were retried for another reason.
    pub retries: u64,
    /// Time spent waiting for the quota, in milliseconds, summed over parallel requests.
    pub quota_wait_ms: u64,
    /// The least time for the calls that AWS admitted, at the chosen share of the quota, in milliseconds.
    /// Absent without quotas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_ms: Option<u64>,
    /// The time from the first call to the last answer, in milliseconds.
    pub elapsed_ms: u64,
}

/// The number of records in which a module set an attribute, by attribute and module.
pub type Provenance = BTreeMap<String, BTreeMap<String, u64>>;

/// The use of the revision cache in a sync.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RevisionCacheUse {
    /// Revisions in the cache that were not requested again.
    pub hits: u64,
    /// Revisions that were not in the cache, and had to be described.
    pub misses: u64,
    /// Revisions in the cache that were described again, because their tags were due or their values were
    /// not scanned for secrets.
    #[serde(default)]
    pub refreshed: u64,
    /// Revisions that a later sync need not request.
    pub stored: u64,
}
