//! A mapping module: a component that makes records of a page.

use super::bindings::mapping_world::MappingModulePre;
use super::cache::CompiledCache;
use super::component::Component;
use super::engine::Engine;
use super::guest::{Guest, Usage};
use super::kind::Kind;
use super::load::{LoadError, ModuleSource};
use super::settings::ModuleSettings;
use super::{CallError, Mapped};
use portolan_page::Page;

/// A mapping module, checked, compiled and linked.
pub struct Module {
    /// The common part of modules of all kinds.
    pub component: Component,
    pre: MappingModulePre<Guest>,
}

impl Module {
    /// Loads a component: checks its imports and exports by name, compiles it (or takes compiled code from
    /// the cache), and calls its `manifest`.
    ///
    /// # Errors
    /// Fails if it is not a component, imports functions besides diagnostics, lacks the `mapping` interface,
    /// or has a manifest that does not follow the schema.
    pub fn load(
        engine: &Engine,
        cache: Option<&CompiledCache>,
        source: ModuleSource,
        bytes: &[u8],
    ) -> Result<Self, LoadError> {
        let (component, pre) = Component::load(
            engine,
            cache,
            (source, bytes),
            Kind::Mapping,
            MappingModulePre::new,
            |pre, mut store| {
                let instance = pre.instantiate(&mut store)?;
                instance.portolan_mapper_mapping().call_manifest(store)
            },
        )?;
        Ok(Self { component, pre })
    }

    /// Applies the module's settings and limits.
    ///
    /// # Errors
    /// Fails if it requests a capability that is not granted, or if the settings do not follow the schema in
    /// its manifest.
    pub fn configure(mut self, settings: &ModuleSettings) -> Result<Self, LoadError> {
        self.component.configure(settings)?;
        Ok(self)
    }

    /// Calls the module once with a page, in an instance of its own.
    ///
    /// # Errors
    /// Fails if the module exceeds a limit, traps, breaks the contract or refuses the page.
    pub fn map(&self, engine: &Engine, page: &Page) -> Result<Mapped, CallError> {
        self.map_measured(engine, page).map(|(mapped, _)| mapped)
    }

    /// As [`Module::map`], and returns the resources that the call used.
    ///
    /// # Errors
    /// As [`Module::map`].
    pub fn map_measured(&self, engine: &Engine, page: &Page) -> Result<(Mapped, Usage), CallError> {
        self.component
            .call(engine, page, |mut store, context, body| {
                let instance = self.pre.instantiate(&mut store)?;
                let mapping = instance.portolan_mapper_mapping();
                mapping.call_map_page(store, context, body)
            })
    }
}
