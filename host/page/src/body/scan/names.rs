//! The member names that determine which values are withheld.

use super::text::Text;

/// Members that hold options of log drivers (of firelens, too) and volume drivers, or labels.
const OPTIONS: [&str; 4] = ["options", "driverOpts", "dockerLabels", "labels"];

/// Whether a member holds such options.
#[inline]
pub(super) fn holds_options(raw: &[u8], key: &Text) -> bool {
    OPTIONS.iter().any(|word| key.is(raw, word))
}

/// Whether a name may be one of the few that matter everywhere, judged by its length and first letter.
#[inline]
pub(super) fn may_matter(raw: &[u8], key: &Text) -> bool {
    let first = raw[key.span.start] | 0x20;
    key.has_escapes
        || matches!(
            (key.span.len(), first),
            (6, b'l') | (7, b'o') | (10 | 12, b'd') | (11, b'e')
        )
}

/// Parts of the names of options that hold credentials, without separators and in lower case.
const CREDENTIAL_WORDS: [&str; 10] = [
    "token",
    "secret",
    "passw",
    "credential",
    "apikey",
    "accesskey",
    "licensekey",
    "privatekey",
    "sharedkey",
    "basicauth",
];

/// Whether a member holds environment variables. ECS uses one spelling; members with other spellings may hold
/// secrets too.
#[inline]
pub(super) fn is_environment(raw: &[u8], key: &Text) -> bool {
    let written = &raw[key.span.clone()];
    if !key.has_escapes {
        return written.len() == ENVIRONMENT.len() && written.eq_ignore_ascii_case(ENVIRONMENT);
    }
    key.decoded(raw)
        .is_some_and(|name| is_environment_name(&name))
}

/// Whether the name of a member says that it holds environment variables.
pub(in crate::body) fn is_environment_name(name: &str) -> bool {
    name.as_bytes().eq_ignore_ascii_case(ENVIRONMENT)
}

const ENVIRONMENT: &[u8] = b"environment";

/// Whether the name of an option indicates that its value is a credential.
pub(super) fn is_credential(raw: &[u8], key: &Text) -> bool {
    // A name that cannot be decoded may be a credential's.
    key.decoded(raw)
        .is_none_or(|name| names_a_credential(&name))
}

/// Whether a name indicates that its value is a credential.
pub(in crate::body) fn names_a_credential(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|each| each.to_ascii_lowercase())
        .collect();
    CREDENTIAL_WORDS.iter().any(|word| plain.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_matter_look_as_if_they_may() {
        let upper = OPTIONS.map(str::to_uppercase);
        let words = OPTIONS.into_iter().chain(upper.iter().map(String::as_str));
        for word in words.chain(["environment", "Environment"]) {
            let span = 0..word.len();
            let has_escapes = false;
            assert!(
                may_matter(word.as_bytes(), &Text { span, has_escapes }),
                "{word}"
            );
        }
    }
}
