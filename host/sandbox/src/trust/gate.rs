//! The gate that a module passes before it runs.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lock::split;
use super::{Identity, Lock, Look, ModulePolicy, Pin, TrustError, TrustedKeys, Verification};

/// The policy of a configuration and the keys that it trusts.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    policy: Option<ModulePolicy>,
    keys: TrustedKeys,
}

/// What is known of a module that has passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trust {
    /// The state of its signature.
    pub signature: Verification,
    /// Whether a lock pins it.
    pub pinned: bool,
}

impl Gate {
    /// A gate with this policy (none for the default, which depends on a module's folder) and the public keys
    /// in these files.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn open(policy: Option<ModulePolicy>, keys: &[PathBuf]) -> Result<Self, TrustError> {
        Ok(Self {
            policy,
            keys: TrustedKeys::read(keys)?,
        })
    }

    /// The keys whose signatures count.
    #[must_use]
    pub const fn keys(&self) -> &TrustedKeys {
        &self.keys
    }

    /// Checks that every module that the lock of a mappers folder pins is among its files: a mapping that
    /// vanishes would silently give its objects back to the stock one.
    ///
    /// # Errors
    /// If one is missing, or the lock cannot be read.
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

    /// The lock of a folder, if it counts.
    fn lock(&self, folder: &Path) -> Result<Option<Lock>, TrustError> {
        match self.policy {
            Some(ModulePolicy::Any) => Ok(None),
            _ => Lock::read(folder),
        }
    }

    /// Looks at a module's bytes before anything of them is compiled.
    ///
    /// # Errors
    /// If the module does not satisfy the policy, or what would tell cannot be read.
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

/// A module whose bytes are admitted, and whose words are not known yet.
#[derive(Clone, Debug)]
#[must_use]
pub struct Admission {
    file: PathBuf,
    policy: ModulePolicy,
    pin: Option<Pin>,
    look: Look,
}

impl Admission {
    /// Looks again, now that it is known what the module says about itself.
    ///
    /// # Errors
    /// If it is not what its signature states or its lock pins.
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
                // Nobody should be led around a signature that does not hold.
                let remedy = match self.look.is_broken() {
                    true => "do not use it as it is",
                    false => "module-policy `signed` takes nothing else",
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

    /// A module that was signed when it was pinned has to stay so.
    fn check_signer(&self, pin: &Pin) -> Result<(), TrustError> {
        let Some(signer) = &pin.signer else {
            return Ok(());
        };
        let found = match &self.look.genuine {
            Some(signature) if signature.signer == *signer => return Ok(()),
            Some(signature) => format!("it is signed by {}", signature.signer),
            None => match &self.look.verification {
                Verification::VerificationFailed { reason } => {
                    format!("its signature does not hold: {reason}")
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
