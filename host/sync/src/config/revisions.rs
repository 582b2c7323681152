//! The place of the revision cache, and when tags of revisions are read again.

use std::path::{Path, PathBuf};

use portolan_fetch::RevisionTags;
use portolan_machine::clock::age;

/// The valid values of the setting, as a regular expression.
pub(super) const PATTERN: &str = "^(auto|always|never|[1-9][0-9]{0,5}[smhdw])$";

/// When tags are read again, from a word or an age.
pub(super) fn tags(text: &str) -> Result<RevisionTags, String> {
    match text.trim() {
        "auto" => Ok(RevisionTags::Auto),
        "always" => Ok(RevisionTags::Always),
        "never" => Ok(RevisionTags::Never),
        text => age(text).map(RevisionTags::OlderThan).ok_or_else(|| {
            format!(
                "`{}` is not auto, always or never, and not an age such as 12h or 7d: a number from 1 to 999999 and s, m, h, d or w",
                portolan_machine::text::printable(text, 32)
            )
        }),
    }
}

/// The file of the revision cache. Only AWS promises that a revision never changes, so with another server
/// the cache has to be configured.
pub(super) fn cache_file(
    given: Option<PathBuf>,
    cache_folder: Option<&Path>,
    endpoint_url: Option<&str>,
) -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match given {
        Some(word) if word.as_os_str() == "off" => None,
        Some(file) => Some(file),
        None if endpoint_url.is_some_and(|url| !url.is_empty())
            || variable("AWS_ENDPOINT_URL")
            || variable("AWS_ENDPOINT_URL_ECS") =>
        {
            None
        }
        None => cache_folder.map(portolan_revisions::default_file),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn words_and_ages_are_understood() {
        let hours = |hours: u64| RevisionTags::OlderThan(Duration::from_secs(hours * 3_600));
        for (text, expected) in [
            ("auto", RevisionTags::Auto),
            (" always ", RevisionTags::Always),
            ("never", RevisionTags::Never),
            ("60m", hours(1)),
            ("12h", hours(12)),
            ("7d", hours(168)),
            ("2w", hours(336)),
            ("999999w", hours(999_999 * 168)),
        ] {
            assert_eq!(tags(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused_with_an_example() {
        for text in [
            "", "daily", "Never", "12", "h", "0s", "-1h", "+1h", "1.5h", "12M", "1y", "1d 2h",
            "1000000s", "1é",
        ] {
            let error = tags(text).expect_err(text);
            assert!(error.contains("12h"), "{error}");
        }
    }
}
