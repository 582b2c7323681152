//! Loads modules from files, with their settings, if the policy admits them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SetError;
use crate::assessor::Assessor;
use crate::cache::CompiledCache;
use crate::component::Component;
use crate::engine::Engine;
use crate::kind::Kind;
use crate::load::{LoadError, ModuleSource};
use crate::loaded::Loaded;
use crate::module::Module;
use crate::overlay::Overlay;
use crate::settings::{Mapping, ModuleSettings};
use crate::surface::Surface;
use crate::trust::{Admission, Gate, Identity, Trust, Verification};
use portolan_page::object::Object;

/// Loads modules with their settings in the configuration, if the policy admits them.
pub struct Loader<'a> {
    engine: &'a Engine,
    cache: Option<&'a CompiledCache>,
    mapping: &'a Mapping,
    gate: Gate,
}

impl<'a> Loader<'a> {
    /// Prepares loading, with the keys and locks that the policy requires.
    ///
    /// # Errors
    /// Fails if a key or a lock cannot be read.
    pub fn new(
        engine: &'a Engine,
        cache: Option<&'a CompiledCache>,
        mapping: &'a Mapping,
    ) -> Result<Self, SetError> {
        Ok(Self {
            engine,
            cache,
            mapping,
            gate: Gate::open(mapping.module_policy, &mapping.trusted_keys)?,
        })
    }

    pub(super) fn module(&self, source: ModuleSource, bytes: &[u8]) -> Result<Module, SetError> {
        let module = Module::load(self.engine, self.cache, source, bytes)?;
        let settings = self.settings(&module.component);
        Ok(module.configure(&settings)?)
    }

    /// The settings of a module in the configuration.
    fn settings(&self, component: &Component) -> ModuleSettings {
        let settings = self.mapping.modules.get(&component.manifest.name);
        settings.cloned().unwrap_or_default()
    }

    /// The modules of the mappers folder, by object.
    pub(super) fn folder(&self) -> Result<BTreeMap<Object, Arc<Module>>, SetError> {
        let mut chosen: BTreeMap<Object, Arc<Module>> = BTreeMap::new();
        let Some(folder) = &self.mapping.mappers else {
            return Ok(chosen);
        };
        let files = wasm_files(folder)?;
        self.gate.check_folder(folder, &files)?;
        for file in files {
            let module = Arc::new(self.mapping(&file)?);
            for object in &module.component.manifest.objects {
                if let Some(other) = chosen.insert(*object, Arc::clone(&module)) {
                    return Err(SetError::Ambiguous {
                        object: *object,
                        first: other.component.source.to_string(),
                        second: module.component.source.to_string(),
                    });
                }
            }
        }
        Ok(chosen)
    }

    /// Loads the mapping in a file.
    fn mapping(&self, file: &Path) -> Result<Module, SetError> {
        let load = |source, bytes: &[u8]| self.module(source, bytes);
        self.admitted(file, load, |module| &mut module.component)
    }

    /// Loads the module in a file, if the policy admits it.
    fn admitted<M>(
        &self,
        file: &Path,
        load: impl FnOnce(ModuleSource, &[u8]) -> Result<M, SetError>,
        component: impl FnOnce(&mut M) -> &mut Component,
    ) -> Result<M, SetError> {
        let bytes = std::fs::read(file).map_err(unreadable(file))?;
        let admission = self.gate.admit(file, &bytes)?;
        let mut module = load(ModuleSource::File(file.to_owned()), &bytes)?;
        let component = component(&mut module);
        component.trust = Some(trust(&component.source, admission, &component.identity())?);
        Ok(module)
    }

    /// Loads the overlay in a file.
    fn overlay(&self, file: &Path) -> Result<Overlay, SetError> {
        let load =
            |source, bytes: &[u8]| Ok(Overlay::load(self.engine, self.cache, source, bytes)?);
        let overlay = self.admitted(file, load, |overlay| &mut overlay.component)?;
        let settings = self.settings(&overlay.component);
        Ok(overlay.configure(&settings)?)
    }

    /// Loads the assessor in a file.
    ///
    /// # Errors
    /// Fails if the file cannot be read, if the policy does not admit it, or if it is refused.
    pub fn assessor(&self, file: &Path) -> Result<Assessor, SetError> {
        let load =
            |source, bytes: &[u8]| Ok(Assessor::load(self.engine, self.cache, source, bytes)?);
        let assessor = self.admitted(file, load, |assessor| &mut assessor.component)?;
        let settings = self.settings(&assessor.component);
        Ok(assessor.configure(&settings)?)
    }

    /// The assessors in this program, with their settings in the configuration.
    ///
    /// # Errors
    /// Fails if one cannot be loaded on this machine, or if its settings do not fit it.
    pub fn stock_assessors(&self) -> Result<Vec<Assessor>, LoadError> {
        let load = |(_, bytes): &(&str, &[u8])| {
            let source = ModuleSource::Stock;
            let assessor = Assessor::load(self.engine, self.cache, source, bytes)?;
            let settings = self.settings(&assessor.component);
            assessor.configure(&settings)
        };
        super::STOCK_ASSESSORS.iter().map(load).collect()
    }

    pub(super) fn overlays(&self) -> Result<Vec<Arc<Overlay>>, SetError> {
        let files = self.mapping.overlays.iter();
        files.map(|file| self.overlay(file).map(Arc::new)).collect()
    }

    /// Loads the module in a file, of a kind that a sync takes.
    pub fn candidate(&self, file: &Path) -> Result<Loaded, SetError> {
        // The functions below report a file that cannot be read.
        let bytes = std::fs::read(file).unwrap_or_default();
        let surface = Surface::names(&bytes).unwrap_or_default();
        match surface.kind() {
            Some(Kind::Overlay) => self.overlay(file).map(Loaded::Overlay),
            _ => self.mapping(file).map(Loaded::Mapping),
        }
    }
}

/// Confirms an admitted module. A policy may let a module run although its signature is not valid; this
/// reports it as a warning.
fn trust(
    source: &ModuleSource,
    admission: Admission,
    module: &Identity,
) -> Result<Trust, SetError> {
    let trust = admission.confirm(module)?;
    if let failed @ Verification::VerificationFailed { .. } = &trust.signature {
        tracing::warn!("module {source}: {failed}");
    }
    Ok(trust)
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> SetError {
    let path = path.display().to_string();
    move |source| SetError::Unreadable { path, source }
}

/// The modules of a folder, sorted by name, because the file system's order is not defined.
fn wasm_files(folder: &Path) -> Result<Vec<PathBuf>, SetError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(SetError::Empty(folder.display().to_string()));
    }
    files.sort();
    Ok(files)
}
