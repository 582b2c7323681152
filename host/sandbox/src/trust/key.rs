//! Ed25519 keys in files that OpenSSL also reads and writes: PKCS#8 and SPKI in PEM (RFC 8410).

use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A key file has about a hundred bytes.
const KEY_LIMIT_BYTES: u64 = 16 * 1024;

const PREFIX: &str = "ed25519:";

/// A key cannot be created, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read the key {path}: {source}")]
    Unreadable {
        /// The path of the key.
        path: String,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the key {path}: {source}")]
    Unwritable {
        /// The path of the key.
        path: String,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The file exists already.
    #[error("{0} exists already, and a key that is overwritten is lost; choose another name")]
    Exists(String),
    /// The file does not hold a key of the required kind.
    #[error("the key {path} cannot be used: {reason}")]
    Unfit {
        /// The path of the key.
        path: String,
        /// The reason, and what to do.
        reason: &'static str,
    },
    /// The operating system does not return random bytes.
    #[error("the system returns no random bytes for a new key: {0}")]
    Randomness(getrandom::Error),
}

/// A key for signing. Its memory is wiped when it is dropped.
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// Generates a new key.
    ///
    /// # Errors
    /// Fails if the system returns no random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = SecretBox::<ed25519_dalek::SecretKey>::default();
        getrandom::fill(seed.expose_secret_mut()).map_err(KeyError::Randomness)?;
        Ok(Self(SigningKey::from_bytes(seed.expose_secret())))
    }

    /// Reads a private key.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or does not hold an Ed25519 private key in PEM.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = SecretString::from(read(path)?);
        let text = text.expose_secret();
        SigningKey::from_pkcs8_pem(text).map(Self).map_err(|_| {
            unfit(path, if text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
                "it is encrypted; decrypt it first, for example with `openssl pkey -in FILE -out PLAIN`"
            } else if text.contains("BEGIN PUBLIC KEY") {
                "it is a public key; signing needs the private key"
            } else {
                "it holds no Ed25519 private key in PEM; make one with `portolan mapper keygen FILE`"
            })
        })
    }

    /// Writes the private key to `path`, readable only by its owner, and the public key beside it, with
    /// `.pub` added to the name. Returns the path of the public key.
    ///
    /// # Errors
    /// Fails if one of the files exists already or cannot be written.
    pub fn write(&self, path: &Path) -> Result<PathBuf, KeyError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".pub");
        let public = PathBuf::from(name);
        if public.exists() {
            return Err(KeyError::Exists(public.display().to_string()));
        }
        // Leaves out the public half, as in RFC 8410, because every OpenSSL reads this form.
        let private = KeypairBytes {
            secret_key: self.0.to_bytes(),
            public_key: None,
        };
        let unencodable = |path: &Path| unfit(path, "it cannot be written as PEM");
        let text = private
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| unencodable(path))?;
        create(path, text.as_bytes(), true)?;
        let text = self
            .0
            .verifying_key()
            .to_public_key_pem(LineEnding::LF)
            .map_err(|_| unencodable(&public))?;
        create(&public, text.as_bytes(), false)?;
        Ok(public)
    }

    /// The public half of the key.
    #[must_use]
    pub fn signer(&self) -> Signer {
        Signer(self.0.verifying_key())
    }

    /// Signs bytes, and returns the signature in base64.
    pub(super) fn sign(&self, message: &[u8]) -> String {
        STANDARD.encode(self.0.sign(message).to_bytes())
    }
}

/// The identity of a signer: a public key, written as `ed25519:` and the key in base64. Signatures and locks
/// contain the whole key instead of a short id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer(VerifyingKey);

impl Signer {
    /// Verifies a signature in base64.
    pub(super) fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        let Ok(bytes) = STANDARD.decode(signature) else {
            return false;
        };
        Signature::from_slice(&bytes)
            .and_then(|signature| self.0.verify_strict(message, &signature))
            .is_ok()
    }
}

impl std::fmt::Display for Signer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{PREFIX}{}", STANDARD.encode(self.0.as_bytes()))
    }
}

impl std::str::FromStr for Signer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix(PREFIX)
            .and_then(|text| STANDARD.decode(text).ok())
            .and_then(|bytes| VerifyingKey::from_bytes(bytes.as_slice().try_into().ok()?).ok())
            .map(Self)
            .ok_or("a signer is `ed25519:` and a public key in base64")
    }
}

impl Serialize for Signer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Signer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Signer {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Signer".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "The signer's public key: `ed25519:` and 32 bytes in base64.",
            "pattern": "^ed25519:[A-Za-z0-9+/]{43}=$"
        })
    }
}

