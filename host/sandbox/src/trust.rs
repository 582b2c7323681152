//! Decides whether a module may run: signatures, pins, and the policy that requires them.
//!
//! A signature lies beside its module and covers a small [`Statement`]; a lock lies in the folder of the
//! modules that it pins. The [`Gate`] checks both twice: with the bytes alone, before any part of a module is
//! compiled, and again with the module's manifest.

mod gate;
mod identity;
mod key;
mod lock;
mod pin;
mod policy;
mod signature;

use std::path::Path;

pub use gate::{Admission, Gate, Trust};
pub use identity::Identity;
pub use key::{KeyError, PrivateKey, Signer, TrustedKeys};
pub use lock::{LOCK_FILE, Lock, Pin};
pub use pin::{Identify, PinChange, pin_files, pin_folder};
pub use policy::ModulePolicy;
pub use signature::{Look, Signature, Statement, Verification};

/// A module may not run, or its signature, lock or key cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// A key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A lock cannot be read or used.
    #[error("the lock {path} cannot be used: {reason}")]
    Lock {
        /// The lock's path.
        path: String,
        /// The problem, and what to do.
        reason: String,
    },
    /// A lock names a module that does not exist.
    #[error(
        "{lock} pins {file} ({name} {version}), which does not exist; put it back, or pin the present files: portolan mapper pin {folder}"
    )]
    Missing {
        /// The lock's path.
        lock: String,
        /// The name of the module's file.
        file: String,
        /// The module's name in the lock.
        name: String,
        /// The module's version in the lock.
        version: String,
        /// The folder of the lock and the module.
        folder: String,
    },
    /// A module does not satisfy the policy.
    #[error("module {file} does not satisfy the module policy `{policy}`: {reason}; {remedy}")]
    Refused {
        /// The module's file.
        file: String,
        /// The policy that it does not satisfy.
        policy: ModulePolicy,
        /// The requirement that it does not meet.
        reason: String,
        /// The advice to the operator.
        remedy: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// The path of the file.
        path: String,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A module cannot be pinned or signed; the reason says what to do.
    #[error("{file}: {reason}")]
    Unfit {
        /// The module's file, or the folder.
        file: String,
        /// The reason, and what to do.
        reason: String,
    },
}

impl TrustError {
    fn reading(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::File {
            action: "read",
            path,
            source,
        }
    }

    fn writing(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::File {
            action: "write",
            path,
            source,
        }
    }
}

/// The digest of a component in the format of signatures, locks and registries: `sha256:` and 64 digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", portolan_machine::fingerprint::digest(bytes))
}

/// Writes a file whole or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), TrustError> {
    use std::io::Write;
    let write = || {
        let mut file = portolan_machine::aside::beside(path, ".portolan-")?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(TrustError::writing(path))
}

/// Reads a file; `None` if it does not exist. `limit_bytes` is far above the size of any valid file.
fn read_small(path: &Path, limit_bytes: u64) -> std::io::Result<Option<String>> {
    match portolan_machine::text::read_file(path, limit_bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        text => text.map(Some),
    }
}
