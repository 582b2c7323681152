//! Data that need not be requested from AWS again. The sync provides it; this crate does not store it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use portolan_page::ledger::EntryKey;
use portolan_page::{AccountId, RegionName};

/// The data about one account and Region that is known before it is fetched.
#[derive(Debug, Default)]
pub struct Known {
    /// Bodies of revisions that earlier syncs described.
    pub revisions: Option<KnownRevisions>,
    /// Audit events that earlier syncs read.
    pub events: Option<KnownEvents>,
    /// Whether a module that is not stock needs the tags of every revision, so that revisions are described
    /// again if their tags cannot be read otherwise.
    pub needs_tags: bool,
    /// The objects that a killed sync kept, if this sync resumes it.
    pub kept: KeptRegion,
}

/// Access to the kept bodies of revisions, by endpoint and ARN.
#[derive(Clone)]
pub struct KnownRevisions {
    /// Whether a revision is kept, so that it need not be requested.
    pub has: Arc<Has>,
    /// The body of a revision that is listed with this status.
    pub get: Arc<Get>,
    /// Keeps a body, from which environment values are withheld, and notes whether all of them were scanned for
    /// secrets before.
    pub put: Arc<Put>,
}

type Has = dyn Fn(&str, &str) -> bool + Send + Sync;
type Get = dyn Fn(&str, &str, &str) -> Option<Vec<u8>> + Send + Sync;
type Put = dyn Fn(&str, &str, &[u8], bool) + Send + Sync;

impl fmt::Debug for KnownRevisions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KnownRevisions")
    }
}

/// The audit events of one name in an account and Region.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventSeries {
    /// The server: `aws`, or the URL of an endpoint.
    pub endpoint: String,
    /// The account.
    pub account_id: AccountId,
    /// The Region.
    pub region: RegionName,
    /// The name of the events.
    pub name: String,
}

/// An audit event that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEvent {
    /// Its time in milliseconds since 1970.
    pub time_ms: i64,
    /// The fingerprint of its id.
    pub id: [u8; 16],
    /// The event as mappers get it, without values that are withheld.
    pub json: String,
}

/// The key of a kept event in its series.
pub type EventPlace = (i64, [u8; 16]);

/// Access to the audit events that earlier syncs read. Intervals are in milliseconds since 1970.
#[derive(Clone)]
pub struct KnownEvents {
    /// The interval of a series in which all events are kept.
    pub read: Arc<ReadInterval>,
    /// Events of an interval behind a place, at most a number of them, and the place of the last one if there may be
    /// more; `None` if they cannot be read.
    pub events: Arc<EventsIn>,
    /// Keeps events.
    pub put: Arc<PutEvents>,
    /// Notes that all events of an interval are kept, which counts once the output stands.
    pub note_read: Arc<NoteRead>,
}

type ReadInterval = dyn Fn(&EventSeries) -> Option<RangeInclusive<i64>> + Send + Sync;
type EventsIn = dyn Fn(
        &EventSeries,
        &RangeInclusive<i64>,
        Option<EventPlace>,
        usize,
    ) -> Option<(Vec<KeptEvent>, Option<EventPlace>)>
    + Send
    + Sync;
type PutEvents = dyn Fn(&EventSeries, Vec<KeptEvent>) + Send + Sync;
type NoteRead = dyn Fn(&EventSeries, RangeInclusive<i64>) + Send + Sync;

impl fmt::Debug for KnownEvents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KnownEvents")
    }
}

/// The kept objects of one account and Region.
#[derive(Debug, Default)]
pub struct KeptRegion {
    /// By scope, the ARNs that need not be requested again.
    pub scopes: BTreeMap<EntryKey, KeptScope>,
    /// Revisions that kept services and tasks use, with `EcsTaskDefinition.scope=in-use`.
    pub in_use: BTreeSet<String>,
    /// By ARN, the capacity providers that kept clusters name.
    pub providers: BTreeMap<String, Vec<String>>,
}

/// The kept objects of one scope. Each takes 20 to 39 bytes: its fingerprint of sixteen bytes and the
/// overhead of a hash set. Without a checkpoint, the listing of the scope would take as much.
#[derive(Debug, Default)]
pub struct KeptScope {
    /// The number of objects that the kept pages describe.
    pub objects: u64,
    /// Fingerprints of the requested ARNs, as they were listed.
    pub asked: HashSet<[u8; 16]>,
    /// Fingerprints of the families of kept revisions, with `EcsTaskDefinition.scope=latest`.
    pub families: HashSet<[u8; 16]>,
}
