//! A mapping module: loading it, and calling it with a page.

use std::borrow::Cow;

use super::bindings::mapping_world::{MappingModule, MappingModulePre};
use super::cache::CompiledCache;
use super::engine::Engine;
use super::guest::{self, Guest, Usage};
use super::limits::Limits;
use super::load::{self, LoadError, Source};
use super::manifest::{Kind, Manifest, Reads};
use super::settings::ModuleSettings;
use super::{CallError, Mapped, answer};
use crate::trust::{Identity, Trust};
use portolan_machine::fingerprint::digest;
use portolan_machine::text::printable;
use portolan_page::page::{Page, Wanted};

/// A mapping module, checked, compiled and linked.
pub struct Module {
    /// What it says about itself.
    pub manifest: Manifest,
    /// SHA-256 of the component, in hexadecimal.
    pub digest: String,
    /// Where it came from.
    pub source: Source,
    /// The WIT package that it is built against, for example `portolan:mapper@1.0.0`.
    pub wit: String,
    /// What its signature and its lock say; none for a stock module, and for one that passed no gate.
    pub trust: Option<Trust>,
    pre: MappingModulePre<Guest>,
    name: String,
    /// The members that it reads, if not any.
    wanted: Option<Wanted>,
    limits: Limits,
    config: String,
    /// Whether an operator lets it see environment values.
    sees_values: bool,
}

impl Module {
    /// Loads a component: checks its imports and exports by name, compiles it (or takes compiled code
    /// from the cache), and asks for its manifest.
    ///
    /// # Errors
    /// If it is no component, imports anything but diagnostics, lacks the `mapping` interface, or has a
    /// manifest that does not follow the schema.
    pub fn load(
        engine: &Engine,
        cache: Option<&CompiledCache>,
        source: Source,
        bytes: &[u8],
    ) -> Result<Self, LoadError> {
        let refused = |reason| LoadError::new(&source, reason);
        let component = load::component(engine, cache, bytes).map_err(refused)?;
        let pre = engine
            .linker
            .instantiate_pre(&component)
            .and_then(MappingModulePre::new)
            .map_err(|error| refused(load::misfit(engine, &component, Kind::Mapping, &error)))?;
        let text = read_manifest(engine, &pre).map_err(refused)?;
        let manifest = load::manifest(&text, Kind::Mapping).map_err(refused)?;
        Ok(Self {
            name: load::name(&manifest),
            wanted: manifest.reads.as_ref().and_then(Reads::wanted),
            manifest,
            digest: digest(bytes),
            wit: load::wit(engine, &component),
            trust: None,
            source,
            pre,
            limits: engine.limits.clone(),
            config: "{}".into(),
            sees_values: false,
        })
    }

    /// Gives the module its settings and limits.
    ///
    /// # Errors
    /// If it asks for what nobody has granted, or the settings do not follow the schema of the module's
    /// manifest.
    pub fn configure(mut self, settings: &ModuleSettings) -> Result<Self, LoadError> {
        let refused = |reason| LoadError::new(&self.source, reason);
        self.config = settings.config(&self.manifest).map_err(refused)?;
        self.sees_values = settings.sees_values(&self.manifest).map_err(refused)?;
        self.limits = settings.limits(&self.limits);
        Ok(self)
    }

    /// What a signature of it covers and a lock pins.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity {
            name: self.manifest.name.clone(),
            version: self.manifest.version.clone(),
            digest: format!("sha256:{}", self.digest),
            wit: self.wit.clone(),
        }
    }

    /// Name and version, as errors and reports call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The body that the module is given: without members that it does not read.
    #[must_use]
    pub fn body<'p>(&self, page: &'p Page) -> Cow<'p, [u8]> {
        guest::body(page, self.sees_values, self.wanted.as_ref())
    }

    /// Calls the module once with a page, in an instance of its own.
    ///
    /// # Errors
    /// If the module ran into a limit, trapped, broke the contract or refused the page.
    pub fn map(&self, engine: &Engine, page: &Page) -> Result<Mapped, CallError> {
        self.map_measured(engine, page).map(|(mapped, _)| mapped)
    }

    /// As [`Module::map`], and says what the call used.
    ///
    /// # Errors
    /// As [`Module::map`].
    pub fn map_measured(&self, engine: &Engine, page: &Page) -> Result<(Mapped, Usage), CallError> {
        let body = self.body(page);
        // What is left out counts for the limits, which follow what AWS sent.
        let page_bytes = body.len().max(page.body().len());
        let mut store = engine.store(&self.limits, page_bytes);
        let context = guest::context(page, &self.config);
        let answer = self.pre.instantiate(&mut store).and_then(|instance| {
            instance
                .portolan_mapper_mapping()
                .call_map_page(&mut store, &context, &body)
        });
        let usage = guest::usage(&store);
        let answer = answer.map_err(|error| {
            guest::failure(
                &self.name,
                &self.limits,
                &error,
                store.into_data(),
                page_bytes,
            )
        })?;
        match answer {
            Ok(mapped) => Ok((answer::check(&self.name, mapped, page)?, usage)),
            Err(error) => Err(guest::refusal(&self.name, error)),
        }
    }

    /// What a call may use.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }
}

fn read_manifest(engine: &Engine, pre: &MappingModulePre<Guest>) -> Result<String, String> {
    // Before it has said its name, nobody can know which limit was meant for it.
    let limits = Limits {
        memory_bytes: engine.memory_bytes,
        ..engine.limits.clone()
    };
    let mut store = engine.store(&limits, 0);
    pre.instantiate(&mut store)
        .and_then(|instance: MappingModule| {
            instance.portolan_mapper_mapping().call_manifest(&mut store)
        })
        .map_err(|error| {
            let said = store
                .into_data()
                .last_words()
                .unwrap_or_else(|| format!("{error:#}"));
            format!(
                "it failed when asked for its manifest: {}",
                printable(&said, 400)
            )
        })
}
