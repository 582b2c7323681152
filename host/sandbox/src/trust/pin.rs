//! Writes locks, and reports every change.

use std::path::{Path, PathBuf};

use super::lock::split;
use super::{Identity, Lock, Look, Pin, TrustError, TrustedKeys};

/// The effect of pinning on one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinChange {
    /// The previous pin; `None` if the file was not pinned.
    pub before: Option<Pin>,
    /// The new pin; `None` if the file does not exist any more.
    pub after: Option<Pin>,
}

/// Reads the identity of a module's bytes. The sandbox provides it, because this module does not load
/// components.
pub type Identify<'a> = &'a dyn Fn(&Path, &[u8]) -> Result<Identity, TrustError>;

/// Pins all modules of a folder, and removes all other pins.
///
/// # Errors
/// Fails if a file cannot be read or written, a module cannot be loaded, or its signature is not valid.
pub fn pin_folder(
    folder: &Path,
    identify: Identify<'_>,
) -> Result<(PathBuf, Vec<PinChange>), TrustError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(TrustError::reading(folder))? {
        let path = entry.map_err(TrustError::reading(folder))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(TrustError::Unfit {
            file: folder.display().to_string(),
            reason: "there is no .wasm file in this folder; put the modules there first".into(),
        });
    }
    files.sort();
    write(folder, &files, true, identify)
}

/// Pins some modules of one folder; other pins of the lock stay.
///
/// # Errors
/// As [`pin_folder`]; also if the files are in different folders, because each folder has its own lock.
pub fn pin_files(
    files: &[PathBuf],
    identify: Identify<'_>,
) -> Result<(PathBuf, Vec<PinChange>), TrustError> {
    let folder = files.first().map_or(Path::new("."), |file| split(file).0);
    if let Some(file) = files.iter().find(|file| split(file).0 != folder) {
        return Err(TrustError::Unfit {
            file: file.display().to_string(),
            reason: format!(
                "it is not in the folder {} of the file before it, and each folder has a lock of its own; pin one folder after the other",
                folder.display()
            ),
        });
    }
    write(folder, files, false, identify)
}

fn write(
    folder: &Path,
    files: &[PathBuf],
    is_all: bool,
    identify: Identify<'_>,
) -> Result<(PathBuf, Vec<PinChange>), TrustError> {
    let mut old = Lock::read(folder)?.unwrap_or_default().modules;
    let mut pins = Vec::new();
    let mut changes = Vec::new();
    for file in files {
        let pin = pin(file, identify)?;
        let before = old.iter().position(|other| other.file == pin.file);
        changes.push(PinChange {
            before: before.map(|index| old.remove(index)),
            after: Some(pin.clone()),
        });
        pins.push(pin);
    }
    if is_all {
        changes.extend(old.into_iter().map(|pin| PinChange {
            before: Some(pin),
            after: None,
        }));
    } else {
        pins.extend(old);
    }
    pins.sort_by(|left, right| left.file.cmp(&right.file));
    let lock = Lock {
        modules: pins,
        ..Lock::default()
    };
    let place = lock.write(folder)?;
    Ok((place, changes))
}

fn pin(file: &Path, identify: Identify<'_>) -> Result<Pin, TrustError> {
    let bytes = std::fs::read(file).map_err(TrustError::reading(file))?;
    let module = identify(file, &bytes)?;
    let look = Look::at(file, &module.digest, &TrustedKeys::default()).confirm(file, &module);
    if look.is_broken() {
        return Err(TrustError::Unfit {
            file: file.display().to_string(),
            reason: format!("{}; nothing was pinned", look.verification),
        });
    }
    Ok(Pin {
        file: split(file).1,
        signer: look.genuine.map(|signature| signature.signer),
        name: module.name,
        version: module.version,
        digest: module.digest,
        wit: module.wit,
    })
}
