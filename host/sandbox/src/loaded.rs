//! A module in the shape that its kind is called in.

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
    /// It makes records.
    Mapping(Module),
    /// It amends records.
    Overlay(Overlay),
}

impl Loaded {
    /// Loads a module as what its exports say it is: an overlay only if it has no mapping.
    ///
    /// # Errors
    /// If a sync would refuse it too.
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

    /// What modules of all kinds have in common.
    #[must_use]
    pub const fn component(&self) -> &Component {
        match self {
            Self::Mapping(module) => &module.component,
            Self::Overlay(overlay) => &overlay.component,
        }
    }
}
