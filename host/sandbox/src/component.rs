//! The common part of modules of all kinds: loading them, their input, and calling them.

use std::borrow::Cow;

use wasmtime::Store;
use wasmtime::component::InstancePre;

use super::bindings::mapping_world::exports::portolan::mapper::mapping::PageError;
use super::bindings::mapping_world::portolan::mapper::types::{MappedPage, PageContext};
use super::cache::CompiledCache;
use super::engine::Engine;
use super::guest::{self, Guest, Usage};
use super::kind::Kind;
use super::limits::Limits;
use super::load::{self, LoadError, ModuleSource};
use super::manifest::Manifest;
use super::settings::ModuleSettings;
use super::{CallError, Mapped, answer};
use crate::trust::{Identity, Trust};
use portolan_machine::fingerprint::digest;
use portolan_machine::text::printable;
use portolan_page::{Page, Wanted};

/// A component that may run: checked, compiled, and with its manifest.
pub struct Component {
    /// The component's own description.
    pub manifest: Manifest,
    /// SHA-256 of the component, in hexadecimal.
    pub digest: String,
    /// The file, or the stock mappers in this program.
    pub source: ModuleSource,
    /// The WIT package that it is built against, for example `portolan:mapper@1.0.0`.
    pub wit: String,
    /// The result of the trust checks; `None` for a stock module, and for one that was not checked.
    pub trust: Option<Trust>,
    name: String,
    /// The members that it reads; `None` if it may read any.
    wanted: Option<Wanted>,
    limits: Limits,
    config: String,
    /// Whether an operator grants it environment values.
    sees_values: bool,
}

impl Component {
    /// Checks imports and exports by name, compiles (or takes compiled code from the cache), links as a
    /// module of this kind, and calls its `manifest`.
    pub(super) fn load<P>(
        engine: &Engine,
        cache: Option<&CompiledCache>,
        (source, bytes): (ModuleSource, &[u8]),
        kind: Kind,
        link: impl FnOnce(InstancePre<Guest>) -> wasmtime::Result<P>,
        ask: impl FnOnce(&P, &mut Store<Guest>) -> wasmtime::Result<String>,
    ) -> Result<(Self, P), LoadError> {
        let refused = |reason| LoadError::new(&source, reason);
        let component = load::component(engine, cache, bytes).map_err(refused)?;
        let linked = engine.linker.instantiate_pre(&component).and_then(link);
        let pre =
            linked.map_err(|error| refused(load::misfit(engine, &component, kind, &error)))?;
        // Before the module gives its name, its own limit is not known.
        let limits = Limits {
            memory_bytes: engine.memory_bytes,
            ..engine.limits.clone()
        };
        let mut store = engine.store(&limits, 0);
        let text = ask(&pre, &mut store).map_err(|error| {
            let said = store.into_data().last_words();
            let said = said.unwrap_or_else(|| format!("{error:#}"));
            let said = printable(&said, 400);
            refused(format!("it failed when asked for its manifest: {said}"))
        })?;
        let manifest = load::manifest(&text, kind).map_err(refused)?;
        let loaded = Self {
            name: load::name(&manifest),
            wanted: manifest.wanted(),
            manifest,
            digest: digest(bytes),
            wit: load::wit(engine, &component),
            trust: None,
            source,
            limits: engine.limits.clone(),
            config: "{}".into(),
            sees_values: false,
        };
        Ok((loaded, pre))
    }

    /// Applies settings and limits.
    pub(super) fn configure(&mut self, settings: &ModuleSettings) -> Result<(), LoadError> {
        let refused = |reason| LoadError::new(&self.source, reason);
        self.config = settings.config(&self.manifest).map_err(refused)?;
        self.sees_values = settings.sees_values(&self.manifest).map_err(refused)?;
        self.limits = settings.limits(&self.limits);
        Ok(())
    }

    /// The identity that a signature covers and a lock pins.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity {
            name: self.manifest.name.clone(),
            version: self.manifest.version.clone(),
            digest: format!("sha256:{}", self.digest),
            wit: self.wit.clone(),
        }
    }

    /// The name and version, for errors and reports.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The members that it reads; `None` if it may read any.
    #[must_use]
    pub fn reads(&self) -> Option<&Wanted> {
        self.wanted.as_ref().filter(|_| !self.sees_values)
    }

    /// Its own settings, as JSON.
    #[must_use]
    pub fn settings(&self) -> &str {
        &self.config
    }

    /// The limits of a call.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The page body for the module, without members that it does not read.
    #[must_use]
    pub fn body<'p>(&self, page: &'p Page) -> Cow<'p, [u8]> {
        guest::body(page, self.sees_values, self.wanted.as_ref())
    }

    /// Calls it once for a page, in an instance of its own, and checks the answer.
    pub(super) fn call(
        &self,
        engine: &Engine,
        page: &Page,
        ask: impl FnOnce(
            &mut Store<Guest>,
            &PageContext,
            &[u8],
        ) -> wasmtime::Result<Result<MappedPage, PageError>>,
    ) -> Result<(Mapped, Usage), CallError> {
        let body = self.body(page);
        // The limits depend on the size that AWS sent, including the members that are left out.
        let page_bytes = body.len().max(page.body().len());
        let mut store = engine.store(&self.limits, page_bytes);
        let context = guest::context(page, &self.config);
        let answer = ask(&mut store, &context, &body);
        let usage = guest::usage(&store);
        let answer = answer.map_err(|error| {
            let (name, limits) = (&self.name, &self.limits);
            guest::failure(name, limits, &error, store.into_data(), page_bytes)
        })?;
        match answer {
            Ok(mapped) => Ok((answer::check(&self.name, mapped, page)?, usage)),
            Err(error) => Err(guest::refusal(&self.name, error)),
        }
    }
}
