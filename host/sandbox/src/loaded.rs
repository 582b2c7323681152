//! A module in the shape that its kind is called in.

use super::cache::CompiledCache;
use super::engine::Engine;
use super::load::{LoadError, Source};
use super::manifest::{Kind, Manifest};
use super::module::Module;
use super::overlay::Overlay;
use super::surface::Surface;
use crate::trust::Identity;

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
        source: Source,
        bytes: &[u8],
    ) -> Result<Self, LoadError> {
        let surface = Surface::names(bytes).unwrap_or_default();
        match surface.kind() {
            Some(Kind::Overlay) => Overlay::load(engine, cache, source, bytes).map(Self::Overlay),
            _ => Module::load(engine, cache, source, bytes).map(Self::Mapping),
        }
    }

    /// What a signature of the module covers and a lock pins.
    #[must_use]
    pub fn identity(&self) -> Identity {
        match self {
            Self::Mapping(module) => module.identity(),
            Self::Overlay(overlay) => overlay.identity(),
        }
    }

    /// What the module says about itself.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        match self {
            Self::Mapping(module) => &module.manifest,
            Self::Overlay(overlay) => &overlay.manifest,
        }
    }

    /// SHA-256 of the component, in hexadecimal.
    pub fn digest(&self) -> &str {
        match self {
            Self::Mapping(module) => &module.digest,
            Self::Overlay(overlay) => &overlay.digest,
        }
    }

    /// Name and version.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Mapping(module) => module.name(),
            Self::Overlay(overlay) => overlay.name(),
        }
    }
}
