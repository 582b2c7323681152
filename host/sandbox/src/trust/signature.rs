//! Detached signatures, beside their modules as `FILE.sig`, and their verification.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Identity, PrivateKey, Signer, TrustError, TrustedKeys};

/// A signature file has about four hundred bytes.
const SIGNATURE_LIMIT_BYTES: u64 = 64 * 1024;

/// The signed statement about a module. It covers name and version, so that a signature for one version or
/// name is not valid for another. The signed bytes are this as canonical JSON (RFC 8785): without spaces,
/// members in alphabetical order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    // The order of these fields is the order of the signed bytes.
    /// SHA-256 of the component: `sha256:` and 64 hexadecimal digits.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub digest: String,
    /// The format of this statement, so that a signature for another purpose is not accepted.
    pub format: StatementFormat,
    /// The name in the module's manifest.
    pub name: String,
    /// The version in the module's manifest.
    pub version: String,
    /// The WIT package that it is built against, for example `portolan:mapper@1.0.0`.
    pub wit: String,
}

/// A format of statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StatementFormat {
    /// The first format.
    #[serde(rename = "portolan-mapper-signature/1")]
    V1,
}

impl Statement {
    /// Makes the statement about a module.
    #[must_use]
    pub fn of(module: &Identity) -> Self {
        Self {
            digest: module.digest.clone(),
            format: StatementFormat::V1,
            name: module.name.clone(),
            version: module.version.clone(),
            wit: module.wit.clone(),
        }
    }

    fn identity(&self) -> Identity {
        Identity {
            name: self.name.clone(),
            version: self.version.clone(),
            digest: self.digest.clone(),
            wit: self.wit.clone(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        // Serializing a struct of texts never fails.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// A detached Ed25519 signature over a [`Statement`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "signature")]
pub struct Signature {
    /// The signed statement.
    pub statement: Statement,
    /// The signer's public key.
    pub signer: Signer,
    /// The Ed25519 signature of the statement's bytes, 64 bytes in base64.
    #[schemars(regex(pattern = "^[A-Za-z0-9+/]{86}==$"))]
    pub signature: String,
}

impl Signature {
    /// Signs a module.
    #[must_use]
    pub fn sign(module: &Identity, key: &PrivateKey) -> Self {
        let statement = Statement::of(module);
        Self {
            signature: key.sign(&statement.bytes()),
            signer: key.signer(),
            statement,
        }
    }

    /// The path of the signature of a module's file.
    #[must_use]
    pub fn place(module: &Path) -> PathBuf {
        let mut name = module.as_os_str().to_owned();
        name.push(".sig");
        PathBuf::from(name)
    }

    /// Parses a signature file.
    ///
    /// # Errors
    /// The problem, as the end of a sentence that begins with the file's name.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| {
            let error = portolan_machine::text::printable(&error.to_string(), 200);
            format!("is not as `portolan schema signature` describes it ({error})")
        })
    }

    /// Writes the signature beside its module.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn write(&self, module: &Path) -> Result<PathBuf, TrustError> {
        let place = Self::place(module);
        super::write_whole(&place, self.text().as_bytes())?;
        Ok(place)
    }

    /// The text of a signature file.
    #[must_use]
    pub fn text(&self) -> String {
        // Serializing a struct of texts never fails.
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{text}\n")
    }

    /// Whether the signature is that of its signer for its statement.
    fn is_genuine(&self) -> bool {
        self.signer
            .has_signed(&self.statement.bytes(), &self.signature)
    }

    fn read(module: &Path) -> Result<Option<Self>, String> {
        let place = Self::place(module);
        match super::read_small(&place, SIGNATURE_LIMIT_BYTES) {
            Ok(None) => Ok(None),
            Ok(Some(text)) => Self::parse(&text).map(Some),
            Err(error) => Err(format!("cannot be read ({error})")),
        }
    }
}

/// The state of a module's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Verification {
    /// The module has no signature file.
    NotSigned,
    /// The signature is not valid, or its key is not trusted.
    VerificationFailed {
        /// The reason, and what to do.
        reason: String,
    },
    /// A trusted key has signed this module with this name and version.
    Verified {
        /// The signer's public key.
        signer: Signer,
        /// The file of the key.
        key: String,
    },
}

impl std::fmt::Display for Verification {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotSigned => formatter.write_str("not signed"),
            Self::VerificationFailed { reason } => {
                write!(formatter, "verification failed: {reason}")
            }
            Self::Verified { signer, key } => {
                write!(formatter, "verified, signed by {signer} ({key})")
            }
        }
    }
}

