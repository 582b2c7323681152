//! The lines of a ledger: what is noted of a scope, an object, a call.

use crate::scope::{AccountId, RegionName};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::object::ActionGroup;
use crate::object::{Object, Operation};

/// What a scope is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryKey {
    /// Twelve digits.
    pub account_id: AccountId,
    /// The Region.
    pub region: RegionName,
    /// The object.
    pub object: Object,
    /// ARN of the cluster, for services and tasks.
    pub cluster: Option<String>,
}

/// How many objects took which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Named by a List operation.
    pub listed: u64,
    /// Given by a Describe operation.
    pub described: u64,
    /// Written as records.
    pub written: u64,
    /// Listed, but not described: gone in between, or refused one by one by AWS.
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

    /// Objects that are listed and whose way is known.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.written + self.tombstones + self.rejected + self.failed
    }
}

/// What an object of an account and Region has come to in a running sync.
#[derive(Clone, Debug)]
pub struct EntryProgress {
    /// Twelve digits.
    pub account_id: AccountId,
    /// The Region.
    pub region: RegionName,
    /// The object.
    pub object: Object,
    /// What became of its objects so far.
    pub counts: Counts,
    /// Time that calls waited for the object's quota, summed over parallel ones.
    pub quota_wait: Duration,
}

/// What a sync took over from one that was killed. The counts of objects and scopes include it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resumed {
    /// Objects that had been described already and were not asked for again.
    pub objects: u64,
}

/// A part of the sync that is complete or not by itself.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReportEntry {
    /// Twelve digits; empty if the credentials did not work well enough to tell.
    pub account_id: AccountId,
    /// The Region; empty if the account's Regions could not be listed.
    pub region: RegionName,
    /// ARN of the cluster, for services and tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The object.
    pub object: Object,
    /// What became of its objects.
    #[serde(flatten)]
    pub counts: Counts,
    /// Whether nothing is missing. Vanished objects are not missing: they are gone.
    pub complete: bool,
    /// Why not, if not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What AWS refused to include when it described objects here, for example `TAGS`. Attributes that come
    /// from it are unknown, not empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unread: BTreeSet<String>,
    /// Resources other than task definitions that services and tasks refer to in place of one, by kind, for
    /// example `daemon-task-definition`; with `EcsTaskDefinition.scope=in-use`.
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
    /// What mappers had to say about objects that have a record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<RejectionLine>,
}

/// An object that was listed and could not be described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tombstone {
    /// Its ARN.
    pub arn: String,
    /// `MISSING` for what is gone, else the reason as AWS gives it.
    pub reason: String,
    /// More about it, if AWS says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Tombstone {
    /// The reason for what vanished between List and Describe.
    pub const MISSING: &str = "MISSING";
}

/// An object that has no record, or a remark about one that has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RejectionLine {
    /// Its ARN, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// A short constant in kebab case, for example `wrong-type`.
    pub code: String,
    /// Where.
    pub path: String,
    /// Why.
    pub message: String,
}

/// A call or a page that failed for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The operation.
    pub operation: Operation,
    /// A short constant: AWS's error code, or ours.
    pub code: String,
    /// What failed and what to do.
    pub message: String,
    /// AWS's id of the last try, for a support case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Calls of one operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OperationCalls {
    /// Twelve digits.
    pub account_id: AccountId,
    /// The Region.
    pub region: RegionName,
    /// The operation.
    pub operation: Operation,
    /// Requests that were sent, repeated ones included.
    pub calls: u64,
    /// Requests that AWS throttled.
    pub throttles: u64,
    /// Requests that were repeated for another reason.
    pub retries: u64,
    /// Time spent waiting before repeating, in milliseconds, summed over parallel requests.
    pub waiting_ms: u64,
}

/// Calls of the actions that share a quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupCalls {
    /// Twelve digits.
    pub account_id: AccountId,
    /// The Region.
    pub region: RegionName,
    /// The action group.
    pub group: ActionGroup,
    /// Requests that were sent, repeated ones included.
    pub calls: u64,
    /// Requests that AWS throttled.
    pub throttles: u64,
    /// Requests that were repeated for another reason.
    pub retries: u64,
    /// Time spent waiting for the quota, in milliseconds, summed over parallel requests.
    pub quota_wait_ms: u64,
    /// The time that calls which AWS let through take at least at the chosen share of the quota, in
    /// milliseconds. Absent without quotas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_ms: Option<u64>,
    /// From the first call to the last answer, in milliseconds.
    pub elapsed_ms: u64,
}

/// Attribute, then module, then number of records in which the module set the attribute.
pub type Provenance = BTreeMap<String, BTreeMap<String, u64>>;

/// What the revision cache did for a sync.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RevisionCacheUse {
    /// Revisions that were not asked for again.
    pub hits: u64,
    /// Revisions that were not known and had to be described.
    pub misses: u64,
    /// Revisions that were known and asked for again, because their tags were due.
    #[serde(default)]
    pub refreshed: u64,
    /// Revisions that a later sync need not ask for.
    pub stored: u64,
}
