//! Sets up the sandbox for a configuration: the engine, sized for its modules, and the cache of compiled
//! code.

use super::cache::CompiledCache;
use super::engine::{Engine, EngineError};
use super::limits::Limits;
use super::settings::Mapping;

/// Sets up the sandbox that the modules of a configuration need.
///
/// # Errors
/// Fails if wasmtime cannot work here.
pub fn engine(mapping: &Mapping, threads: usize) -> Result<Engine, EngineError> {
    Engine::with_memory(threads, Limits::default(), largest_memory_bytes(mapping))
}

/// The largest memory limit that the configuration sets for a module, in bytes; 0 if it sets none.
pub fn largest_memory_bytes(mapping: &Mapping) -> usize {
    let given = mapping.modules.values();
    given
        .filter_map(|module| module.memory_bytes())
        .max()
        .unwrap_or(0)
}

/// Opens the cache of compiled modules. Without it, each start compiles the modules again.
pub fn open_cache(mapping: &Mapping) -> Option<CompiledCache> {
    let folder = mapping.cache_folder.as_deref()?;
    CompiledCache::open(folder)
        .inspect_err(|error| {
            tracing::warn!(
                "no cache of compiled modules in {}: {error}",
                folder.display()
            )
        })
        .ok()
}
