//! Which detectors find a secret in a value.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::rules::RULES;

/// The detector of a value that is hard to guess, under a name that says that it is a credential.
const CREDENTIAL: &str = "generic-credential";
/// The detector of a value that is hard to guess, under any name.
const ENTROPY: &str = "high-entropy-string";
/// The detector of AWS's secret keys, which have no prefix, by the name.
const AWS_SECRET_KEY: &str = "aws-secret-access-key";

/// The least entropy of a credential's value, in bits a byte. Eight different bytes have 3.0; words and their
/// versions have less, or are words of a path. gitleaks asks for 3.5, and so misses short passwords.
const CREDENTIAL_BITS: f64 = 2.75;
/// The lengths of values of credentials, in bytes: shorter ones are words such as `HS256`, longer ones documents.
const CREDENTIAL_BYTES: std::ops::RangeInclusive<usize> = 8..=512;
/// The least entropy of a value under any name, in bits a byte: the limit of Yelp's detect-secrets for Base64.
const ENTROPY_BITS: f64 = 4.5;
/// The lengths of such values. Shorter ones hardly reach the entropy; longer ones are certificates, public keys
/// and data.
const ENTROPY_BYTES: std::ops::RangeInclusive<usize> = 32..=128;
/// The least share of neighbours of different kinds (capital, small letter, digit, sign), in percent. Random text
/// has 62 or more, words in any spelling have about 20.
const CHANGES_PERCENT: usize = 40;

static FORMATS: LazyLock<Option<RegexSet>> = LazyLock::new(|| {
    let mut set = RegexSetBuilder::new(RULES.map(|(_, expression)| expression));
    // The table is a constant, and a test compiles it.
    set.unicode(false).build().ok()
});

/// The hyphens of a UUID, which names may end with. Random text in Base64 hardly has as many.
const HYPHENS_OF_A_UUID: usize = 4;

/// Names that say that the value is a credential.
static CREDENTIAL_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    expression(
        r"passw(?:or)?d|passphrase|credential|secret|(?:access|api|auth|encryption|licen[cs]e|master|private|shared|signing)[_.-]?key|(?:^|[^a-z])(?:pass|pwd|token)s?(?:[^a-z]|$)|token$|basic[_.-]?auth",
    )
});

/// Names of what is known about a credential.
static ABOUT_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    expression(
        r"[_.-](?:algorithm|arn|audience|endpoint|file|header|host|id|issuer|name|path|policy|prefix|provider|region|ttl|type|uri|url|version)$",
    )
});

/// Names of AWS's secret keys.
static AWS_NAME: LazyLock<Option<Regex>> =
    LazyLock::new(|| expression(r"secret[_.-]?(?:access[_.-]?)?key"));

/// Beginnings of long random text that is not secret: digests, public keys and ciphertexts of KMS, in Base64.
const PUBLIC: [&[u8]; 10] = [
    b"sha1-",
    b"sha256-",
    b"sha384-",
    b"sha512-",
    b"AAAAB3NzaC1",
    b"AAAAC3NzaC1",
    b"AAAAE2VjZHNh",
    b"MCowBQYDK2V",
    b"MFkwEwYHKoZ",
    b"AQICAH",
];

fn expression(text: &str) -> Option<Regex> {
    let mut builder = RegexBuilder::new(text);
    builder.unicode(false).case_insensitive(true).build().ok()
}

fn matches(expression: &Option<Regex>, name: &str) -> bool {
    // No expression fails to compile: a test finds a secret with each.
    expression
        .as_ref()
        .is_some_and(|it| it.is_match(name.as_bytes()))
}

/// The detectors that find a secret in a variable's value: every format, else the first of the general ones.
pub(super) fn detectors(name: &str, value: &[u8]) -> Vec<&'static str> {
    // No format is as short.
    if value.len() < *CREDENTIAL_BYTES.start() {
        return Vec::new();
    }
    let formats = FORMATS.as_ref().map(|formats| formats.matches(value));
    let mut found: Vec<&str> = formats
        .iter()
        .flatten()
        .map(|index| RULES[index].0)
        .collect();
    if found.is_empty() {
        found.extend(general(name, value));
    }
    found
}

