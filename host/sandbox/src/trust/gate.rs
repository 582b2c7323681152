//! The checks that a module passes before it runs.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lock::split;
use super::{Identity, Lock, Look, ModulePolicy, Pin, TrustError, TrustedKeys, Verification};

/// The policy of a configuration, and the keys that it trusts.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    policy: Option<ModulePolicy>,
    keys: TrustedKeys,
}

/// The result of the checks for a module that has passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trust {
    /// The state of its signature.
    pub signature: Verification,
    /// Whether a lock pins it.
    pub pinned: bool,
}

impl Gate {
    /// Creates a gate with this policy and the public keys in these files. A policy of `None` means the
    /// default, which depends on a module's folder.
    ///
    /// # Errors
    /// Fails if a key cannot be read.
    pub fn open(policy: Option<ModulePolicy>, keys: &[PathBuf]) -> Result<Self, TrustError> {
        Ok(Self {
            policy,
            keys: TrustedKeys::read(keys)?,
        })
    }

    /// The trusted keys.
    #[must_use]
    pub const fn keys(&self) -> &TrustedKeys {
        &self.keys
    }

    /// Checks that every module that the lock of a mappers folder pins is among its files. If a mapping
    /// vanished, the stock mapping would silently replace it.
    ///
    /// # Errors
    /// Fails if a module is missing, or the lock cannot be read.
    pub fn check_folder(&self, folder: &Path, files: &[PathBuf]) -> Result<(), TrustError> {
        let Some(lock) = self.lock(folder)? else {
            return Ok(());
        };
        let is_there = |pin: &Pin| files.iter().any(|file| split(file).1 == pin.file);
        match lock.modules.into_iter().find(|pin| !is_there(pin)) {
            None => Ok(()),
            Some(pin) => Err(TrustError::Missing {
                lock: Lock::place(folder).display().to_string(),
                file: portolan_machine::text::printable(&pin.file, 128),
                name: portolan_machine::text::printable(&pin.name, 128),
                version: portolan_machine::text::printable(&pin.version, 64),
                folder: folder.display().to_string(),
            }),
        }
    }

    /// The lock of a folder; `None` if the policy ignores it or there is none.
    fn lock(&self, folder: &Path) -> Result<Option<Lock>, TrustError> {
        match self.policy {
            Some(ModulePolicy::Any) => Ok(None),
            _ => Lock::read(folder),
        }
    }

    /// Checks a module's bytes before any part of it is compiled.
    ///
    /// # Errors
    /// Fails if the module does not satisfy the policy, or if its signature or lock cannot be read.
    pub fn admit(&self, file: &Path, bytes: &[u8]) -> Result<Admission, TrustError> {
        let (folder, name) = split(file);
        let lock = self.lock(folder)?;
        let policy = match (self.policy, &lock) {
            (Some(policy), _) => policy,
            (None, Some(_)) => ModulePolicy::Pinned,
            (None, None) => ModulePolicy::Any,
        };
        let digest = super::sha256(bytes);
        let admission = Admission {
            file: file.to_owned(),
            policy,
            pin: lock.as_ref().and_then(|lock| lock.pin(&name)).cloned(),
            look: Look::at(file, &digest, &self.keys),
        };
        if policy == ModulePolicy::Signed {
            admission.check_signature(self.keys.is_empty())?;
        }
        match (&admission.pin, lock) {
            (Some(pin), _) => admission.check_pin(pin, &digest)?,
            (None, Some(_)) => {
                return Err(admission.not_pinned(&format!(
                    "{} does not pin it",
                    Lock::place(folder).display()
                )));
            }
            (None, None) if policy == ModulePolicy::Pinned => {
                return Err(
                    admission.not_pinned(&format!("there is no {}", Lock::place(folder).display()))
                );
            }
            (None, None) => {}
        }
        Ok(admission)
    }
}

/// A module whose bytes are admitted, before its manifest is known.
#[derive(Clone, Debug)]
#[must_use]
pub struct Admission {
    file: PathBuf,
    policy: ModulePolicy,
    pin: Option<Pin>,
    look: Look,
}

impl Admission {
    /// Checks the module again, with the identity in its manifest.
    ///
    /// # Errors
    /// Fails if it differs from its signature's statement or from its pin.
    pub fn confirm(mut self, module: &Identity) -> Result<Trust, TrustError> {
        self.look = self.look.confirm(&self.file, module);
        if self.policy == ModulePolicy::Signed {
            self.check_signature(false)?;
        }
        if let Some(pin) = &self.pin {
            self.check_signer(pin)?;
            if let Some(difference) = module.refutes(&pin.identity()) {
                return Err(self.refused(
                    &format!("{} pins {difference}", self.lock()),
                    &self.pin_again(),
                ));
            }
        }
        Ok(Trust {
            signature: self.look.verification,
            pinned: self.pin.is_some(),
        })
    }

    fn check_signature(&self, is_keyless: bool) -> Result<(), TrustError> {
        let sign = format!(
            "sign it (portolan mapper sign {} --key KEY), or set another module-policy",
            self.file.display()
        );
        match &self.look.verification {
            _ if is_keyless => Err(self.refused(
                "no key is trusted",
                "name public keys with trusted-keys, or set another module-policy",
            )),
            Verification::Verified { .. } => Ok(()),
            Verification::NotSigned => Err(self.refused("it is not signed", &sign)),
            failed @ Verification::VerificationFailed { .. } => {
                // The advice must not lead around a signature that is not valid.
                let remedy = match self.look.is_broken() {
                    true => "do not use it as it is",
                    false => "module-policy `signed` requires a signature of a trusted key",
                };
                Err(self.refused(&failed.to_string(), remedy))
            }
        }
    }

    fn check_pin(&self, pin: &Pin, digest: &str) -> Result<(), TrustError> {
        if pin.digest != digest {
            let printable = |text: &str| portolan_machine::text::printable(text, 128);
            return Err(self.refused(
                &format!(
                    "its digest is {digest}, but {} pins {} for {} {}",
                    self.lock(),
                    printable(&pin.digest),
                    printable(&pin.name),
                    printable(&pin.version)
                ),
                &self.pin_again(),
            ));
        }
        self.check_signer(pin)
    }

    /// A module that was signed when it was pinned has to stay signed by the same key.
    fn check_signer(&self, pin: &Pin) -> Result<(), TrustError> {
        let Some(signer) = &pin.signer else {
            return Ok(());
        };
        let found = match &self.look.genuine {
            Some(signature) if signature.signer == *signer => return Ok(()),
            Some(signature) => format!("it is signed by {}", signature.signer),
            None => match &self.look.verification {
                Verification::VerificationFailed { reason } => {
                    format!("its signature is not valid: {reason}")
                }
                _ => "it is not signed".to_owned(),
            },
        };
        Err(self.refused(
            &format!("{} pins it as signed by {signer}, but {found}", self.lock()),
            &self.pin_again(),
        ))
    }

    fn not_pinned(&self, reason: &str) -> TrustError {
        self.refused(reason, &self.pin_again())
    }

    fn pin_again(&self) -> String {
        format!(
            "if you know where this module comes from, pin it: portolan mapper pin {}",
            self.file.display()
        )
    }

    fn lock(&self) -> String {
        Lock::place(split(&self.file).0).display().to_string()
    }

    fn refused(&self, reason: &str, remedy: &str) -> TrustError {
        TrustError::Refused {
            file: self.file.display().to_string(),
            policy: self.policy,
            reason: reason.to_owned(),
            remedy: remedy.to_owned(),
        }
    }
}
