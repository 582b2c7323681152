//! The settings that determine the output of a sync. A checkpoint has digests of them, which show the names
//! of different settings, but none of their values.

use std::collections::BTreeMap;

use crate::config::Config;
use portolan_aws::Connection;
use portolan_fetch::Fetching;
use portolan_machine::fingerprint::fingerprint;
use portolan_page::{SECRET_RULES, WITHHOLDING};
use portolan_sandbox::{MapperSet, Mapping};

/// Digests by the names of the settings.
pub(crate) type SettingDigests = BTreeMap<String, String>;

/// The settings that are known before any call.
///
/// All parts are destructured without `..`, so that every new setting has to be listed here: with a name if
/// it determines the output, otherwise as `_` with the reason. Long, because it names every setting.
pub(super) fn of_config(config: &Config, mappers: &MapperSet) -> SettingDigests {
    let Config {
        connection,
        fetching,
        mapping,
        // A resumed sync compares all records again, those of kept pages too.
        volatile_attributes: _,
        // An assessment begins after the sync.
        assessing: _,
    } = config;
    let Connection {
        // The accounts are settings of the place (`Accounts::place`), whatever keys are used for them.
        access_keys: _,
        profile: _,
        // The Regions and their endpoints are settings of the place too: only AWS and the environment
        // determine them all.
        regions: _,
        all_regions: _,
        endpoint_url: _,
        roles,
        organization,
        shard,
        // The parameters for assuming a role do not change its permissions.
        external_id: _,
        session_name: _,
        session_duration: _,
        // The connection to AWS does not change its answers.
        use_fips_endpoint: _,
        ca_bundle: _,
    } = connection;
    let Fetching {
        // The pace, the portions and the patience of requests do not change the answers.
        page_size: _,
        parallel_requests: _,
        parallel_scopes: _,
        quota_share: _,
        maximum_retries: _,
        objects,
        options,
        // It follows from `modules`, and a sync with it does not open a checkpoint.
        keeps_values: _,
        // The revision cache has AWS's answers, and the age of its tags matters only to revisions that are
        // not kept.
        revision_cache: _,
        revision_tags: _,
        detect_secrets,
    } = fetching;
    let Mapping {
        // The places of modules: `mappers` and `overlays` below are the digests of the modules found there.
        mappers: _,
        overlays: _,
        modules,
        // The signers of modules and the place of compiled code do not change the modules' results.
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
        (
            "detect-secrets",
            format!("{:?}", detect_secrets.then_some(SECRET_RULES)),
        ),
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

/// The names of the settings in `ours` whose digests in `theirs` differ or are missing.
pub(super) fn differing(ours: &SettingDigests, theirs: &SettingDigests) -> Vec<String> {
    ours.iter()
        .filter(|(name, digest)| theirs.get(*name) != Some(digest))
        .map(|(name, _)| name.clone())
        .collect()
}
