//! Opens the modules, stores and outputs of a sync before it begins.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_channel::Sender;
use tokio::sync::Notify;

use super::scopes::Stores;
use super::shadow::ShadowModule;
use super::workshop::Workshop;
use super::{Provenance, Request, SyncError, record_error};
use crate::checkpoint::Checkpoint;
use crate::config::Config;
use portolan_fetch::{FetchedPage, RevisionTags};
use portolan_page::ledger::Ledger;
use portolan_page::object::Object;
use portolan_page::recording::Recorder;
use portolan_records::changes::EarlierOutput;
use portolan_revisions::{EventStore, RevisionCache, event_file};
use portolan_sandbox::{Engine, Loader, MapperSet, engine, open_cache};
use portolan_sink::{Beside, Sink};

/// Opens everything that a sync needs: modules, stores and outputs.
pub(super) fn open(
    config: &Config,
    request: &Request,
    ledger: &Arc<Ledger>,
    threads: usize,
) -> Result<(Arc<Workshop>, Sender<FetchedPage>, Stores), SyncError> {
    let more_threads = usize::from(request.shadow.is_some());
    let engine = Arc::new(engine(&config.mapping, threads + more_threads)?);
    let (mappers, candidate) = load(&engine, config, request)?;
    let checkpoint = request
        .checkpoint
        .as_ref()
        .map(|folder| Checkpoint::open_for(folder, config, &mappers))
        .transpose()?
        .map(Arc::new);
    // Opened before the sink, which creates the folder and would hide that the earlier output is missing.
    let comparison = compare_with(request, config, &mappers)?;
    let are_tags_read = may_read_revision_tags(request, &mappers, candidate.as_ref());
    let beside = Beside {
        changes: comparison.is_some(),
        provenance: request.provenance == Provenance::Records,
    };
    let copy = request.copy.as_deref();
    let sink = Sink::open(&request.output, copy, &config.fetching.objects, beside)?;
    let recorder = request
        .record
        .as_ref()
        .map(|path| Recorder::create(path).map_err(|source| record_error(path, source)))
        .transpose()?;
    let (send, pages) = async_channel::bounded(2 * threads);
    let shadow = candidate
        .map(|candidate| candidate.start(Arc::clone(&engine)))
        .transpose()
        .map_err(|_| SyncError::ThreadLost)?;
    let stores = Stores {
        revisions: open_revisions(config, are_tags_read).map(Arc::new),
        needs_tags: are_tags_read,
        events: open_events(config).map(Arc::new),
        checkpoint: checkpoint.clone(),
    };
    let workshop = Workshop {
        engine,
        mappers,
        shadow,
        sink,
        recorder,
        comparison,
        checkpoint,
        provenance: request.provenance,
        ledger: Arc::clone(ledger),
        pages,
        fatal: OnceLock::new(),
        stop: Notify::new(),
        stopping: AtomicBool::new(false),
    };
    Ok((Arc::new(workshop), send, stores))
}

/// Loads the modules, and the candidate that maps beside them.
fn load(
    engine: &Engine,
    config: &Config,
    request: &Request,
) -> Result<(MapperSet, Option<ShadowModule>), SyncError> {
    let cache = open_cache(&config.mapping);
    let shadow = request.shadow.as_ref();
    let candidate = shadow
        .map(|file| Loader::new(engine, cache.as_ref(), &config.mapping)?.candidate(file))
        .transpose()?;
    let mappers = MapperSet::load_beside(
        engine,
        cache.as_ref(),
        &config.mapping,
        &config.fetching.objects,
        candidate
            .as_ref()
            .map(|each| each.component().manifest.name.as_str()),
    )?;
    let candidate = candidate
        .zip(shadow)
        .map(|(candidate, file)| ShadowModule::place(candidate, &mappers, file))
        .transpose()?;
    Ok((mappers, candidate))
}

