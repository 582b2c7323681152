//! Tokens: 256 random bits with a prefix and a checksum, by which scanners of secrets recognize them.

use portolan_machine::fingerprint;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// The beginning of every token.
pub(crate) const PREFIX: &str = "portolan_";
const RANDOM_BYTES: usize = 32;
/// The prefix, the random bits and their CRC-32, in hexadecimal.
const LENGTH: usize = PREFIX.len() + 2 * RANDOM_BYTES + 8;

/// What a token permits.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads inventory, findings and scans.
    Viewer,
    /// Also registers, scans and mutes.
    Operator,
    /// Also manages credentials and tokens, and reads the audit log.
    Admin,
}

impl Role {
    /// All roles, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// Its name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// The role of a name.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// Makes a token; `None` if the system has no random bits.
pub(crate) fn generate() -> Option<SecretString> {
    let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
    aws_lc_rs::rand::fill(bytes.as_mut()).ok()?;
    let mut text = Zeroizing::new(String::with_capacity(LENGTH));
    text.push_str(PREFIX);
    for byte in bytes.iter() {
        text.push_str(&format!("{byte:02x}"));
    }
    let checksum = crc32fast::hash(text.as_bytes());
    text.push_str(&format!("{checksum:08x}"));
    Some(SecretString::from(text.as_str()))
}

/// The hash under which a token is stored; `None` if the text is no token. The random bits have no guessable
/// structure, so that a fast hash is enough, and a lookup by hash needs no comparison of secrets.
pub(crate) fn hash(text: &SecretString) -> Option<String> {
    let text = text.expose_secret();
    if text.len() != LENGTH || !text.is_ascii() || !text.starts_with(PREFIX) {
        return None;
    }
    let (signed, checksum) = text.split_at(LENGTH - 8);
    let expected = format!("{:08x}", crc32fast::hash(signed.as_bytes()));
    (checksum == expected).then(|| fingerprint::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_checksum_and_is_unlike_the_next() {
        let (one, two) = (generate().expect("bits"), generate().expect("bits"));
        assert_ne!(one.expose_secret(), two.expose_secret());
        assert_eq!(one.expose_secret().len(), LENGTH);
        assert!(hash(&one).is_some_and(|hash| hash.len() == 64));
        let mut wrong = one.expose_secret().to_owned();
        let last = if wrong.ends_with('0') { '1' } else { '0' };
        wrong.pop();
        wrong.push(last);
        for refused in [
            wrong.as_str(),
            "",
            PREFIX,
            "portolan_é",
            &"x".repeat(LENGTH),
        ] {
            assert_eq!(hash(&refused.into()), None, "{refused}");
        }
    }
}
