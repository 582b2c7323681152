//! The data folder.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::ServeError;

/// The file that a running service locks.
const LOCK: &str = "lock";

/// A data folder.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// Locked while this is alive, if it is for a service.
    _lock: Option<File>,
}

impl DataFolder {
    /// Opens the folder for a service, and makes it if it does not exist.
    ///
    /// # Errors
    /// Fails if another service uses it.
    pub fn for_service(path: &Path) -> Result<Self, ServeError> {
        let failed = |reason: String| ServeError::Folder {
            folder: path.display().to_string(),
            reason,
        };
        create(path).map_err(|error| failed(error.to_string()))?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK))
            .map_err(|error| failed(error.to_string()))?;
        lock.try_lock().map_err(|_| {
            failed("another `portolan serve` uses it; stop that one, or give another --data".into())
        })?;
        Ok(Self {
            path: path.to_owned(),
            _lock: Some(lock),
        })
    }

    /// Opens the folder beside a service.
    ///
    /// # Errors
    /// Fails if it cannot be made.
    pub fn beside_service(path: &Path) -> Result<Self, ServeError> {
        create(path).map_err(|error| ServeError::Folder {
            folder: path.display().to_string(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            path: path.to_owned(),
            _lock: None,
        })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes a folder that only its owner can open.
fn create(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
