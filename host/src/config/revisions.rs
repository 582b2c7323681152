//! Where bodies of revisions are kept, and when their tags are read again.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Whether known revisions are described again for their tags, the one thing of them that changes beside
/// the status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RevisionTags {
    /// In every sync in which a module reads them. The stock mappings do not.
    #[default]
    Auto,
    /// In every sync, which costs a call for each revision.
    Always,
    /// Never: tags are those of the sync that saw the revision first.
    Never,
    /// Once they were read longer ago than this, whoever reads them.
    OlderThan(Duration),
}

/// Ages are kept in whole seconds, and beyond ten years nobody means a schedule.
const AGES: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(10 * 366 * 86_400);

impl FromStr for RevisionTags {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            age => match humantime::parse_duration(age) {
                Ok(age) if AGES.contains(&age) => Ok(Self::OlderThan(age)),
                Ok(_) => Err(format!(
                    "`{}` is out of range; an age is at least 1s and at most 10y",
                    crate::text::printable(age, 32)
                )),
                Err(_) => Err(format!(
                    "`{}` is not auto, always or never, and no age such as 12h or 7d either",
                    crate::text::printable(age, 32)
                )),
            },
        }
    }
}

/// The file of the revision cache. Another server than AWS's own may change what a revision holds, so
/// that there the cache has to be asked for.
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
        None => cache_folder.map(crate::revisions::default_file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_ages_are_understood() {
        let hours = |hours: u64| RevisionTags::OlderThan(Duration::from_secs(hours * 3_600));
        for (text, expected) in [
            ("auto", RevisionTags::Auto),
            (" always ", RevisionTags::Always),
            ("never", RevisionTags::Never),
            ("12h", hours(12)),
            ("7d", hours(168)),
            ("1day 12h", hours(36)),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused_with_an_example() {
        for text in ["", "daily", "12", "-1h", "12 hours ago"] {
            let error = text.parse::<RevisionTags>().expect_err(text);
            assert!(error.contains("12h"), "{error}");
        }
        for text in ["0s", "900ms", "11y"] {
            let error = text.parse::<RevisionTags>().expect_err(text);
            assert!(error.contains("at least 1s"), "{error}");
        }
    }
}
