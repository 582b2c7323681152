//! The encryption of one credential.

use std::borrow::Cow;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::VaultError;
use super::keys::{KEY_BYTES, MasterKey};

/// The secrets of a credential.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    pub(crate) secret_access_key: Option<SecretString>,
    pub(crate) session_token: Option<SecretString>,
    pub(crate) external_id: Option<SecretString>,
}

/// The encrypted form of [`Secrets`], as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// Counts up whenever the secrets change.
    pub(crate) version: i64,
    /// Nonce, ciphertext and tag.
    pub(crate) secrets: Vec<u8>,
    /// The data key, likewise.
    pub(crate) wrapped_key: Vec<u8>,
    /// The master key.
    pub(crate) key_id: String,
}

/// The plain form. It borrows, so that there is one copy of a secret to wipe.
#[derive(Serialize, Deserialize)]
struct Plain<'p> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    secret_access_key: Option<Cow<'p, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    session_token: Option<Cow<'p, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    external_id: Option<Cow<'p, str>>,
}

/// A ciphertext for another purpose, credential or version does not decrypt.
fn context(purpose: &str, credential: &str, version: i64) -> Aad<String> {
    Aad::from(format!("portolan {purpose}\n{credential}\n{version}"))
}

fn exposed(secret: Option<&SecretString>) -> Option<Cow<'_, str>> {
    secret.map(|it| Cow::Borrowed(it.expose_secret()))
}

const SECRETS: &str = "credential";
const DATA_KEY: &str = "data key";

pub(super) fn seal(
    master: &MasterKey,
    credential: &str,
    version: i64,
    secrets: &Secrets,
) -> Result<Sealed, VaultError> {
    let mut data_key = Zeroizing::new([0; KEY_BYTES]);
    aws_lc_rs::rand::fill(data_key.as_mut()).map_err(|_| VaultError::NoRandomness)?;
    let plain = Plain {
        secret_access_key: exposed(secrets.secret_access_key.as_ref()),
        session_token: exposed(secrets.session_token.as_ref()),
        external_id: exposed(secrets.external_id.as_ref()),
    };
    // A vector that grows would leave copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(PLAIN_LIMIT_BYTES));
    serde_json::to_writer(&mut *text, &plain)
        .map_err(|_| VaultError::Damaged(credential.into()))?;
    Ok(Sealed {
        version,
        secrets: encrypt(&data_key, context(SECRETS, credential, version), &text)?,
        wrapped_key: encrypt(
            master.bytes(),
            context(DATA_KEY, credential, version),
            data_key.as_ref(),
        )?,
        key_id: master.id.clone(),
    })
}

/// More than the secrets that the API takes.
const PLAIN_LIMIT_BYTES: usize = 32 * 1024;

pub(super) fn unseal(
    master: &MasterKey,
    credential: &str,
    sealed: &Sealed,
) -> Result<Secrets, VaultError> {
    let damaged = || VaultError::Damaged(credential.to_owned());
    let data_key = data_key(master, credential, sealed)?;
    let context = context(SECRETS, credential, sealed.version);
    let text = decrypt(&data_key, context, &sealed.secrets).ok_or_else(damaged)?;
    let plain: Plain<'_> = serde_json::from_slice(&text).map_err(|_| damaged())?;
    let secret = |text: Option<Cow<'_, str>>| text.map(|it| SecretString::from(it.as_ref()));
    Ok(Secrets {
        secret_access_key: secret(plain.secret_access_key),
        session_token: secret(plain.session_token),
        external_id: secret(plain.external_id),
    })
}

/// Encrypts the data key with another master key.
pub(super) fn rewrap(
    old: &MasterKey,
    new: &MasterKey,
    credential: &str,
    sealed: &Sealed,
) -> Result<Sealed, VaultError> {
    let data_key = data_key(old, credential, sealed)?;
    let context = context(DATA_KEY, credential, sealed.version);
    Ok(Sealed {
        wrapped_key: encrypt(new.bytes(), context, data_key.as_ref())?,
        key_id: new.id.clone(),
        ..sealed.clone()
    })
}

fn data_key(
    master: &MasterKey,
    credential: &str,
    sealed: &Sealed,
) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
    let context = context(DATA_KEY, credential, sealed.version);
    let bytes = decrypt(master.bytes(), context, &sealed.wrapped_key);
    let key = bytes.and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).ok());
    let key = key.ok_or_else(|| VaultError::Damaged(credential.to_owned()))?;
    Ok(Zeroizing::new(key))
}

fn encrypt(
    key: &[u8; KEY_BYTES],
    context: Aad<String>,
    plain: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| VaultError::NoRandomness)?;
    // Encrypted in place, so that no plain copy stays; the room for the tag keeps the vector where it is.
    let mut body = Vec::with_capacity(plain.len() + AES_256_GCM.tag_len());
    body.extend_from_slice(plain);
    let nonce = key
        .seal_in_place_append_tag(context, &mut body)
        .map_err(|_| VaultError::NoRandomness)?;
    let mut sealed = nonce.as_ref().to_vec();
    sealed.append(&mut body);
    Ok(sealed)
}

fn decrypt(
    key: &[u8; KEY_BYTES],
    context: Aad<String>,
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).ok()?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut body = Zeroizing::new(body.to_vec());
    let length = key.open_in_place(nonce, context, &mut body).ok()?.len();
    body.truncate(length);
    Some(body)
}
