//! The final state of the ledger, from which the report is written.

use crate::{AccountId, RegionName};
use std::collections::BTreeMap;

use super::{
    Books, Counts, EntryKey, GroupCalls, GroupClock, OpenEntry, OperationCalls, Provenance,
    ReportEntry,
};
use crate::object::{ActionGroup, Object};

/// The contents of a closed ledger.
#[derive(Debug)]
pub struct Balance {
    /// The totals of each object.
    pub objects: BTreeMap<Object, Counts>,
    /// One entry for each account, Region, object and, where it has one, cluster.
    pub scopes: Vec<ReportEntry>,
    /// Calls of each operation by account and Region.
    pub operations: Vec<OperationCalls>,
    /// Calls of each action group by account and Region.
    pub quotas: Vec<GroupCalls>,
    /// The number of records in which each module set each attribute, if the sync collected it.
    pub provenance: Option<BTreeMap<Object, Provenance>>,
    /// Warnings that do not belong to a scope.
    pub warnings: Vec<String>,
    /// The number of detail lines that were left out beyond the limit.
    pub details_omitted: u64,
    /// Whether this sync described at least one object itself.
    pub has_described: bool,
}

impl Balance {
    pub(super) fn of(mut books: Books, wanted: &[Object]) -> Self {
        // Objects from a checkpoint do not count, because an earlier sync described them.
        // Nor do parts, which are made of its pages too.
        let has_described = books.scopes.iter().any(|(key, entry)| {
            key.object.fetched() == key.object && entry.counts.described > entry.resumed
        });
        let scopes = entries(std::mem::take(&mut books.scopes), wanted);
        let mut objects: BTreeMap<Object, Counts> = BTreeMap::new();
        for entry in &scopes {
            objects.entry(entry.object).or_default().add(&entry.counts);
        }
        Self {
            objects,
            has_described,
            quotas: quotas(&books),
            scopes,
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

/// The closed entries of the wanted objects. The calls of the whole fetch its parts, so parts are complete in
/// the scopes in which the whole is.
fn entries(mut open: BTreeMap<EntryKey, OpenEntry>, wanted: &[Object]) -> Vec<ReportEntry> {
    let parts: Vec<Object> = wanted
        .iter()
        .copied()
        .filter(|it| it.fetched() != *it)
        .collect();
    for part in parts {
        let wholes = open.iter().filter(|(key, _)| key.object == part.fetched());
        let wholes: Vec<(EntryKey, ReportEntry)> = wholes
            .map(|(key, entry)| (key.clone(), closed(key.clone(), entry.clone())))
            .collect();
        for (key, whole) in wholes {
            let entry = open
                .entry(EntryKey {
                    object: part,
                    ..key
                })
                .or_default();
            let is_hidden = !wanted.contains(&whole.object);
            entry.inherit(part, whole, is_hidden);
        }
    }
    let open = open
        .into_iter()
        .filter(|(key, _)| wanted.contains(&key.object));
    open.map(|(key, entry)| closed(key, entry)).collect()
}

impl OpenEntry {
    /// Copies to an entry of parts the reason and the unread includes of the whole. If the report does not
    /// show the entry of the whole, this entry shows its failures and tombstones.
    fn inherit(&mut self, part: Object, whole: ReportEntry, is_hidden: bool) {
        let object = whole.object;
        let reason = whole.reason;
        let reason = reason.map(|reason| format!("{object} is not complete here: {reason}"));
        self.reason = self.reason.take().or(reason);
        let includes = part.row().includes.iter();
        let unread = includes.filter(|it| whole.unread.contains(it.name));
        self.unread.extend(unread.map(|it| it.name.to_owned()));
        if is_hidden {
            self.tombstones.extend(whole.tombstones_detail);
            self.failures.extend(whole.failures);
        }
    }
}

fn closed(key: EntryKey, entry: OpenEntry) -> ReportEntry {
    let counts = entry.counts;
    // Every listed object has one outcome. A difference is a bug of this program, and must not make the scope
    // look complete.
    let accounted = (counts.done() + entry.other_service).saturating_sub(entry.cluster_tombstones);
    let reason = entry.reason.or_else(|| {
        entry.awaits_listing.then(|| {
            "the objects that a killed sync described are here, but the scope could not be listed again"
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
        tags: entry.tags,
        secrets: entry.secrets,
        other_service: entry.other_service,
        other_references: entry.other_references,
        tombstones_detail: entry.tombstones,
        rejections: entry.rejections,
        failures: entry.failures,
        warnings: entry.warnings,
    }
}
