//! An overlay module: loading it, and calling it with a page and the records made of it.

use super::bindings::mapping_world::portolan::mapper::types;
use super::bindings::overlay_world::{OverlayModule, OverlayModulePre};
use super::cache::CompiledCache;
use super::engine::Engine;
use super::guest::{self, Guest, Usage};
use super::limits::Limits;
use super::load::{self, LoadError, Source};
use super::manifest::{Kind, Manifest, Reads};
use super::settings::{ModuleSettings, OnFailure};
use super::{CallError, Mapped, Row, answer};
use crate::trust::{Identity, Trust};
use portolan_machine::fingerprint::digest;
use portolan_machine::text::printable;
use portolan_page::object::Object;
use portolan_page::page::{Page, Wanted};

/// An overlay module, checked, compiled and linked.
pub struct Overlay {
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
    /// What happens to a record that the overlay cannot amend.
    pub on_failure: OnFailure,
    /// The objects whose records it amends: those of the manifest, or fewer by configuration.
    pub objects: Vec<Object>,
    pre: OverlayModulePre<Guest>,
    name: String,
    /// The members that it reads, if not any.
    wanted: Option<Wanted>,
    limits: Limits,
    config: String,
    /// Whether an operator lets it see environment values.
    sees_values: bool,
}

impl Overlay {
    /// Loads a component, as [`super::Module::load`] does.
    ///
    /// # Errors
    /// If it is no component, imports anything but diagnostics, lacks the `overlay` interface, or has a
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
            .and_then(OverlayModulePre::new)
            .map_err(|error| refused(load::misfit(engine, &component, Kind::Overlay, &error)))?;
        let text = read_manifest(engine, &pre).map_err(refused)?;
        let manifest = load::manifest(&text, Kind::Overlay).map_err(refused)?;
        Ok(Self {
            name: load::name(&manifest),
            wanted: manifest.reads.as_ref().and_then(Reads::wanted),
            on_failure: OnFailure::default(),
            objects: manifest.objects.clone(),
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

    /// Gives the module its settings, limits, objects and failure policy.
    ///
    /// # Errors
    /// If it asks for what nobody has granted, or the settings do not follow the schema of the module's
    /// manifest, or name an object that the manifest does not.
    pub fn configure(mut self, settings: &ModuleSettings) -> Result<Self, LoadError> {
        let refused = |reason| LoadError::new(&self.source, reason);
        self.config = settings.config(&self.manifest).map_err(refused)?;
        self.sees_values = settings.sees_values(&self.manifest).map_err(refused)?;
        self.limits = settings.limits(&self.limits);
        self.on_failure = settings.on_failure.unwrap_or_default();
        if let Some(objects) = &settings.objects {
            if let Some(other) = objects
                .iter()
                .find(|object| !self.manifest.objects.contains(object))
            {
                return Err(refused(format!(
                    "the configuration wants it for {other}, which its manifest does not name"
                )));
            }
            self.objects.clone_from(objects);
        }
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

    /// Calls the module once with a page and the records made of it. The rows of the answer are merge
    /// patches.
    ///
    /// # Errors
    /// If the module ran into a limit, trapped, broke the contract or refused the page.
    pub fn amend(
        &self,
        engine: &Engine,
        page: &Page,
        payload: &[u8],
        rows: &[Row],
    ) -> Result<Mapped, CallError> {
        self.amend_measured(engine, page, payload, rows)
            .map(|(patches, _)| patches)
    }

    /// As [`Overlay::amend`], and says what the call used.
    ///
    /// # Errors
    /// As [`Overlay::amend`].
    pub fn amend_measured(
        &self,
        engine: &Engine,
        page: &Page,
        payload: &[u8],
        rows: &[Row],
    ) -> Result<(Mapped, Usage), CallError> {
        let body = guest::body(page, self.sees_values, self.wanted.as_ref());
        // What is left out counts for the limits, which follow what AWS sent.
        let page_bytes = body.len().max(page.body().len());
        let mut store = engine.store(&self.limits, page_bytes);
        let context = guest::context(page, &self.config);
        let reads_records = self
            .manifest
            .reads
            .as_ref()
            .is_none_or(|reads| reads.records);
        let records = match reads_records {
            true => in_wit(payload, rows),
            false => without_records(rows),
        };
        let answer = self.pre.instantiate(&mut store).and_then(|instance| {
            instance
                .portolan_mapper_overlay()
                .call_amend_page(&mut store, &context, &body, &records)
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
            Ok(patches) => Ok((answer::check(&self.name, patches, page)?, usage)),
            Err(error) => Err(guest::refusal(&self.name, error)),
        }
    }

    /// What a call may use.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }
}

/// For an overlay that reads no records: the objects that have one, each with the same empty one.
fn without_records(rows: &[Row]) -> types::MappedPage {
    let payload = b"{}".to_vec();
    let row = |row: &Row| types::Row {
        source_index: u32::try_from(row.source_index).unwrap_or(u32::MAX),
        offset: 0,
        length: 2,
    };
    types::MappedPage {
        payload,
        rows: rows.iter().map(row).collect(),
        issues: Vec::new(),
    }
}

/// The records in the words of the WIT. What they do not name of the payload stays here.
fn in_wit(all: &[u8], rows: &[Row]) -> types::MappedPage {
    let bytes: usize = rows.iter().map(|row| row.span.len()).sum();
    let mut payload = Vec::with_capacity(bytes);
    let rows = rows
        .iter()
        .map(|row| {
            let offset = payload.len();
            payload.extend_from_slice(&all[row.span.clone()]);
            // A payload came out of 32-bit memory, or was made here of such.
            let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            types::Row {
                source_index: narrow(row.source_index),
                offset: narrow(offset),
                length: narrow(row.span.len()),
            }
        })
        .collect();
    types::MappedPage {
        payload,
        rows,
        issues: Vec::new(),
    }
}

fn read_manifest(engine: &Engine, pre: &OverlayModulePre<Guest>) -> Result<String, String> {
    // Before it has said its name, nobody can know which limit was meant for it.
    let limits = Limits {
        memory_bytes: engine.memory_bytes,
        ..engine.limits.clone()
    };
    let mut store = engine.store(&limits, 0);
    pre.instantiate(&mut store)
        .and_then(|instance: OverlayModule| {
            instance.portolan_mapper_overlay().call_manifest(&mut store)
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
