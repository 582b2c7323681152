//! A loaded module of either kind.

use super::cache::CompiledCache;
use super::component::Component;
use super::engine::Engine;
use super::load::{LoadError, ModuleSource};
use super::manifest::Kind;
use super::module::Module;
use super::overlay::Overlay;
use super::surface::Surface;

/// A module of either kind.
pub enum Loaded {
    /// A module that makes records.
    Mapping(Module),
    /// A module that amends records.
    Overlay(Overlay),
}

impl Loaded {
    /// Loads a module by its exports: as an overlay only if it does not export a mapping.
    ///
    /// # Errors
    /// Fails if a sync would refuse the module too.
    pub fn load(
        engine: &Engine,
        cache: Option<&CompiledCache>,
        source: ModuleSource,
        bytes: &[u8],
    ) -> Result<Self, LoadError> {
        let surface = Surface::names(bytes).unwrap_or_default();
        match surface.kind() {
            Some(Kind::Overlay) => Overlay::load(engine, cache, source, bytes).map(Self::Overlay),
            _ => Module::load(engine, cache, source, bytes).map(Self::Mapping),
        }
    }

    /// The common part of modules of all kinds.
    #[must_use]
    pub const fn component(&self) -> &Component {
        match self {
            Self::Mapping(module) => &module.component,
            Self::Overlay(overlay) => &overlay.component,
        }
    }
}
