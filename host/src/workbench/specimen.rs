use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::mapper::{
    CompiledCache, Engine, EngineError, LoadError, Manifest, Module, Overlay, SetError, Source,
    Surface, digest,
};
use crate::text::printable;
use crate::trust::{Identity, Look, TrustedKeys, sha256};
use crate::workbench::contract;

/// A tool could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkbenchError {
    /// The sandbox could not be set up.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A module was refused.
    #[error(transparent)]
    Module(#[from] LoadError),
    /// A module does not go together with the stock schema.
    #[error(transparent)]
    Set(#[from] SetError),
    /// A file or folder cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file or folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write {path}")]
    Unwritable {
        /// The file or folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A mapping table is not good.
    #[error("{file} is no good table:\n  {}", problems.join("\n  "))]
    Table {
        /// The file.
        file: String,
        /// Everything that was found, each a sentence.
        problems: Vec<String>,
    },
    /// Something is missing or not as it has to be; the sentence says what to do.
    #[error("{0}")]
    Unfit(String),
}

impl WorkbenchError {
    pub(super) fn reading(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::Unreadable { path, source }
    }

    pub(super) fn writing(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::Unwritable { path, source }
    }
}

/// A module's file, read and not yet trusted.
#[derive(Clone, Debug)]
pub struct Specimen {
    /// Where it is.
    pub file: PathBuf,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// SHA-256 in hexadecimal.
    pub digest: String,
}

/// A module in the shape that its kind is called in.
pub enum Loaded {
    /// It makes records.
    Mapping(Module),
    /// It amends records.
    Overlay(Overlay),
}

impl Specimen {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(file: &Path) -> Result<Self, WorkbenchError> {
        let bytes = std::fs::read(file).map_err(WorkbenchError::reading(file))?;
        Ok(Self::of(file, bytes))
    }

    /// A file that somebody has read already.
    #[must_use]
    pub fn of(file: &Path, bytes: Vec<u8>) -> Self {
        Self {
            file: file.to_owned(),
            digest: digest(&bytes),
            bytes,
        }
    }

    /// Looks at the signature beside it; the more is known of the module, the more it has to fit.
    #[must_use]
    pub fn look(&self, loaded: Option<&Loaded>, keys: &TrustedKeys) -> Look {
        let look = Look::at(&self.file, &sha256(&self.bytes), keys);
        match loaded {
            Some(loaded) => look.confirm(&self.file, &loaded.identity()),
            None => look,
        }
    }

    /// Its producers section: field (such as `sdk`), then tool, then version. Empty if there is none.
    #[must_use]
    pub fn producers(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let Ok(Some(producers)) = wasm_metadata::Producers::from_wasm(&self.bytes) else {
            return BTreeMap::new();
        };
        let text = |text: &String| printable(text, 128);
        producers
            .iter()
            .map(|(field, tools)| {
                let tools = tools.iter();
                let tools = tools.map(|(tool, version)| (text(tool), text(version)));
                (text(field), tools.collect())
            })
            .collect()
    }

    /// Loads it as what its exports say it is: an overlay only if it has no mapping.
    ///
    /// # Errors
    /// If a sync would refuse it too.
    pub fn load(
        &self,
        engine: &Engine,
        cache: Option<&CompiledCache>,
    ) -> Result<Loaded, LoadError> {
        let surface = Surface::names(&self.bytes).unwrap_or_default();
        let source = Source::File(self.file.clone());
        if contract::kind(&surface) == Some(crate::mapper::Kind::Overlay) {
            Overlay::load(engine, cache, source, &self.bytes).map(Loaded::Overlay)
        } else {
            Module::load(engine, cache, source, &self.bytes).map(Loaded::Mapping)
        }
    }
}

impl Loaded {
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

    /// Name and version.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Mapping(module) => module.name(),
            Self::Overlay(overlay) => overlay.name(),
        }
    }
}
