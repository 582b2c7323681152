//! Mutes: findings that somebody decided to live with, until a date.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use portolan_machine::text::{printable, read_file};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::output::AssessError;

/// Far more than people write.
const FILE_LIMIT_BYTES: u64 = 4 * 1024 * 1024;
/// The most mutes of one file.
const MUTES: usize = 10_000;
/// The most with `*`: each finding is compared with all of those of its control.
const PATTERNS: usize = 1_000;

/// A file of mutes (TOML).
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "mutes")]
pub struct MuteFile {
    /// The mutes.
    #[serde(default)]
    pub mutes: Vec<Mute>,
}

/// A decision to live with findings until a date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mute {
    /// The control, for example `TD.4`; `*` stands for any characters.
    #[schemars(length(min = 1, max = 128))]
    pub control: String,
    /// The UID of the subject; `*` stands for any characters.
    #[schemars(length(min = 1, max = 4096))]
    pub subject: String,
    /// Why the findings may stay.
    #[schemars(length(min = 1, max = 1024))]
    pub reason: String,
    /// Who decided it.
    #[schemars(length(min = 1, max = 256))]
    pub author: String,
    /// The last day on which it holds, in UTC: `2027-01-31`.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub until: String,
}

/// The mutes of an assessment.
#[derive(Clone, Debug, Default)]
pub struct Mutes {
    /// Each with the number of findings that it fitted.
    all: Vec<(Mute, u64)>,
    /// The places of those without `*`, by control and subject.
    exact: HashMap<(String, String), Vec<usize>>,
    /// The places of those with `*`, by control; those for several controls under an empty text.
    patterns: HashMap<String, Vec<usize>>,
    /// The first day on which a mute has ended: `2027-02-01`.
    today: String,
}

impl Mutes {
    /// Reads a file of mutes. `today` is a day in UTC: `2027-01-31`.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or if a mute lacks a part.
    pub fn read(file: &Path, today: &str) -> Result<Self, AssessError> {
        let text = read_file(file, FILE_LIMIT_BYTES).map_err(|error| error.to_string());
        let mutes = text.and_then(|text| Self::parse(&text, today));
        mutes.map_err(|reason| AssessError::Mutes {
            file: file.display().to_string(),
            reason,
        })
    }

    fn parse(text: &str, today: &str) -> Result<Self, String> {
        // A date of TOML is a text here.
        let mut table: toml::Table = toml::from_str(text).map_err(|error| said(&error))?;
        let all = table.get_mut("mutes").and_then(toml::Value::as_array_mut);
        for mute in all.into_iter().flatten() {
            if let Some(until) = mute.get_mut("until")
                && let toml::Value::Datetime(date) = until
            {
                *until = toml::Value::String(date.to_string());
            }
        }
        let file: MuteFile = table.try_into().map_err(|error| said(&error))?;
        if file.mutes.len() > MUTES {
            return Err(format!(
                "it has {} mutes; {MUTES} are allowed",
                file.mutes.len()
            ));
        }
        let mut mutes = Self {
            today: today.to_owned(),
            ..Self::default()
        };
        for (index, mute) in file.mutes.into_iter().enumerate() {
            if let Some(problem) = mute.problem() {
                return Err(format!("mute {} {problem}", index + 1));
            }
            mutes.add(mute);
        }
        let patterns: usize = mutes.patterns.values().map(Vec::len).sum();
        if patterns > PATTERNS {
            return Err(format!(
                "it has {patterns} mutes with `*`; {PATTERNS} are allowed"
            ));
        }
        Ok(mutes)
    }

    fn add(&mut self, mute: Mute) {
        let place = self.all.len();
        let places = match (mute.control.contains('*'), mute.subject.contains('*')) {
            (false, false) => self
                .exact
                .entry((mute.control.clone(), mute.subject.clone()))
                .or_default(),
            (false, true) => self.patterns.entry(mute.control.clone()).or_default(),
            (true, _) => self.patterns.entry(String::new()).or_default(),
        };
        places.push(place);
        self.all.push((mute, 0));
    }

