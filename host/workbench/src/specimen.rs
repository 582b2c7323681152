use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use portolan_machine::fingerprint::digest;
use portolan_machine::text::printable;
use portolan_sandbox::trust::{Look, TrustedKeys, sha256};
use portolan_sandbox::{
    CompiledCache, Engine, EngineError, LoadError, Loaded, ModuleSource, SetError,
};

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

    /// Loads it as what its exports say it is: an overlay only if it has no mapping.
    ///
    /// # Errors
    /// If a sync would refuse it too.
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