/// The public keys of trusted signers.
#[derive(Clone, Debug, Default)]
pub struct TrustedKeys(Vec<(Signer, PathBuf)>);

impl TrustedKeys {
    /// Reads public keys.
    ///
    /// # Errors
    /// Fails if a file cannot be read, or does not hold an Ed25519 public key in PEM.
    pub fn read(files: &[PathBuf]) -> Result<Self, KeyError> {
        let key = |file: &PathBuf| {
            let text = read(file)?;
            let key = VerifyingKey::from_public_key_pem(&text).map_err(|_| {
                unfit(file, if text.contains("PRIVATE KEY") {
                    "it is a private key; trust needs the public key, which `portolan mapper keygen` wrote beside it"
                } else {
                    "it holds no Ed25519 public key in PEM"
                })
            })?;
            Ok((Signer(key), file.clone()))
        };
        Ok(Self(files.iter().map(key).collect::<Result<_, _>>()?))
    }

    /// The file of a trusted key; `None` if the key is not trusted.
    #[must_use]
    pub fn file(&self, signer: &Signer) -> Option<&Path> {
        self.0
            .iter()
            .find(|(known, _)| known == signer)
            .map(|(_, file)| file.as_path())
    }

    /// Whether no key is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn unfit(path: &Path, reason: &'static str) -> KeyError {
    KeyError::Unfit {
        path: path.display().to_string(),
        reason,
    }
}

fn read(path: &Path) -> Result<String, KeyError> {
    let unreadable = |source| KeyError::Unreadable {
        path: path.display().to_string(),
        source,
    };
    super::read_small(path, KEY_LIMIT_BYTES)
        .and_then(|text| text.ok_or_else(|| std::io::Error::other("there is no such file")))
        .map_err(unreadable)
}

fn create(path: &Path, bytes: &[u8], is_private: bool) -> Result<(), KeyError> {
    let name = || path.display().to_string();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if is_private { 0o600 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = is_private;
    let write = |mut file: std::fs::File| file.write_all(bytes).and_then(|()| file.sync_all());
    options.open(path).and_then(write).map_err(|source| {
        if source.kind() == std::io::ErrorKind::AlreadyExists {
            KeyError::Exists(name())
        } else {
            KeyError::Unwritable {
                path: name(),
                source,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example keys of RFC 8410, sections 10.1 and 10.3.
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";

    #[test]
    fn the_example_keys_of_rfc_8410_are_a_pair() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("key"), PRIVATE).expect("written");
        std::fs::write(path("key.pub"), PUBLIC).expect("written");
        let key = PrivateKey::read(&path("key")).expect("a key");
        let trusted = TrustedKeys::read(&[path("key.pub")]).expect("a key");
        let signature = key.sign(b"statement");
        assert!(key.signer().has_signed(b"statement", &signature));
        assert!(!key.signer().has_signed(b"Statement", &signature));
        assert_eq!(trusted.file(&key.signer()), Some(path("key.pub").as_path()));
    }

    #[test]
    fn what_is_written_is_read_again_and_never_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("key");
        let key = PrivateKey::generate().expect("a key");
        let public = key.write(&place).expect("written");
        assert_eq!(
            PrivateKey::read(&place).expect("a key").signer(),
            key.signer()
        );
        let trusted = TrustedKeys::read(&[public]).expect("a key");
        assert!(trusted.file(&key.signer()).is_some());
        let again = PrivateKey::generate().expect("a key");
        assert!(matches!(again.write(&place), Err(KeyError::Exists(_))));
        assert_ne!(again.signer(), key.signer());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&place)
                .expect("there")
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn the_wrong_half_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("key");
        let public = PrivateKey::generate().expect("a key").write(&place);
        let public = public.expect("written");
        let error = PrivateKey::read(&public)
            .err()
            .expect("refused")
            .to_string();
        assert!(error.contains("it is a public key"), "{error}");
        let error = TrustedKeys::read(&[place])
            .expect_err("refused")
            .to_string();
        assert!(error.contains("it is a private key"), "{error}");
    }

    #[test]
    fn a_signer_is_its_text() {
        let signer = PrivateKey::generate().expect("a key").signer();
        assert_eq!(signer.to_string().parse(), Ok(signer.clone()));
        for text in ["", "ed25519:", "ed25519:AAAA", "rsa:AAAA"] {
            assert!(text.parse::<Signer>().is_err(), "{text}");
        }
    }
}
