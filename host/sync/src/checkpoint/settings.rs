//! Which settings decide what comes out of a sync. A checkpoint has digests of them: enough to tell which one
//! differs, and nothing of a value.

use std::collections::BTreeMap;

use crate::config::Config;
use portolan_aws::Connection;
use portolan_fetch::Fetching;
use portolan_machine::fingerprint::fingerprint;
use portolan_page::WITHHOLDING;
use portolan_sandbox::{MapperSet, Mapping};

/// Digests by the names of the settings.
pub(crate) type SettingDigests = BTreeMap<String, String>;

/// The settings that are known before any call.
///
/// All parts are taken apart without `..`: whoever adds a setting has to say here whether it decides what comes
/// out. What does not is bound to `_`, with the reason. Long, because it names every setting.
pub(super) fn of_config(config: &Config, mappers: &MapperSet) -> SettingDigests {
    let Config {
        connection,
        fetching,
        mapping,
        // A sync that goes on compares all records anew, those of kept pages too.
        volatile_attributes: _,
    } = config;
    let Connection {
        // Whose accounts these are is a setting of the place (`Accounts::place`), whatever keys show it.
        access_keys: _,
        profile: _,
        // The Regions, and where they are asked, are settings of the place too: only AWS and the environment
        // tell them all.
        regions: _,
        all_regions: _,
        endpoint_url: _,
        roles,
        organization,
        shard,
        // How a role is assumed changes nothing of what it may read.
        external_id: _,
        session_name: _,
        session_duration: _,
        // How AWS is reached changes nothing of what it says.
        use_fips_endpoint: _,
        ca_bundle: _,
    } = connection;
    let Fetching {
        // How fast, in what portions and how patiently AWS is asked.
        page_size: _,
        parallel_requests: _,
        parallel_scopes: _,
        quota_share: _,
        maximum_retries: _,
        objects,
        options,
        // It follows from `modules`, and no checkpoint is opened with it.
        keeps_values: _,
        // The revision cache has what AWS said, and how old tags in it may be concerns only what is not kept.
        revision_cache: _,
        revision_tags: _,
    } = fetching;
    let Mapping {
        // Where modules come from: `mappers` and `overlays` below are the digests of what was found there.
        mappers: _,
        overlays: _,
        modules,
        // Who vouches for modules, and where compiled code is, changes nothing of what they do.
        module_policy: _,
        trusted_keys: _,
        cache_folder: _,
    } = mapping;
    let mut roles: Vec<&str> = roles.iter().map(|role| role.arn.as_str()).collect();
    roles.sort_unstable();
    let digests_of_modules: Vec<String> = mappers
        .iter()
        .map(|mapper| format!("{} {}", mapper.object, mapper.module.component.digest))
        .collect();
    let digests_of_overlays: Vec<String> = mappers
        .iter()
        .flat_map(|mapper| {
            let digests = mapper
                .amenders
                .iter()
                .map(|each| &each.overlay.component.digest);
            digests.map(|digest| format!("{} {digest}", mapper.object))
        })
        .collect();
    digests([
        ("assume-role-arn", roles.join(" ")),
        ("organization", format!("{organization:?}")),
        ("shard", format!("{shard:?}")),
        ("objects", format!("{objects:?}")),
        ("option", format!("{:?}", options.settled())),
        ("mappers", digests_of_modules.join(" ")),
        ("overlays", digests_of_overlays.join(" ")),
        ("modules", format!("{modules:?}")),
        (
            "version of portolan",
            format!("{} {WITHHOLDING}", env!("CARGO_PKG_VERSION")),
        ),
    ])
}

/// Digests of values.
pub(crate) fn digests<const COUNT: usize>(values: [(&str, String); COUNT]) -> SettingDigests {
    let digest = |(name, value): (&str, String)| {
        let digest: [u8; 16] = fingerprint(value);
        let text = digest.iter().map(|byte| format!("{byte:02x}"));
        (name.to_owned(), text.collect())
    };
    values.map(digest).into()
}

/// The settings of `theirs` that are not those of `ours`, as far as `ours` has them.
pub(super) fn differing(ours: &SettingDigests, theirs: &SettingDigests) -> Vec<String> {
    ours.iter()
        .filter(|(name, digest)| theirs.get(*name) != Some(digest))
        .map(|(name, _)| name.clone())
        .collect()
}
