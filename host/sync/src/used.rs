//! The modules of a run, for the report.

use std::sync::atomic::Ordering;

use portolan_records::report::MapperUsed;
use portolan_sandbox::{Component, Mapper};

/// The module and the overlays of a mapper, with the number of pages passed to it.
pub(super) fn of(mapper: &Mapper) -> Vec<MapperUsed> {
    let used = |component: &Component| MapperUsed {
        object: mapper.object,
        kind: component.manifest.kind,
        name: component.manifest.name.clone(),
        version: component.manifest.version.clone(),
        digest: component.digest.clone(),
        source: component.source.to_string(),
        trust: component.trust.clone(),
        pages: mapper.pages.load(Ordering::Relaxed),
    };
    let overlays = mapper.amenders.iter();
    let overlays = overlays.map(|amender| &amender.overlay.component);
    let all = std::iter::once(&mapper.module.component).chain(overlays);
    all.map(used).collect()
}
