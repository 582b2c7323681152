use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use portolan_machine::fingerprint::digest;
use portolan_machine::text::printable;
use portolan_sandbox::trust::{Look, TrustedKeys, sha256};
use portolan_sandbox::{
    CompiledCache, Engine, EngineError, LoadError, Loaded, ModuleSource, SetError,
};

/// A tool failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkbenchError {
    /// The sandbox could not be set up.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A module was refused.
    #[error(transparent)]
    Module(#[from] LoadError),
    /// A module does not fit the stock schema.
    #[error(transparent)]
    Set(#[from] SetError),
    /// A file or folder cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// Path of the file or folder.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write {path}")]
    Unwritable {
        /// Path of the file or folder.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A mapping table has faults.
    #[error("{file} is not a valid table:\n  {}", problems.join("\n  "))]
    Table {
        /// Path of the table.
        file: String,
        /// Every fault, each a sentence.
        problems: Vec<String>,
    },
    /// A part is missing or not valid; the sentence has the remedy.
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

/// The file of a module, read and not trusted yet.
#[derive(Clone, Debug)]
pub struct Specimen {
    /// Path of the file.
    pub file: PathBuf,
    /// Content of the file.
    pub bytes: Vec<u8>,
    /// SHA-256 in hexadecimal.
    pub digest: String,
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

    /// A file that has been read already.
    #[must_use]
    pub fn of(file: &Path, bytes: Vec<u8>) -> Self {
        Self {
            file: file.to_owned(),
            digest: digest(&bytes),
            bytes,
        }
    }

    /// Checks the signature beside it. With the loaded module, its name and version have to fit too.
    #[must_use]
    pub fn look(&self, loaded: Option<&Loaded>, keys: &TrustedKeys) -> Look {
        let look = Look::at(&self.file, &sha256(&self.bytes), keys);
        match loaded {
            Some(loaded) => look.confirm(&self.file, &loaded.component().identity()),
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

    /// Loads it as the kind that its exports show: an overlay only if it has no mapping.
    ///
    /// # Errors
    /// If a sync would refuse it.
    pub fn load(
        &self,
        engine: &Engine,
        cache: Option<&CompiledCache>,
    ) -> Result<Loaded, LoadError> {
        Loaded::load(
            engine,
            cache,
            ModuleSource::File(self.file.clone()),
            &self.bytes,
        )
    }
}