/// Opens the earlier output to compare with, if one is configured.
pub(super) fn compare_with(
    request: &Request,
    config: &Config,
    mappers: &MapperSet,
) -> Result<Option<EarlierOutput>, SyncError> {
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
    let comparison = EarlierOutput::open(
        since,
        &config.fetching.objects,
        config.volatile_attributes.clone(),
        is_output,
    )?;
    Ok(Some(comparison))
}

/// Opens the revision cache if it is to be used. A sync without it makes more calls.
pub(super) fn open_revisions(config: &Config, are_tags_read: bool) -> Option<RevisionCache> {
    let (file, tags_count_for) = revisions_use(config, are_tags_read)?;
    RevisionCache::open(file, tags_count_for)
        .map(|cache| cache.needing_scan(config.fetching.detect_secrets))
        .inspect_err(|error| {
            tracing::warn!("{error}; the sync goes on without it, and describes every revision")
        })
        .ok()
}

/// Opens the store of audit events if it is to be used. A sync without it asks for its whole window.
fn open_events(config: &Config) -> Option<EventStore> {
    let wants_events = config.fetching.objects.contains(&Object::EcsAuditEvent);
    let cache = config.fetching.revision_cache.as_deref();
    let file = event_file(cache.filter(|_| wants_events)?);
    EventStore::open(&file)
        .inspect_err(|error| {
            tracing::warn!("{error}; the sync goes on without it, and asks for its whole window")
        })
        .ok()
}

/// The revision cache as a sync with this configuration would find it, for planning. `None` if the sync would
/// not use one, or if it has no file yet.
///
/// # Errors
/// Fails if the modules of the configuration cannot be loaded, which would stop a sync too.
pub fn known_revisions(config: &Config) -> Result<Option<RevisionCache>, SyncError> {
    if config.fetching.revision_cache.is_none()
        || !config
            .fetching
            .fetched()
            .contains(&Object::EcsTaskDefinition)
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
    let are_tags_read = mapper.is_some_and(|mapper| mapper.chosen_may_read("tags"));
    let used = revisions_use(config, are_tags_read);
    let opened = used
        .filter(|(file, _)| file.exists())
        .map(|(file, tags_count_for)| RevisionCache::open_existing(file, tags_count_for));
    let opened =
        opened.map(|opened| opened.map(|cache| cache.needing_scan(config.fetching.detect_secrets)));
    Ok(opened.transpose().unwrap_or_else(|error| {
        tracing::warn!("{error}; the plan goes on without it");
        None
    }))
}

/// Whether this sync needs the current tags of task definitions. The stock mapping uses the tags that a revision was
/// described with: it is part of every sync, and each sync would describe all revisions again.
pub(super) fn may_read_revision_tags(
    request: &Request,
    mappers: &MapperSet,
    candidate: Option<&ShadowModule>,
) -> bool {
    let mapper = mappers.get(Object::EcsTaskDefinition);
    mapper.is_some_and(|mapper| {
        mapper.chosen_may_read("tags")
            // A recording may be replayed with modules that do read tags.
            || request.record.is_some()
    }) || candidate.is_some_and(ShadowModule::may_read_revision_tags)
}

/// The file of the revision cache and how long tags in it count (`None`: forever), if a sync uses it.
fn revisions_use(config: &Config, are_tags_read: bool) -> Option<(&Path, Option<Duration>)> {
    // Kept bodies have no environment values, and a module with a grant must get the same pages in every
    // sync.
    if config.mapping.grants_environment_values()
        || !config
            .fetching
            .fetched()
            .contains(&Object::EcsTaskDefinition)
    {
        return None;
    }
    let tags_count_for = match config.fetching.revision_tags {
        RevisionTags::Always => Some(Duration::ZERO),
        RevisionTags::OlderThan(age) if are_tags_read => Some(age),
        RevisionTags::Auto | RevisionTags::OlderThan(_) | RevisionTags::Never => None,
    };
    Some((config.fetching.revision_cache.as_deref()?, tags_count_for))
}
