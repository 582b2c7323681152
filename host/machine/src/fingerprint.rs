//! SHA-256: the whole digest identifies bytes. Its first bytes identify a text where millions have to fit
//! into memory, and detect damage.

use sha2::{Digest, Sha256};

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The first bytes of the SHA-256 of `data`. Two of a million texts share sixteen of them with a probability
/// of 10^-27.
pub fn fingerprint<const BYTES: usize>(data: impl AsRef<[u8]>) -> [u8; BYTES] {
    shorten(&Sha256::digest(data))
}

/// The first bytes of a digest.
pub fn shorten<const BYTES: usize>(digest: &[u8]) -> [u8; BYTES] {
    let mut short = [0; BYTES];
    short.copy_from_slice(&digest[..BYTES]);
    short
}
