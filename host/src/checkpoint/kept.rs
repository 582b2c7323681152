//! What a checkpoint holds, by scope: which ARNs need not be asked for again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;

use super::entry;
use crate::config::{Options, TaskDefinitionScope};
use crate::fetch::{revision, revisions_in_use};
use crate::fingerprint::fingerprint;
use crate::object::Object;
use crate::report::ScopeKey;

/// What is kept of one scope. An object costs its fingerprint of sixteen bytes and the room around it in a
/// hash set, 20 to 39 bytes together; the listing of the scope would take as much without a checkpoint.
#[derive(Debug, Default)]
pub(crate) struct KeptScope {
    /// How many objects the kept pages describe.
    pub(crate) objects: u64,
    /// Fingerprints of the ARNs that were asked for, as they were listed.
    pub(crate) asked: HashSet<[u8; 16]>,
    /// Fingerprints of the families of kept revisions, where a sync takes one of each family.
    pub(crate) families: HashSet<[u8; 16]>,
}

/// What is kept of all scopes.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) scopes: BTreeMap<ScopeKey, KeptScope>,
    /// Revisions that kept services and tasks use, by account and Region, where a sync takes those.
    pub(super) in_use: HashMap<(String, String), BTreeSet<String>>,
}

impl Kept {
    /// Notes a page.
    pub(super) fn note(&mut self, payload: &[u8], options: &Options) -> io::Result<()> {
        let head = entry::unpack_head(payload)?;
        let key = head.key();
        if options.task_definition_scope == TaskDefinitionScope::InUse
            && Object::REVISION_USERS.contains(&head.object)
        {
            let page = entry::unpack(payload, "")?.page;
            let place = (key.account_id.clone(), key.region.clone());
            let in_use = self.in_use.entry(place).or_default();
            in_use.append(&mut revisions_in_use(&page));
        }
        let takes_latest = head.object == Object::EcsTaskDefinition
            && options.task_definition_scope == TaskDefinitionScope::Latest;
        let scope = self.scopes.entry(key).or_default();
        scope.objects += head.described;
        for arn in &head.asked {
            if takes_latest && let Some((family, _)) = revision(arn) {
                scope.families.insert(fingerprint(family));
            }
            scope.asked.insert(fingerprint(arn));
        }
        Ok(())
    }

    pub(super) fn objects(&self) -> u64 {
        self.scopes.values().map(|scope| scope.objects).sum()
    }
}
