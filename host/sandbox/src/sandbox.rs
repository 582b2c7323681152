//! The sandbox that a configuration asks for: the engine, sized for its modules, and compiled code on disk.

use super::cache::CompiledCache;
use super::engine::{Engine, EngineError};
use super::limits::Limits;
use super::settings::Mapping;

/// Sets up the sandbox that the modules of a configuration need.
///
/// # Errors
/// If wasmtime cannot work here.
pub fn engine(mapping: &Mapping, threads: usize) -> Result<Engine, EngineError> {
    Engine::with_memory(threads, Limits::default(), largest_memory_bytes(mapping))
}

/// The most memory that the configuration gives to a module, in bytes; 0 if it says nothing.
pub fn largest_memory_bytes(mapping: &Mapping) -> usize {
    let given = mapping.modules.values();
    given
        .filter_map(|module| module.memory_bytes())
        .max()
        .unwrap_or(0)
}

/// Opens the cache of compiled modules. Without one everything works, only slower.
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
