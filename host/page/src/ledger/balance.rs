//! The books closed: what a report has of them.

use crate::{AccountId, RegionName};
use std::collections::BTreeMap;

use super::{
    Books, Counts, EntryKey, GroupCalls, GroupClock, OpenEntry, OperationCalls, Provenance,
    ReportEntry, totals,
};
use crate::object::{ActionGroup, Object};

/// What the books say when they are closed.
#[derive(Debug)]
pub struct Balance {
    /// Totals of each object.
    pub objects: BTreeMap<Object, Counts>,
    /// One entry for each account, Region, object and, where it has one, cluster.
    pub scopes: Vec<ReportEntry>,
    /// Calls of each operation by account and Region.
    pub operations: Vec<OperationCalls>,
    /// Calls of each action group by account and Region.
    pub quotas: Vec<GroupCalls>,
    /// Which module set which attribute in how many records, if somebody wanted to know.
    pub provenance: Option<BTreeMap<Object, Provenance>>,
    /// What a reader should know beside the scopes.
    pub warnings: Vec<String>,
    /// Lines of detail that were left out for their number.
    pub details_omitted: u64,
    /// Whether this sync itself described anything.
    pub has_described: bool,
}

impl Balance {
    pub(super) fn of(books: Books) -> Self {
        // What an earlier sync described is no sign that this one could do anything.
        let described = |entry: &OpenEntry| entry.counts.described > entry.resumed;
        Self {
            objects: totals(&books),
            has_described: books.scopes.values().any(described),
            quotas: quotas(&books),
            scopes: books
                .scopes
                .into_iter()
                .map(|(key, entry)| scope(key, entry))
                .collect(),
            operations: books.operations.into_values().collect(),
            provenance: books.provenance,
            warnings: books.warnings,
            details_omitted: books.omitted,
        }
    }
}

fn quotas(books: &Books) -> Vec<GroupCalls> {
    let line = |(key, pace): (&(AccountId, RegionName, ActionGroup), &GroupClock)| {
        let (account_id, region, group) = key;
        let operations = books.operations.values().filter(|calls| {
            (&calls.account_id, &calls.region) == (account_id, region)
                && calls.operation.group() == Some(*group)
        });
        pace.line(key.clone(), operations.cloned())
    };
    books.paces.iter().map(line).collect()
}

fn scope(key: EntryKey, entry: OpenEntry) -> ReportEntry {
    let counts = entry.counts;
    // Whatever was listed has to have gone somewhere; a difference would be a bug of ours, and must not
    // look like completeness.
    let accounted = (counts.written + counts.tombstones + counts.rejected + counts.failed)
        .saturating_sub(entry.cluster_tombstones);
    let reason = entry.reason.or_else(|| {
        entry.awaits_listing.then(|| {
            "what a sync that was killed had described is here, but could not be listed again"
                .to_owned()
        })
    });
    let reason = reason.or_else(|| {
        (accounted != counts.listed).then(|| {
            format!(
                "{} objects were listed, but {accounted} are accounted for",
                counts.listed
            )
        })
    });
    ReportEntry {
        account_id: key.account_id,
        region: key.region,
        cluster: key.cluster,
        object: key.object,
        counts,
        complete: reason.is_none(),
        reason,
        unread: entry.unread,
        other_references: entry.other_references,
        tombstones_detail: entry.tombstones,
        rejections: entry.rejections,
        failures: entry.failures,
        warnings: entry.warnings,
    }
}