    /// Mutes a finding that a mute fits. The first that has not ended counts.
    pub(crate) fn apply(&mut self, finding: &mut Finding) {
        let key = (finding.control_id.clone(), finding.subject_uid.clone());
        let exact = self.exact.get(&key).into_iter();
        let (control, _) = key;
        let patterns = [control, String::new()]
            .into_iter()
            .filter_map(|control| self.patterns.get(&control));
        let mut places: Vec<usize> = exact.chain(patterns).flatten().copied().collect();
        places.sort_unstable();
        for place in places {
            let (mute, met) = &mut self.all[place];
            if mute.until < self.today
                || !fits(&mute.control, &finding.control_id)
                || !fits(&mute.subject, &finding.subject_uid)
            {
                continue;
            }
            *met += 1;
            if !finding.muted {
                finding.muted = true;
                finding.mute_reason = Some(format!("{} ({})", mute.reason, mute.author));
                finding.muted_until = Some(mute.until.clone());
            }
        }
    }

    /// A sentence for each mute that has ended, or that fitted no finding.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (mute, met) in &self.all {
            let named = format!(
                "the mute of {} for {}",
                printable(&mute.control, 128),
                printable(&mute.subject, 256)
            );
            if mute.until < self.today {
                warnings.push(format!("{named} ended on {}", mute.until));
            } else if *met == 0 {
                warnings.push(format!("{named} fits no finding"));
            }
        }
        warnings
    }
}

impl Mute {
    fn problem(&self) -> Option<String> {
        let parts = BTreeMap::from([
            ("author", &self.author),
            ("control", &self.control),
            ("reason", &self.reason),
            ("subject", &self.subject),
        ]);
        let mut empty = parts.iter().filter(|(_, text)| text.trim().is_empty());
        if let Some((name, _)) = empty.next() {
            return Some(format!("has no {name}; say it"));
        }
        (!is_day(&self.until)).then(|| {
            format!(
                "ends on `{}`, which is no day; write it as 2027-01-31",
                printable(&self.until, 40)
            )
        })
    }
}

fn said(error: &toml::de::Error) -> String {
    let message = error.message().trim();
    format!(
        "{}; `portolan schema mutes` shows what it takes",
        printable(message, 300)
    )
}

/// Whether a text is a day: `2027-01-31`. Such texts have the order of their days.
fn is_day(text: &str) -> bool {
    let day = format!("{text}T00:00:00Z");
    text.len() == 10 && portolan_machine::clock::milliseconds(&day).is_some()
}

/// Whether a text fits a pattern, in which `*` stands for any characters.
pub fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        let Some((_, after)) = left.split_once(part) else {
            return false;
        };
        left = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text, expected) in [
            ("TD.4", "TD.4", true),
            ("TD.4", "TD.40", false),
            ("TD.*", "TD.40", true),
            ("*", "", true),
            ("*:web:*", "arn:task-definition/x:web:3", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*a", "a", false),
            ("**x", "x", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_mute_needs_all_its_parts_and_a_day() {
        let mute = |until: &str, author: &str| {
            format!(
                "[[mutes]]\ncontrol = 'TD.4'\nsubject = '*'\nreason = 'r'\nauthor = '{author}'\nuntil = {until}\n"
            )
        };
        for good in ["2027-01-31", "'2027-01-31'"] {
            let read = Mutes::parse(&mute(good, "a"), "2027-01-31").expect(good);
            assert_eq!(read.all[0].0.until, "2027-01-31");
            assert!(read.warnings()[0].contains("fits no finding"));
        }
        for (text, says) in [
            (mute("'soon'", "a"), "mute 1 ends on `soon`"),
            (mute("2027-02-30", "a"), "invalid date"),
            (mute("'2027-02-30'", "a"), "no day"),
            (mute("2027-01-31", " "), "has no author"),
            (
                "[[mutes]]\ncontrol = 'TD.4'".into(),
                "missing field `subject`",
            ),
            ("[[mute]]".into(), "`mute`"),
        ] {
            let problem = Mutes::parse(&text, "2027-01-31").expect_err(says);
            assert!(problem.contains(says), "{problem}");
        }
        let ended = Mutes::parse(&mute("2027-01-30", "a"), "2027-01-31").expect("a mute");
        assert!(ended.warnings()[0].ends_with("ended on 2027-01-30"));
    }
}