/// The result of checking a module's signature.
#[derive(Clone, Debug)]
pub struct Look {
    /// The state so far; the manifest may still contradict it.
    pub verification: Verification,
    /// The signature, if it is valid for the module, whether its key is trusted or not.
    pub genuine: Option<Signature>,
}

impl Look {
    /// Checks the signature beside a module's file, with the module's bytes alone.
    #[must_use]
    pub fn at(file: &Path, digest: &str, keys: &TrustedKeys) -> Self {
        Self::of(file, Signature::read(file).transpose(), digest, keys)
    }

    /// Checks a given signature for a module's file.
    #[must_use]
    pub fn of(
        file: &Path,
        signature: Option<Result<Signature, String>>,
        digest: &str,
        keys: &TrustedKeys,
    ) -> Self {
        match signature {
            None => Self {
                verification: Verification::NotSigned,
                genuine: None,
            },
            Some(Ok(signature)) => Self::judge(file, signature, digest, keys),
            Some(Err(reason)) => Self::failed(file, &reason),
        }
    }

    fn judge(file: &Path, signature: Signature, digest: &str, keys: &TrustedKeys) -> Self {
        if !signature.is_genuine() {
            return Self::failed(
                file,
                &format!(
                    "does not hold a valid signature of {} for its statement",
                    signature.signer
                ),
            );
        }
        if signature.statement.digest != digest {
            return Self::failed(
                file,
                &format!(
                    "is for a module with the digest {}, but this one's is {digest}: it was changed after it was signed, or the signature belongs to another module",
                    portolan_machine::text::printable(&signature.statement.digest, 80)
                ),
            );
        }
        let signer = signature.signer.clone();
        let verification = match keys.file(&signer) {
            Some(key) => Verification::Verified {
                signer,
                key: key.display().to_string(),
            },
            None => Verification::VerificationFailed {
                reason: format!(
                    "it is signed by {signer}, which is not one of the trusted keys ({}); if you trust it, add its public key to trusted-keys",
                    if keys.is_empty() {
                        "there are none"
                    } else {
                        "see trusted-keys"
                    }
                ),
            },
        };
        Self {
            verification,
            genuine: Some(signature),
        }
    }

    /// Checks the signature again, with the identity in the module's manifest.
    #[must_use]
    pub fn confirm(self, file: &Path, module: &Identity) -> Self {
        let claim = self.genuine.as_ref();
        match claim.and_then(|signature| module.refutes(&signature.statement.identity())) {
            None => self,
            Some(difference) => Self::failed(file, &format!("states {difference}")),
        }
    }

    /// Whether the signature contradicts itself or the module.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.genuine.is_none() && self.verification != Verification::NotSigned
    }

    fn failed(file: &Path, what: &str) -> Self {
        let place = Signature::place(file);
        Self {
            verification: Verification::VerificationFailed {
                reason: format!(
                    "{} {what}; get module and signature again from the signer, or sign it yourself",
                    place.display()
                ),
            },
            genuine: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module() -> Identity {
        Identity {
            name: "acme \"tags\"\n".into(),
            version: "0.1.0".into(),
            digest: format!("sha256:{}", "0f".repeat(32)),
            wit: "portolan:mapper@1.0.0".into(),
        }
    }

    #[test]
    fn the_signed_bytes_are_canonical_json() {
        let text = String::from_utf8(Statement::of(&module()).bytes()).expect("text");
        let expected = r#"{"digest":"sha256:0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","format":"portolan-mapper-signature/1","name":"acme \"tags\"\n","version":"0.1.0","wit":"portolan:mapper@1.0.0"}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn every_member_of_the_statement_is_covered() {
        let key = PrivateKey::generate().expect("a key");
        let signature = Signature::sign(&module(), &key);
        assert!(signature.is_genuine());
        assert_eq!(Signature::parse(&signature.text()), Ok(signature.clone()));
        let changes: [fn(&mut Statement); 4] = [
            |statement| statement.name.push('x'),
            |statement| statement.version.push('x'),
            |statement| statement.digest.push('x'),
            |statement| statement.wit.push('x'),
        ];
        for change in changes {
            let mut other = signature.clone();
            change(&mut other.statement);
            assert!(!other.is_genuine(), "{other:?}");
        }
        let mut other = signature;
        other.signer = PrivateKey::generate().expect("a key").signer();
        assert!(!other.is_genuine());
    }

    #[test]
    fn what_is_no_signature_is_said_to_be_none() {
        for text in ["", "{}", "[]", r#"{"statement":{"format":"other/1"}}"#] {
            let reason = Signature::parse(text).expect_err("refused");
            assert!(reason.contains("schema signature"), "{reason}");
        }
    }
}
