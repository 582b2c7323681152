//! What need not be asked of AWS again. Who keeps it is not known here: a sync hands it in.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;

use portolan_page::ledger::EntryKey;

/// What is known of one account and Region before it is fetched.
#[derive(Debug, Default)]
pub struct Known {
    /// Bodies of revisions that earlier syncs described.
    pub revisions: Option<KnownRevisions>,
    /// What is kept of a sync that was killed, if this one goes on with it.
    pub kept: KeptRegion,
}

/// Bodies of revisions, by endpoint and ARN, as whoever keeps them answers.
#[derive(Clone)]
pub struct KnownRevisions {
    /// Whether a revision need not be asked for.
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

/// What is kept of one account and Region.
#[derive(Debug, Default)]
pub struct KeptRegion {
    /// By scope: which ARNs need not be asked for again.
    pub scopes: BTreeMap<EntryKey, KeptScope>,
    /// Revisions that kept services and tasks use, where a sync takes those.
    pub in_use: BTreeSet<String>,
}

/// What is kept of one scope. An object costs its fingerprint of sixteen bytes and the room around it in a
/// hash set, 20 to 39 bytes together; the listing of the scope would take as much without a checkpoint.
#[derive(Debug, Default)]
pub struct KeptScope {
    /// How many objects the kept pages describe.
    pub objects: u64,
    /// Fingerprints of the ARNs that were asked for, as they were listed.
    pub asked: HashSet<[u8; 16]>,
    /// Fingerprints of the families of kept revisions, where a sync takes one of each family.
    pub families: HashSet<[u8; 16]>,
}
