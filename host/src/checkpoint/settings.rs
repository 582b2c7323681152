//! Which settings decide what comes out of a sync. A checkpoint has digests of them: enough to tell which one
//! differs, and nothing of a value.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::fingerprint::fingerprint;
use crate::mapper::MapperSet;
use crate::page::WITHHOLDING;

/// Digests by the names of the settings.
pub(crate) type Settings = BTreeMap<String, String>;

/// The settings that are known before any call. Left out is what decides only how a sync goes: sizes of
/// pages, parallel requests, quotas, retries, and where output goes.
pub(super) fn of_config(config: &Config, mappers: &MapperSet) -> Settings {
    let mut roles: Vec<&str> = config.roles.iter().map(|role| role.arn.as_str()).collect();
    roles.sort_unstable();
    let modules: Vec<String> = mappers
        .iter()
        .map(|mapper| format!("{} {}", mapper.object, mapper.module.digest))
        .collect();
    let overlays: Vec<String> = mappers
        .iter()
        .flat_map(|mapper| {
            let digests = mapper.amenders.iter().map(|each| &each.overlay.digest);
            digests.map(|digest| format!("{} {digest}", mapper.object))
        })
        .collect();
    digests([
        ("assume-role-arn", roles.join(" ")),
        ("organization", format!("{:?}", config.organization)),
        ("shard", format!("{:?}", config.shard)),
        ("objects", format!("{:?}", config.objects)),
        ("option", format!("{:?}", config.options.settled())),
        ("mappers", modules.join(" ")),
        ("overlays", overlays.join(" ")),
        ("modules", format!("{:?}", config.modules)),
        (
            "version of portolan",
            format!("{} {WITHHOLDING}", env!("CARGO_PKG_VERSION")),
        ),
    ])
}

/// Digests of values.
pub(crate) fn digests<const COUNT: usize>(values: [(&str, String); COUNT]) -> Settings {
    let digest = |(name, value): (&str, String)| {
        let digest: [u8; 16] = fingerprint(value);
        let text = digest.iter().map(|byte| format!("{byte:02x}"));
        (name.to_owned(), text.collect())
    };
    values.map(digest).into()
}

/// The settings of `theirs` that are not those of `ours`, as far as `ours` has them.
pub(super) fn differing(ours: &Settings, theirs: &Settings) -> Vec<String> {
    ours.iter()
        .filter(|(name, digest)| theirs.get(*name) != Some(digest))
        .map(|(name, _)| name.clone())
        .collect()
}
