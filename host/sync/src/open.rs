//! What a sync opens before it begins: caches, and an earlier output.

use std::path::Path;
use std::time::Duration;

use super::shadow::Candidate;
use super::{Request, SyncError};
use crate::config::Config;
use portolan_fetch::RevisionTags;
use portolan_fetch::revisions::RevisionCache;
use portolan_page::object::Object;
use portolan_records::changes::Comparison;
use portolan_sandbox::{MapperSet, engine, open_cache};

/// Opens the earlier output to compare with, if one is asked for.
pub(super) fn compare_with(
    request: &Request,
    config: &Config,
    mappers: &MapperSet,
) -> Result<Option<Comparison>, SyncError> {
    let Some(since) = &request.changes_since else {
        return Ok(None);
    };
    for name in &config.volatile_attributes {
        let is_known = Object::volatile_attributes().contains(name)
            || mappers
                .iter()
                .any(|mapper| mapper.validator.attributes().contains(name));
        if !is_known {
            tracing::warn!(
                "volatile-attributes names {}, which no object of this sync has",
                portolan_machine::text::printable(name, 64)
            );
        }
    }
    let is_output = *since == request.output
        || matches!(
            (since.canonicalize(), request.output.canonicalize()),
            (Ok(since), Ok(output)) if since == output
        );
    let comparison = Comparison::open(
        since,
        &config.fetching.objects,
        config.volatile_attributes.clone(),
        is_output,
    )?;
    Ok(Some(comparison))
}

/// Opens the cache of revisions if it is to be used. Without one everything works, with more calls.
pub(super) fn open_revisions(config: &Config, are_tags_read: bool) -> Option<RevisionCache> {
    let (file, tags_count_for) = revisions_use(config, are_tags_read)?;
    RevisionCache::open(file, tags_count_for)
        .inspect_err(|error| {
            tracing::warn!("{error}; the sync goes on without, and describes every revision")
        })
        .ok()
}

/// The revision cache as a sync with this configuration would find it, for planning: none if it would use
/// none, or if nothing has been kept yet.
///
/// # Errors
/// If the modules of the configuration cannot be loaded, which would stop a sync too.
pub fn known_revisions(config: &Config) -> Result<Option<RevisionCache>, SyncError> {
    if config.fetching.revision_cache.is_none()
        || !config.fetching.objects.contains(&Object::EcsTaskDefinition)
    {
        return Ok(None);
    }
    let engine = engine(&config.mapping, 1)?;
    let objects = [Object::EcsTaskDefinition];
    let mappers = MapperSet::load(
        &engine,
        open_cache(&config.mapping).as_ref(),
        &config.mapping,
        &objects,
    )?;
    let mapper = mappers.get(Object::EcsTaskDefinition);
    let used = revisions_use(config, mapper.is_some_and(|mapper| mapper.may_read("tags")));
    let opened = used
        .filter(|(file, _)| file.exists())
        .map(|(file, tags_count_for)| RevisionCache::open_existing(file, tags_count_for));
    Ok(opened.transpose().unwrap_or_else(|error| {
        tracing::warn!("{error}; the plan goes on without");
        None
    }))
}

/// Whether anybody may read the tags of task definitions in a sync with these modules.
pub(super) fn may_read_revision_tags(
    request: &Request,
    mappers: &MapperSet,
    candidate: Option<&Candidate>,
) -> bool {
    let mapper = mappers.get(Object::EcsTaskDefinition);
    mapper.is_some_and(|mapper| {
        mapper.may_read("tags")
            // Recorded pages are for modules of another day.
            || request.record.is_some()
    }) || candidate.is_some_and(Candidate::may_read_revision_tags)
}

/// The file of the revision cache and how long tags in it count (none: for ever), if a sync uses it.
fn revisions_use(config: &Config, are_tags_read: bool) -> Option<(&Path, Option<Duration>)> {
    // Kept bodies have no environment values, and what a module is granted must not depend on the last sync.
    if config.mapping.grants_environment_values()
        || !config.fetching.objects.contains(&Object::EcsTaskDefinition)
    {
        return None;
    }
    let tags_count_for = match config.fetching.revision_tags {
        RevisionTags::Always => Some(Duration::ZERO),
        RevisionTags::Auto if are_tags_read => Some(Duration::ZERO),
        RevisionTags::OlderThan(age) if are_tags_read => Some(age),
        RevisionTags::Auto | RevisionTags::OlderThan(_) | RevisionTags::Never => None,
    };
    Some((config.fetching.revision_cache.as_deref()?, tags_count_for))
}
