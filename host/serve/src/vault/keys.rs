//! Master keys: a line `ID KEY` for each, the current one first. The id is the beginning of the key's SHA-256, so
//! that a key cannot pass for another.

use std::io::Write;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portolan_machine::{fingerprint, text};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use zeroize::Zeroizing;

use super::VaultError;

/// Of AES-256.
pub(super) const KEY_BYTES: usize = 32;
/// Hundreds of keys fit into it.
const FILE_LIMIT_BYTES: u64 = 64 * 1024;

/// A key that encrypts data keys.
pub(super) struct MasterKey {
    pub(super) id: String,
    bytes: SecretBox<[u8; KEY_BYTES]>,
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "MasterKey({})", self.id)
    }
}

impl MasterKey {
    fn new(bytes: &[u8; KEY_BYTES]) -> Self {
        let mut id = fingerprint::digest(bytes);
        id.truncate(16);
        Self {
            id,
            bytes: SecretBox::new(Box::new(*bytes)),
        }
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        self.bytes.expose_secret()
    }

    /// Reads base64, as `openssl rand -base64 32` writes it.
    fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        let length = STANDARD.decode_slice(text, bytes.as_mut()).ok()?;
        (length == KEY_BYTES).then(|| Self::new(&bytes))
    }
}

/// The keys, the current one first. There is at least one.
#[derive(Debug)]
pub(super) struct Keys(Vec<MasterKey>);

impl Keys {
    pub(super) fn generate() -> Result<Self, VaultError> {
        Self(Vec::new()).with_new_first()
    }

    pub(super) fn with_new_first(mut self) -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        aws_lc_rs::rand::fill(bytes.as_mut()).map_err(|_| VaultError::NoRandomness)?;
        self.0.insert(0, MasterKey::new(&bytes));
        Ok(self)
    }

    #[expect(clippy::indexing_slicing, reason = "there is at least one key")]
    pub(super) fn current(&self) -> &MasterKey {
        &self.0[0]
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&MasterKey> {
        self.0.iter().find(|key| key.id == id)
    }

    /// Reads keys that are separated by commas.
    pub(super) fn parse_variable(variable: &SecretString) -> Result<Self, VaultError> {
        let parts = variable.expose_secret().split(',').map(str::trim);
        let keys: Option<Vec<_>> = parts.map(MasterKey::parse).collect();
        keys.map(Self).ok_or_else(|| {
            let reason =
                "holds no master key; one is 32 random bytes in base64: openssl rand -base64 32";
            VaultError::Variable(reason.into())
        })
    }

    /// Reads the file of keys.
    pub(super) fn read(file: &Path) -> Result<Self, VaultError> {
        let failed = |reason: &str| VaultError::File {
            file: file.display().to_string(),
            reason: reason.to_owned(),
        };
        check_mode(file).map_err(|reason| failed(&reason))?;
        let text = text::read_file(file, FILE_LIMIT_BYTES);
        let text = text.map_err(|error| failed(&format!("cannot be read: {error}")))?;
        let text = Zeroizing::new(text);
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let key = |line: &str| {
            let (id, key) = line.split_once(' ')?;
            MasterKey::parse(key.trim()).filter(|key| key.id == id)
        };
        let keys: Option<Vec<_>> = lines.map(key).collect();
        let keys = keys.filter(|keys| !keys.is_empty()).ok_or_else(|| {
            failed("does not hold master keys, or was changed; restore it from a backup")
        })?;
        Ok(Self(keys))
    }

    /// Writes a file that does not exist.
    pub(super) fn create(&self, file: &Path) -> Result<(), VaultError> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let write = || -> std::io::Result<()> {
            let mut opened = options.open(file)?;
            opened.write_all(self.text().as_bytes())?;
            opened.sync_all()
        };
        write().map_err(|error| unwritable(file, &error))
    }

    /// Replaces the file whole.
    pub(super) fn replace(&self, file: &Path) -> Result<(), VaultError> {
        let folder = file.parent().unwrap_or(Path::new("."));
        let write = || -> std::io::Result<()> {
            // Temporary files are readable by their owner only.
            let mut beside = tempfile::Builder::new()
                .prefix(".keys-")
                .tempfile_in(folder)?;
            beside.write_all(self.text().as_bytes())?;
            beside.as_file().sync_all()?;
            beside.persist(file)?;
            std::fs::File::open(folder)?.sync_all()
        };
        write().map_err(|error| unwritable(file, &error))
    }

    fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.0.len() * 64));
        for key in &self.0 {
            let mut encoded = [0; 44];
            let length = STANDARD.encode_slice(key.bytes(), &mut encoded);
            let encoded = Zeroizing::new(encoded);
            let encoded = encoded.get(..length.unwrap_or(0)).unwrap_or_default();
            text.push_str(&key.id);
            text.push(' ');
            text.push_str(std::str::from_utf8(encoded).unwrap_or_default());
            text.push('\n');
        }
        text
    }
}

fn unwritable(file: &Path, error: &std::io::Error) -> VaultError {
    VaultError::File {
        file: file.display().to_string(),
        reason: format!("cannot be written: {error}"),
    }
}

/// Refuses a file that others may read.
fn check_mode(file: &Path) -> Result<(), String> {
    let data = file.metadata();
    let data = data.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            "is not there, and credentials are stored that need it; restore it from a backup"
                .to_owned()
        }
        _ => format!("cannot be read: {error}"),
    })?;
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o077 != 0 {
        return Err("can be read by others; run chmod 600 on it".to_owned());
    }
    let _ = data;
    Ok(())
}
