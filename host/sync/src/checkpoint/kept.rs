//! The contents of a checkpoint, by account and Region.

use portolan_page::{AccountId, RegionName};
use std::collections::BTreeMap;
use std::io;

use super::entry;
use portolan_fetch::{
    KeptRegion, KeptScope, Options, TaskDefinitionScope, providers_of_clusters, revision,
    revisions_in_use,
};
use portolan_machine::fingerprint::fingerprint;
use portolan_page::ledger::EntryKey;
use portolan_page::object::Object;

/// The kept objects of all scopes.
#[derive(Debug, Default)]
pub(super) struct KeptPages {
    /// The kept objects by account and Region.
    pub(super) regions: BTreeMap<(AccountId, RegionName), KeptRegion>,
}

impl KeptPages {
    /// Adds the objects of a page.
    pub(super) fn note(&mut self, payload: &[u8], options: &Options) -> io::Result<()> {
        let head = entry::unpack_head(payload)?;
        let key = head.key();
        let place = (key.account_id.clone(), key.region.clone());
        let region = self.regions.entry(place).or_default();
        if options.needs_revisions_in_use() && Object::REVISION_USERS.contains(&head.object) {
            let page = entry::unpack(payload, "")?.page;
            region.in_use.append(&mut revisions_in_use(&page)?);
        }
        if head.object == Object::EcsCluster {
            let page = entry::unpack(payload, "")?.page;
            region.providers.append(&mut providers_of_clusters(&page));
        }
        let takes_latest = head.object == Object::EcsTaskDefinition
            && options.task_definition_scope == TaskDefinitionScope::Latest;
        let scope = region.scopes.entry(key).or_default();
        scope.objects += head.described;
        for arn in &head.asked {
            if takes_latest && let Some((family, _)) = revision(arn) {
                scope.families.insert(fingerprint(family));
            }
            scope.asked.insert(fingerprint(arn));
        }
        Ok(())
    }

    pub(super) fn scopes(&self) -> impl Iterator<Item = (&EntryKey, &KeptScope)> {
        self.regions.values().flat_map(|region| &region.scopes)
    }

    pub(super) fn objects(&self) -> u64 {
        self.scopes().map(|(_, scope)| scope.objects).sum()
    }
}
