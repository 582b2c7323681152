//! The closed ledger, for the report.

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
    /// Which module set which attribute in how many records, if that was collected.
    pub provenance: Option<BTreeMap<Object, Provenance>>,
    /// Warnings beside those of the scopes.
    pub warnings: Vec<String>,
    /// The number of detail lines that were left out beyond the limit.
    pub details_omitted: u64,
    /// Whether this sync itself described an object.
    pub has_described: bool,
}

impl Balance {
    pub(super) fn of(mut books: Books, wanted: &[Object]) -> Self {
        // Objects that an earlier sync described do not count.
        let described = |entry: &OpenEntry| entry.counts.described > entry.resumed;
        let has_described = books.scopes.values().any(described);
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

/// The entries of the wanted objects. Parts are complete where the object that contains them is, because its
/// calls fetch them.
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
    /// Takes over the reason from the entry of the object that contains the parts. If that entry is hidden,
    /// its failures are reported here.
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
    // Every listed object has to be accounted for. A difference is a bug of this program, and must not look
    // like completeness.
    let accounted = (counts.written + counts.tombstones + counts.rejected + counts.failed)
        .saturating_sub(entry.cluster_tombstones);
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
        other_references: entry.other_references,
        tombstones_detail: entry.tombstones,
        rejections: entry.rejections,
        failures: entry.failures,
        warnings: entry.warnings,
    }
}
