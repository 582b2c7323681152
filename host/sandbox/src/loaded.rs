//! A loaded module of any kind.

use super::assessor::Assessor;
use super::cache::CompiledCache;
use super::component::Component;
use super::engine::Engine;
use super::kind::Kind;
use super::load::{LoadError, ModuleSource};
use super::module::Module;
use super::overlay::Overlay;
use super::surface::Surface;

/// A module of any kind.
pub enum Loaded {
    /// A module that makes records.
    Mapping(Module),
    /// A module that amends records.
    Overlay(Overlay),
    /// A module that judges records.
    Assessor(Assessor),
}

impl Loaded {
    /// Loads a module as the kind that its exports show.
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
            Some(Kind::Assessor) => {
                Assessor::load(engine, cache, source, bytes).map(Self::Assessor)
            }
            _ => Module::load(engine, cache, source, bytes).map(Self::Mapping),
        }
    }

    /// The common part of modules of all kinds.
    #[must_use]
    pub const fn component(&self) -> &Component {
        match self {
            Self::Mapping(module) => &module.component,
            Self::Overlay(overlay) => &overlay.component,
            Self::Assessor(assessor) => &assessor.component,
        }
    }
}