fn general(name: &str, value: &[u8]) -> Option<&'static str> {
    if refers(value) {
        return None;
    }
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte);
    let is_named = matches(&CREDENTIAL_NAME, name) && !matches(&ABOUT_NAME, name);
    if is_named && value.len() == 40 && matches(&AWS_NAME, name) && value.iter().all(is_base64) {
        return Some(AWS_SECRET_KEY);
    }
    let has = |kind: fn(&u8) -> bool| value.iter().any(kind);
    let has_letter = has(u8::is_ascii_alphabetic);
    let is_mixed = changes_percent(value) >= CHANGES_PERCENT;
    let is_credential = is_named
        && CREDENTIAL_BYTES.contains(&value.len())
        && has_letter
        && (has(u8::is_ascii_digit) || has(u8::is_ascii_punctuation) || is_mixed)
        && !has(u8::is_ascii_whitespace)
        && !is_words(value)
        && entropy(value) >= CREDENTIAL_BITS;
    if is_credential {
        return Some(CREDENTIAL);
    }
    let hyphens = value.iter().filter(|it| **it == b'-').count();
    // Digests and commits are hexadecimal, identifiers have letters of one case.
    let is_random = ENTROPY_BYTES.contains(&value.len())
        && value.iter().all(is_base64)
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && !PUBLIC.iter().any(|it| value.starts_with(it))
        && is_mixed
        && hyphens < HYPHENS_OF_A_UUID
        && entropy(value) >= ENTROPY_BITS;
    is_random.then_some(ENTROPY)
}

/// Whether a value says where something is: a path, an ARN, a URL, or a variable that is replaced later.
fn refers(value: &[u8]) -> bool {
    let begins = [&b"/"[..], b"./", b"../", b"arn:", b"$(", b"%{", b"{{"];
    // `$NAME`, `%NAME%` and `<the password>` stand for something; a password may begin with the same sign.
    let name = |rest: &[u8]| {
        rest.iter()
            .all(|it| it.is_ascii_alphanumeric() || *it == b'_')
    };
    let stands = match value {
        [b'$', rest @ ..] | [b'%', rest @ .., b'%'] => name(rest),
        [b'<', .., b'>'] => true,
        _ => false,
    };
    stands
        || begins.iter().any(|it| value.starts_with(it))
        || [&b"://"[..], b"${", b"{{"]
            .iter()
            .any(|it| memchr::memmem::find(value, it).is_some())
}

/// Whether a value is two or more words or numbers with signs between them, such as `prod/payments-db2` or
/// `v1.2.3`. Passwords of words are not told from names, and are not found.
fn is_words(value: &[u8]) -> bool {
    let mut words = 0;
    let is_word = |word: &[u8]| {
        let digits = word
            .iter()
            .rev()
            .take_while(|it| it.is_ascii_digit())
            .count();
        let letters = &word[..word.len() - digits];
        let small = letters.get(1..).unwrap_or_default();
        letters.len() <= 24
            && digits <= 8
            && letters.iter().all(u8::is_ascii_alphabetic)
            && (small.iter().all(u8::is_ascii_lowercase)
                || letters.iter().all(u8::is_ascii_uppercase))
    };
    let mut parts = value.split(|it| b"-_/.:,@".contains(it));
    parts.all(|word| {
        words += 1;
        is_word(word)
    }) && words > 1
}

/// The share of neighbours of different kinds, in percent.
fn changes_percent(value: &[u8]) -> usize {
    let kind = |byte: u8| match byte {
        b'A'..=b'Z' => 0,
        b'a'..=b'z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let pairs = value.windows(2);
    let changes = pairs.filter(|pair| kind(pair[0]) != kind(pair[1])).count();
    100 * changes / value.len().max(2)
}

/// Shannon's entropy of the bytes of a value, in bits a byte.
fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value {
        counts[usize::from(*byte)] += 1;
    }
    let length = value.len() as f64;
    let bits = counts.iter().filter(|count| **count > 0).map(|count| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    });
    bits.sum()
}

#[cfg(test)]
mod tests;
