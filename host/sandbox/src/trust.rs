//! Whose module is this, and may it run: signatures, pins, and the policy that asks for them.
//!
//! A signature stands beside its module and covers a small [`Statement`]; a lock stands beside the modules
//! that it pins. Both are looked at twice by the [`Gate`]: with the bytes alone, before anything of a
//! module is compiled, and again with what the module says about itself.

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

/// A module may not run, or what would tell cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// A key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A lock cannot be read or used.
    #[error("the lock {path} cannot be used: {reason}")]
    Lock {
        /// The lock.
        path: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A lock names a module that is not there.
    #[error(
        "{lock} pins {file} ({name} {version}), which is not there; put it back, or pin what is there: portolan mapper pin {folder}"
    )]
    Missing {
        /// The lock.
        lock: String,
        /// The module's file.
        file: String,
        /// Its name by the lock.
        name: String,
        /// Its version by the lock.
        version: String,
        /// The folder of both.
        folder: String,
    },
    /// A module does not satisfy the policy.
    #[error("module {file} does not satisfy the module policy `{policy}`: {reason}; {remedy}")]
    Refused {
        /// The module.
        file: String,
        /// The policy.
        policy: ModulePolicy,
        /// Why not.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Something about a module stands in the way of pinning or signing it; the sentence says what to do.
    #[error("{file}: {reason}")]
    Unfit {
        /// The module or folder.
        file: String,
        /// Why, and what to do.
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

/// The digest of a component as signatures, locks and registries write it: `sha256:` and 64 digits.
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

/// Reads a file that is far below `limit_bytes` if it is what it should be; none if there is no file.
fn read_small(path: &Path, limit_bytes: u64) -> std::io::Result<Option<String>> {
    match portolan_machine::text::read_file(path, limit_bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        text => text.map(Some),
    }
}
