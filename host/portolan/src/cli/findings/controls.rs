//! The controls that `--control` asks for.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use portolan_assess::{Assessment, Finding, Findings, fits};
use portolan_machine::text::{nearest, printable, read_file};

/// The most reasons that are named.
const REASONS: usize = 5;
/// Counts of 200 controls in 1,000 accounts with 17 Regions each take half of it.
const ASSESSMENT_LIMIT_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// The controls that are asked for; all, if none is named.
pub(super) struct Controls {
    /// In lowercase, with `*` for any characters.
    asked: Vec<String>,
    /// The controls of the assessment and, if some are asked for, what standards call those of its findings.
    known: BTreeSet<String>,
    /// Why subjects may be missing.
    missing: BTreeSet<String>,
}

impl Controls {
    /// Reads what was judged.
    pub(super) fn read(folder: &Path, asked: &[String]) -> anyhow::Result<Self> {
        let file = folder.join("assessment.json");
        let text = read_file(&file, ASSESSMENT_LIMIT_BYTES)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let assessment: Assessment = serde_json::from_str(&text).with_context(|| {
            format!(
                "{} is not an assessment; run `portolan assess` again",
                file.display()
            )
        })?;
        let (mut known, mut missing) = (BTreeSet::new(), BTreeSet::new());
        for counts in assessment.controls {
            known.insert(counts.control_id);
            missing.extend(counts.reason);
        }
        if !asked.is_empty() {
            let mut findings = Findings::open(folder)?;
            while let Some(finding) = findings.next()? {
                known.extend(names(&finding).map(str::to_owned));
            }
        }
        let asked = asked.iter().map(|each| each.trim().to_ascii_lowercase());
        let asked = asked.collect();
        Ok(Self {
            asked,
            known,
            missing,
        })
    }

    /// Some of the reasons for which subjects may be missing, and how many more there are.
    pub(super) fn missing(&self) -> impl Iterator<Item = String> {
        let more = self.missing.len().saturating_sub(REASONS);
        let more = (more > 0).then(|| format!("{more} more reasons are in assessment.json"));
        self.missing.iter().take(REASONS).cloned().chain(more)
    }

    /// The problem with the first name that no control has.
    pub(super) fn unknown(&self) -> Option<String> {
        let is_met = |asked: &&String| !self.known.iter().any(|name| is(asked, name));
        let asked = self.asked.iter().find(is_met)?.to_ascii_uppercase();
        let nearest = nearest(&asked, self.known.iter().map(String::as_str));
        let nearest = nearest.map_or(String::new(), |name| format!("; did you mean {name}?"));
        Some(format!(
            "the assessment has no control {}{nearest}",
            printable(&asked, 64)
        ))
    }

    /// Whether a finding is of a control that is asked for.
    pub(super) fn has(&self, finding: &Finding) -> bool {
        self.asked.is_empty()
            || names(finding).any(|name| self.asked.iter().any(|asked| is(asked, name)))
    }
}

/// What the control of a finding is called: by us, without the control that a running revision fails, and by standards.
fn names(finding: &Finding) -> impl Iterator<Item = &str> {
    let id = finding.control_id.as_str();
    let group = id.split_once('/').map(|(group, _)| group);
    let standards = finding.standards.iter();
    let standards = standards.filter_map(|name| name.rsplit(' ').next());
    [id].into_iter().chain(group).chain(standards)
}

fn is(asked: &str, name: &str) -> bool {
    fits(asked, &name.to_ascii_lowercase())
}
