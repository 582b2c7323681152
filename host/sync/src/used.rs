//! What a report says of the modules of a run.

use std::sync::atomic::Ordering;

use portolan_records::report::MapperUsed;
use portolan_sandbox::trust::Trust;
use portolan_sandbox::{Manifest, Mapper, Module, Overlay, Source};

/// The module and the overlays of a mapper, with the pages that it was given.
pub(super) fn of(mapper: &Mapper) -> Vec<MapperUsed> {
    let used =
        |manifest: &Manifest, digest: &str, source: &Source, trust: &Option<Trust>| MapperUsed {
            object: mapper.object,
            kind: manifest.kind,
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            digest: digest.to_owned(),
            source: source.to_string(),
            trust: trust.clone(),
            pages: mapper.pages.load(Ordering::Relaxed),
        };
    let Module {
        manifest,
        digest,
        source,
        trust,
        ..
    } = &*mapper.module;
    let mut modules = vec![used(manifest, digest, source, trust)];
    modules.extend(mapper.amenders.iter().map(|amender| {
        let Overlay {
            manifest,
            digest,
            source,
            trust,
            ..
        } = &*amender.overlay;
        used(manifest, digest, source, trust)
    }));
    modules
}
