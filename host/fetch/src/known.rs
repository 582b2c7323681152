//! Data that need not be requested from AWS again. The sync provides it; this crate does not store it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;

use portolan_page::ledger::EntryKey;

/// The data about one account and Region that is known before it is fetched.
#[derive(Debug, Default)]
pub struct Known {
    /// Bodies of revisions that earlier syncs described.
    pub revisions: Option<KnownRevisions>,
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
    /// Keeps a body, from which environment values are withheld.
    pub put: Arc<Put>,
}

type Has = dyn Fn(&str, &str) -> bool + Send + Sync;
type Get = dyn Fn(&str, &str, &str) -> Option<Vec<u8>> + Send + Sync;
type Put = dyn Fn(&str, &str, &[u8]) + Send + Sync;

impl fmt::Debug for KnownRevisions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KnownRevisions")
    }
}

/// The kept objects of one account and Region.
#[derive(Debug, Default)]
pub struct KeptRegion {
    /// By scope, the ARNs that need not be requested again.
    pub scopes: BTreeMap<EntryKey, KeptScope>,
    /// Revisions that kept services and tasks use, with `EcsTaskDefinition.scope=in-use`.
    pub in_use: BTreeSet<String>,
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
