//! An overlay module: a component that amends the records made of a page.

use super::bindings::mapping_world::portolan::mapper::types;
use super::bindings::overlay_world::OverlayModulePre;
use super::cache::CompiledCache;
use super::component::Component;
use super::engine::Engine;
use super::guest::{Guest, Usage};
use super::kind::Kind;
use super::load::{LoadError, ModuleSource};
use super::settings::{ModuleSettings, OnFailure};
use super::{CallError, Mapped, MappedRecord};
use portolan_page::Page;
use portolan_page::object::Object;

/// An overlay module, checked, compiled and linked.
pub struct Overlay {
    /// The common part of modules of all kinds.
    pub component: Component,
    /// The effect on a record that the overlay cannot amend.
    pub on_failure: OnFailure,
    /// The objects whose records it amends: those of the manifest, or fewer if configured.
    pub objects: Vec<Object>,
    pre: OverlayModulePre<Guest>,
}

impl Overlay {
    /// Loads a component, as [`super::Module::load`] does.
    ///
    /// # Errors
    /// Fails if it is not a component, imports functions besides diagnostics, lacks the `overlay` interface,
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
            Kind::Overlay,
            OverlayModulePre::new,
            |pre, mut store| {
                let instance = pre.instantiate(&mut store)?;
                instance.portolan_mapper_overlay().call_manifest(store)
            },
        )?;
        Ok(Self {
            on_failure: OnFailure::default(),
            objects: component.manifest.objects.clone(),
            component,
            pre,
        })
    }

    /// Applies the module's settings, limits, objects and failure policy.
    ///
    /// # Errors
    /// Fails if it requests a capability that is not granted, if the settings do not follow the schema in its
    /// manifest, or if they name an object that the manifest does not list.
    pub fn configure(mut self, settings: &ModuleSettings) -> Result<Self, LoadError> {
        self.component.configure(settings)?;
        self.on_failure = settings.on_failure.unwrap_or_default();
        if let Some(objects) = &settings.objects {
            let Component {
                manifest, source, ..
            } = &self.component;
            let is_other = |object: &&Object| !manifest.objects.contains(object);
            if let Some(other) = objects.iter().find(is_other) {
                let reason = format!(
                    "the configuration uses it for {other}, which its manifest does not list"
                );
                return Err(LoadError::new(source, reason));
            }
            self.objects.clone_from(objects);
        }
        Ok(self)
    }

    /// Calls the module once with a page and its records. The rows of the answer are merge patches.
    ///
    /// # Errors
    /// Fails if the module exceeds a limit, traps, breaks the contract or refuses the page.
    pub fn amend(
        &self,
        engine: &Engine,
        page: &Page,
        payload: &[u8],
        rows: &[MappedRecord],
    ) -> Result<Mapped, CallError> {
        self.amend_measured(engine, page, payload, rows)
            .map(|(patches, _)| patches)
    }

    /// As [`Overlay::amend`], and returns the resources that the call used.
    ///
    /// # Errors
    /// As [`Overlay::amend`].
    pub fn amend_measured(
        &self,
        engine: &Engine,
        page: &Page,
        payload: &[u8],
        rows: &[MappedRecord],
    ) -> Result<(Mapped, Usage), CallError> {
        let reads = self.component.manifest.reads.as_ref();
        let records = match reads.is_none_or(|reads| reads.records) {
            true => in_wit(payload, rows),
            false => without_records(rows),
        };
        self.component
            .call(engine, page, |mut store, context, body| {
                let instance = self.pre.instantiate(&mut store)?;
                let overlay = instance.portolan_mapper_overlay();
                overlay.call_amend_page(store, context, body, &records)
            })
    }
}

/// The rows for an overlay that reads no records: one for each object with a record, all with the same empty
/// record.
fn without_records(rows: &[MappedRecord]) -> types::MappedPage {
    let payload = b"{}".to_vec();
    let row = |row: &MappedRecord| types::Row {
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

/// The records with the types of the WIT, without the other bytes of the payload.
fn in_wit(all: &[u8], rows: &[MappedRecord]) -> types::MappedPage {
    let bytes: usize = rows.iter().map(|row| row.span.len()).sum();
    let mut payload = Vec::with_capacity(bytes);
    let rows = rows
        .iter()
        .map(|row| {
            let offset = payload.len();
            payload.extend_from_slice(&all[row.span.clone()]);
            // A payload comes from 32-bit memory, or is a part of one that does.
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
