//! The report of a sync: the listed objects, their outcomes, and the completeness of the output.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::changes::{Changes, SeenScopes};
use crate::differences::Differences;
use portolan_page::ledger::RevisionCacheUse;
use portolan_page::ledger::{
    Balance, Counts, GroupCalls, OperationCalls, Provenance, ReportEntry, Resumed,
};
use portolan_page::object::{NOT_READ, Object};
use portolan_sandbox::Kind;
use portolan_sandbox::trust::Trust;

/// The report of a sync, written as `report.json` beside the records.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "report")]
pub struct Report {
    /// The version of the program that wrote it.
    pub portolan_version: String,
    /// The LAST_CAPTURED of every record: RFC 3339, UTC, milliseconds.
    pub captured_at: String,
    /// The time at which the sync ended, in the same form.
    pub finished_at: String,
    /// The outcome of the sync.
    pub status: Status,
    /// Whether every scope is complete. Only then does a missing record mean that its object is gone.
    pub complete: bool,
    /// Whether the data files beside this report are those of this sync. A failed sync leaves earlier files
    /// unchanged.
    pub data_replaced: bool,
    /// The part of the accounts and Regions that was synced, for example `2/5`; absent if all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// The objects that the sync took over from a killed one; absent if it did not resume one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Resumed>,
    /// The operation options of the sync, defaults included.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// The totals of each object.
    pub objects: BTreeMap<Object, Counts>,
    /// One entry for each account, Region, object and, where it has one, cluster.
    pub scopes: Vec<ReportEntry>,
    /// Calls of each operation by account and Region.
    pub operations: Vec<OperationCalls>,
    /// Calls of each action group by account and Region: the pace that AWS's quotas allow, and the actual
    /// pace.
    #[serde(default)]
    pub quotas: Vec<GroupCalls>,
    /// The modules that mapped or amended records.
    pub mappers: Vec<MapperUsed>,
    /// Attributes of the schema that no record of this sync has: AWS did not send them, they were not
    /// requested, or no mapper reads them. Objects without records are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unfilled_attributes: BTreeMap<Object, Vec<String>>,
    /// With `--provenance`: which module set which attribute in how many records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<BTreeMap<Object, Provenance>>,
    /// The use of the revision cache, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision_cache: Option<RevisionCacheUse>,
    /// With `--changes-since`: the changes since the earlier output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// With `--shadow`: the changes that the candidate would make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowReport>,
    /// Resources of ECS that no object of this program stands for. Their absence means nothing.
    #[serde(default)]
    pub not_read: Vec<String>,
    /// Warnings beside those of the scopes.
    pub warnings: Vec<String>,
    /// The number of detail lines (tombstones, rejections, warnings) that were left out beyond the limit; all
    /// counts include them.
    pub details_omitted: u64,
}

impl Report {
    /// The report of a sync that ends with this balance. `mappers` are those of the run; `captured_at` is its
    /// timestamp. The caller adds the parts that do not come from a ledger.
    #[must_use]
    pub fn new(
        balance: Balance,
        captured_at: &str,
        finished_at: String,
        mappers: Vec<MapperUsed>,
    ) -> Self {
        let Balance {
            objects,
            scopes,
            operations,
            quotas,
            provenance,
            warnings,
            details_omitted,
            has_described,
        } = balance;
        let complete = scopes.iter().all(|scope| scope.complete);
        let has_data = has_described || scopes.iter().any(|scope| scope.complete);
        let is_all_read = scopes.iter().all(|scope| scope.unread.is_empty());
        let status = match (complete, has_data) {
            (true, _) if is_all_read => Status::Complete,
            (true, _) | (false, true) => Status::Partial,
            (false, false) => Status::Failed,
        };
        Self {
            portolan_version: env!("CARGO_PKG_VERSION").into(),
            captured_at: captured_at.into(),
            finished_at,
            status,
            complete,
            data_replaced: status != Status::Failed,
            shard: None,
            resumed: None,
            options: BTreeMap::new(),
            objects,
            scopes,
            operations,
            quotas,
            mappers,
            unfilled_attributes: BTreeMap::new(),
            provenance,
            changes: None,
            shadow: None,
            not_read: NOT_READ.map(str::to_owned).into(),
            warnings,
            revision_cache: None,
            details_omitted,
        }
    }

    /// The scopes that the sync completed, for a comparison with another sync.
    #[must_use]
    pub fn coverage(&self) -> SeenScopes {
        SeenScopes::new(
            &self.captured_at,
            &self.options,
            self.data_replaced,
            &self.scopes,
        )
    }
}

/// The outcome of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Every listed object is written or proven gone, and AWS returned everything that was requested.
    Complete,
    /// An object is missing, or AWS refused to include some attributes; the report names them.
    Partial,
    /// No object could be fetched.
    Failed,
}

/// The result of a candidate module for the pages of a sync. Its records are not written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShadowReport {
    /// The module's file.
    pub file: String,
    /// The kind of module.
    pub kind: Kind,
    /// The module's name.
    pub name: String,
    /// The module's version.
    pub version: String,
    /// SHA-256 of the component, in hexadecimal.
    pub digest: String,
    /// Pages that were compared.
    pub pages: u64,
    /// Pages that were skipped because the candidate was too slow.
    pub pages_skipped: u64,
    /// The differences of its records from the written ones.
    pub differences: BTreeMap<Object, Differences>,
}

/// A module of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MapperUsed {
    /// The object.
    pub object: Object,
    /// The kind of module.
    pub kind: Kind,
    /// The module's name.
    pub name: String,
    /// The module's version.
    pub version: String,
    /// SHA-256 of the component, in hexadecimal.
    pub digest: String,
    /// `stock`, or the module's file.
    pub source: String,
    /// The number of pages passed to it.
    #[serde(default)]
    pub pages: u64,
    /// The state of its signature and its lock. A stock module is part of the program and has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
}
