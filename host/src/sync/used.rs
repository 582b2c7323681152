//! What a report says of the modules of a run, those that were replaced while it ran included.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::mapper::{Manifest, Mapper, Module, Overlay, Source};
use crate::object::Object;
use crate::report::MapperUsed;
use crate::trust::Trust;

/// The modules of mappers, each version once for an object, with the pages of all mappers that it was a part
/// of.
pub(super) fn used<'m>(mappers: impl Iterator<Item = &'m Arc<Mapper>>) -> Vec<MapperUsed> {
    let mut all: Vec<MapperUsed> = Vec::new();
    for used in mappers.flat_map(|mapper| of(mapper)) {
        let same = all.iter_mut().find(|known| {
            let with_pages = MapperUsed {
                pages: used.pages,
                ..(**known).clone()
            };
            with_pages == used
        });
        match same {
            Some(known) => known.pages += used.pages,
            None => all.push(used),
        }
    }
    all
}

fn of(mapper: &Mapper) -> Vec<MapperUsed> {
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

/// By object, the attributes that no record has: known to the last mapper, and filled by none before it.
pub(super) fn unfilled<'m>(
    last: impl Iterator<Item = &'m Arc<Mapper>>,
    replaced: &[Arc<Mapper>],
) -> BTreeMap<Object, Vec<String>> {
    let has_filled = |mapper: &Mapper, name: &String| {
        mapper.validator.attributes().contains(name) && !mapper.unfilled.names().contains(name)
    };
    last.map(|mapper| {
        let earlier = || {
            let same = replaced.iter();
            same.filter(|earlier| earlier.object == mapper.object)
        };
        let mut names = mapper.unfilled.names();
        names.retain(|name| !earlier().any(|earlier| has_filled(earlier, name)));
        (mapper.object, names)
    })
    .collect()
}
