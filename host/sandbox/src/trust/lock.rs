//! `mappers.lock`: the modules of a folder that may run, by digest.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Identity, Signer, TrustError};

/// The file name of a lock. It lies in the folder of the modules that it pins.
pub const LOCK_FILE: &str = "mappers.lock";

/// A lock of a thousand modules is smaller.
const LOCK_LIMIT_BYTES: u64 = 1024 * 1024;

const HEAD: &str = "# Written by `portolan mapper pin`. A sync runs these modules and, of this folder, no others.\n";

/// The modules of a folder that may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "lock")]
pub struct Lock {
    /// The format of this file.
    pub format: LockFormat,
    /// The modules, in the order of their files.
    #[serde(default, rename = "module")]
    pub modules: Vec<Pin>,
}

/// A format of locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LockFormat {
    /// The first format.
    #[serde(rename = "portolan-mappers-lock/1")]
    V1,
}

/// A pinned module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The module's file in the folder of the lock.
    pub file: String,
    /// The name in its manifest.
    pub name: String,
    /// The version in its manifest.
    pub version: String,
    /// SHA-256 of the component: `sha256:` and 64 hexadecimal digits.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub digest: String,
    /// The WIT package that it is built against.
    pub wit: String,
    /// The signer when the module was pinned. The module has to stay signed by the same key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Signer>,
}

impl Pin {
    pub(super) fn identity(&self) -> Identity {
        Identity {
            name: self.name.clone(),
            version: self.version.clone(),
            digest: self.digest.clone(),
            wit: self.wit.clone(),
        }
    }
}

impl Default for Lock {
    fn default() -> Self {
        Self {
            format: LockFormat::V1,
            modules: Vec::new(),
        }
    }
}

impl Lock {
    /// The path of the lock of a folder.
    #[must_use]
    pub fn place(folder: &Path) -> PathBuf {
        folder.join(LOCK_FILE)
    }

    /// Reads the lock of a folder; `None` if it has none.
    ///
    /// # Errors
    /// Fails if the lock exists and cannot be read, or is not a valid lock.
    pub fn read(folder: &Path) -> Result<Option<Self>, TrustError> {
        let place = Self::place(folder);
        let unusable = |reason: String| TrustError::Lock {
            path: place.display().to_string(),
            reason: format!(
                "{reason}; take it from your version control again, or remove it and pin anew: portolan mapper pin {}",
                folder.display()
            ),
        };
        let text = super::read_small(&place, LOCK_LIMIT_BYTES)
            .map_err(|error| unusable(error.to_string()))?;
        let Some(text) = text else {
            return Ok(None);
        };
        let lock = Self::parse(&text).map_err(unusable)?;
        Ok(Some(lock))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let lock: Self = toml::from_str(text).map_err(|error| {
            let message = portolan_machine::text::printable(error.message(), 200);
            let line = error
                .span()
                .and_then(|span| text.get(..span.start))
                .map_or(1, |before| before.matches('\n').count() + 1);
            format!("line {line} is not as `portolan schema lock` describes it ({message})")
        })?;
        for (index, pin) in lock.modules.iter().enumerate() {
            if lock.modules[..index]
                .iter()
                .any(|other| other.file == pin.file)
            {
                let file = portolan_machine::text::printable(&pin.file, 128);
                return Err(format!("it pins {file} twice"));
            }
        }
        Ok(lock)
    }

    /// Writes the lock of a folder.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, TrustError> {
        let place = Self::place(folder);
        let unwritable = |error: toml::ser::Error| TrustError::Lock {
            path: place.display().to_string(),
            reason: format!("it cannot be written as TOML ({error})"),
        };
        let text = toml::to_string(self).map_err(unwritable)?;
        super::write_whole(&place, format!("{HEAD}{text}").as_bytes())?;
        Ok(place)
    }

    /// Returns the pin of a file.
    #[must_use]
    pub fn pin(&self, file: &str) -> Option<&Pin> {
        self.modules.iter().find(|pin| pin.file == file)
    }
}

/// Splits the path of a module into its folder and file name.
pub(super) fn split(file: &Path) -> (&Path, String) {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = file.file_name().unwrap_or_default();
    (folder, name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::PrivateKey;

    fn pin(file: &str) -> Pin {
        Pin {
            file: file.into(),
            name: "acme \"tags\"".into(),
            version: "0.1.0".into(),
            digest: format!("sha256:{}", "0f".repeat(32)),
            wit: "portolan:mapper@1.0.0".into(),
            signer: Some(PrivateKey::generate().expect("a key").signer()),
        }
    }

    #[test]
    fn a_lock_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Lock::read(folder.path()).expect("no lock"), None);
        let lock = Lock {
            modules: vec![
                pin("a.wasm"),
                Pin {
                    signer: None,
                    ..pin("b.wasm")
                },
            ],
            ..Lock::default()
        };
        lock.write(folder.path()).expect("written");
        assert_eq!(Lock::read(folder.path()).expect("a lock"), Some(lock));
    }

    #[test]
    fn what_is_no_lock_is_refused_with_its_line() {
        for (text, part) in [
            ("format = 'portolan-mappers-lock/2'", "line 1"),
            (
                "format = 'portolan-mappers-lock/1'\n[[module]]\nfile = 'a.wasm'",
                "missing field",
            ),
            ("format = 'portolan-mappers-lock/1'\nmodules = []", "line 2"),
            ("format = [", "line 1"),
        ] {
            let reason = Lock::parse(text).expect_err("refused");
            assert!(reason.contains(part), "{reason}");
            assert!(reason.contains("portolan schema lock"), "{reason}");
        }
        let twice = Lock {
            modules: vec![pin("a.wasm"), pin("a.wasm")],
            ..Lock::default()
        };
        let text = toml::to_string(&twice).expect("TOML");
        assert_eq!(Lock::parse(&text), Err("it pins a.wasm twice".into()));
    }
}
