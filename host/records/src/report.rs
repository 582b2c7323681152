//! The report of a sync: what was listed, what became of it, and whether a consumer may trust the rest.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::changes::{Changes, SeenScopes};
use crate::differences::Differences;
use portolan_page::ledger::RevisionCacheUse;
use portolan_page::ledger::{
    Balance, Counts, GroupCalls, OperationCalls, Provenance, ReportEntry, Resumed,
};
use portolan_page::object::Object;
use portolan_sandbox::Kind;
use portolan_sandbox::trust::Trust;

/// Written as `report.json` beside the records.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "report")]
pub struct Report {
    /// Version of the program that wrote it.
    pub portolan_version: String,
    /// The LAST_CAPTURED of every record: RFC 3339, UTC, milliseconds.
    pub captured_at: String,
    /// When the sync ended, in the same form.
    pub finished_at: String,
    /// How the sync ended.
    pub status: Status,
    /// Whether every scope is complete. Only then is an object that is missing from the records gone.
    pub complete: bool,
    /// Whether the data files beside this report are those of this sync. A sync that failed altogether
    /// leaves earlier files as they were.
    pub data_replaced: bool,
    /// The part of the accounts and Regions that this sync took, for example `2/5`; absent if it took all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// Whether the sync went on where one that was killed had stopped; absent if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Resumed>,
    /// The operation options of the sync, defaults included.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// Totals of each object.
    pub objects: BTreeMap<Object, Counts>,
    /// One entry for each account, Region, object and, where it has one, cluster.
    pub scopes: Vec<ReportEntry>,
    /// Calls of each operation by account and Region.
    pub operations: Vec<OperationCalls>,
    /// Calls of each action group by account and Region: how fast AWS's quotas let them go, and how fast
    /// they went.
    #[serde(default)]
    pub quotas: Vec<GroupCalls>,
    /// The modules that mapped and amended.
    pub mappers: Vec<MapperUsed>,
    /// Attributes that the schema knows and that no record of this sync has: what AWS did not send, was not
    /// asked for, or no mapper reads. Objects without records are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unfilled_attributes: BTreeMap<Object, Vec<String>>,
    /// With `--provenance`: which module set which attribute in how many records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<BTreeMap<Object, Provenance>>,
    /// What the revision cache did, if it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision_cache: Option<RevisionCacheUse>,
    /// With `--changes-since`: what is different from the earlier output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// With `--shadow`: what a candidate would change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowReport>,
    /// What a reader should know beside the scopes.
    pub warnings: Vec<String>,
    /// Lines of detail (tombstones, rejections, warnings) that were left out for their number; all counts
    /// include them.
    pub details_omitted: u64,
}

impl Report {
    /// The report of a sync that ends with this balance. `mappers` are those of the run; `captured_at` is its
    /// timestamp. What is not in a ledger is added by whoever knows it.
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
            warnings,
            revision_cache: None,
            details_omitted,
        }
    }

    /// What the sync is known to have seen, for a comparison with another one.
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

/// How a sync ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Everything that was listed is written or proven gone, and AWS gave all that it was asked for.
    Complete,
    /// An object is missing, or AWS refused to give some of their attributes; the report says which.
    Partial,
    /// Nothing could be fetched.
    Failed,
}

/// What a candidate made of the pages of a sync, none of which was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShadowReport {
    /// The file.
    pub file: String,
    /// What it does with records.
    pub kind: Kind,
    /// The module's name.
    pub name: String,
    /// The module's version.
    pub version: String,
    /// SHA-256 of the component, in hexadecimal.
    pub digest: String,
    /// Pages that were compared.
    pub pages: u64,
    /// Pages that it was too slow for.
    pub pages_skipped: u64,
    /// How what it would have written differs from what was written.
    pub differences: BTreeMap<Object, Differences>,
}

/// A module of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MapperUsed {
    /// The object.
    pub object: Object,
    /// What it does with the object's records.
    pub kind: Kind,
    /// The module's name.
    pub name: String,
    /// The module's version.
    pub version: String,
    /// SHA-256 of the component, in hexadecimal.
    pub digest: String,
    /// `stock`, or the file.
    pub source: String,
    /// Pages that it was given.
    #[serde(default)]
    pub pages: u64,
    /// What its signature and its lock say. A stock module is part of the program and has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
}
