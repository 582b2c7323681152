//! The vault: secrets at rest.
//!
//! Each credential has a random data key, which encrypts its secrets and is itself encrypted with the master key.
//! Both encryptions are bound to the credential's id and version, so that a row that was moved to another id, or
//! an old row in place of a new one, does not decrypt.

mod keys;
mod seal;

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use secrecy::SecretString;

use keys::Keys;
pub(crate) use seal::{Sealed, Secrets};

/// The file of the master keys in the data folder.
pub(crate) const FILE: &str = "keys";
/// The variable that holds master keys in place of the file.
pub(crate) const VARIABLE: &str = "PORTOLAN_MASTER_KEY";

/// A secret cannot be stored or read. No variant holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The file of the master keys cannot be used.
    #[error("the file of master keys {file} {reason}")]
    File {
        /// The file.
        file: String,
        /// The problem, and what to do.
        reason: String,
    },
    /// The variable cannot be used.
    #[error("PORTOLAN_MASTER_KEY {0}")]
    Variable(String),
    /// The key that a credential is encrypted with is not there.
    #[error(
        "the stored credential {credential} is encrypted with the master key {key_id}, which {place} does not hold; restore that key, or the data folder that it belongs to"
    )]
    UnknownKey {
        /// The id of the credential.
        credential: String,
        /// The id of the key.
        key_id: String,
        /// The file or the variable.
        place: String,
    },
    /// The ciphertext was changed, or belongs to another credential.
    #[error(
        "the stored credential {0} does not decrypt: its row was changed or moved; store the credential again, or restore a backup"
    )]
    Damaged(String),
    /// The system has no random bits.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

/// The master keys, and where they come from.
#[derive(Debug)]
pub(crate) struct Vault {
    /// `None` if they come from the variable.
    file: Option<PathBuf>,
    keys: RwLock<Keys>,
}

impl Vault {
    /// Reads the master keys from `variable`, or else from the data folder. If there is no file and `is_new`, it
    /// makes one.
    ///
    /// # Errors
    /// Fails if there are no keys, or others may read them.
    pub(crate) fn open(
        data: &Path,
        variable: Option<SecretString>,
        is_new: bool,
    ) -> Result<Self, VaultError> {
        if let Some(text) = variable {
            let keys = Keys::parse_variable(&text)?;
            return Ok(Self {
                file: None,
                keys: RwLock::new(keys),
            });
        }
        let file = data.join(FILE);
        if !file.exists() && is_new {
            Keys::generate()?.create(&file)?;
        }
        Ok(Self {
            keys: RwLock::new(Keys::read(&file)?),
            file: Some(file),
        })
    }

    /// Encrypts the secrets of a credential with the current key.
    pub(crate) fn seal(
        &self,
        credential: &str,
        version: i64,
        secrets: &Secrets,
    ) -> Result<Sealed, VaultError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        seal::seal(keys.current(), credential, version, secrets)
    }

    /// Decrypts the secrets of a credential.
    pub(crate) fn unseal(&self, credential: &str, sealed: &Sealed) -> Result<Secrets, VaultError> {
        self.with_key(credential, sealed, |key| {
            seal::unseal(key, credential, sealed)
        })
    }

    /// Encrypts the data key of a credential with the current master key; `None` if it is already.
    pub(crate) fn rewrap(
        &self,
        credential: &str,
        sealed: &Sealed,
    ) -> Result<Option<Sealed>, VaultError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let current = keys.current();
        if current.id == sealed.key_id {
            return Ok(None);
        }
        let old = keys.by_id(&sealed.key_id);
        let old = old.ok_or_else(|| self.unknown(credential, sealed))?;
        seal::rewrap(old, current, credential, sealed).map(Some)
    }

    /// Adds a new key before the others in the file, and makes it the current one. Keys of the variable are added by
    /// whoever sets it. Returns the id of the current key.
    ///
    /// # Errors
    /// Fails if the file cannot be read or written.
    pub(crate) fn rotate(&self) -> Result<String, VaultError> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &self.file {
            // Somebody else may have rotated meanwhile.
            let renewed = Keys::read(file)?.with_new_first()?;
            renewed.replace(file)?;
            *keys = renewed;
        }
        Ok(keys.current().id.clone())
    }

    /// Uses the key of a credential. The file is read again if it is not known: another process may have rotated.
    fn with_key<T>(
        &self,
        credential: &str,
        sealed: &Sealed,
        work: impl Fn(&keys::MasterKey) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(key) = keys.by_id(&sealed.key_id) {
                return work(key);
            }
        }
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &self.file {
            *keys = Keys::read(file)?;
        }
        let key = keys.by_id(&sealed.key_id);
        work(key.ok_or_else(|| self.unknown(credential, sealed))?)
    }

    fn unknown(&self, credential: &str, sealed: &Sealed) -> VaultError {
        let file = self.file.as_ref().map(|file| file.display().to_string());
        VaultError::UnknownKey {
            credential: credential.to_owned(),
            key_id: sealed.key_id.clone(),
            place: file.unwrap_or_else(|| VARIABLE.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
