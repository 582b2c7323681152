use serde::Serialize;

use crate::ControlSeverity;

/// The most characters of a reason that a host takes.
const REASON_CHARACTERS: usize = 1_024;
/// The most reasons of one verdict that a host takes.
const REASONS: usize = 32;
/// The most pieces of evidence of one verdict that a host takes.
const EVIDENCE: usize = 256;

/// The answer to a control for one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ControlResult {
    /// The subject is as it should be.
    Pass,
    /// It is not.
    Fail,
    /// The question makes no sense for it.
    NotApplicable,
    /// What is known does not suffice for an answer.
    NotEvaluated,
}

/// An attribute that a verdict rests on. The host looks its value up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The record's UID.
    pub uid: String,
    /// The attribute's name.
    pub attribute: String,
}

/// The verdict of one control on one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    control: String,
    result: ControlResult,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<ControlSeverity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<Evidence>,
}

impl Verdict {
    /// A verdict with this answer.
    #[must_use]
    pub fn new(control: &str, result: ControlResult) -> Self {
        Self {
            control: control.to_owned(),
            result,
            severity: None,
            verdict: None,
            reasons: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// The subject is as it should be.
    #[must_use]
    pub fn pass(control: &str) -> Self {
        Self::new(control, ControlResult::Pass)
    }

    /// The subject is not as it should be.
    #[must_use]
    pub fn fail(control: &str) -> Self {
        Self::new(control, ControlResult::Fail)
    }

    /// The question makes no sense for the subject.
    #[must_use]
    pub fn not_applicable(control: &str, reason: impl Into<String>) -> Self {
        Self::new(control, ControlResult::NotApplicable).because(reason)
    }

    /// What is known does not suffice for an answer.
    #[must_use]
    pub fn not_evaluated(control: &str, reason: impl Into<String>) -> Self {
        Self::new(control, ControlResult::NotEvaluated).because(reason)
    }

    /// Adds a reason, in a sentence.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reasons.push(reason.into());
        self
    }

    /// Adds an attribute of a record that the verdict rests on.
    #[must_use]
    pub fn evidence(mut self, uid: &str, attribute: &str) -> Self {
        self.evidence.push(Evidence {
            uid: uid.to_owned(),
            attribute: attribute.to_owned(),
        });
        self
    }

    /// Says how bad this failure is, where that differs from the control's severity. Of several the highest
    /// counts. A host takes it of a failure only.
    #[must_use]
    pub fn severity(mut self, severity: ControlSeverity) -> Self {
        self.severity = self.severity.max(Some(severity));
        self
    }

    /// Sets a finer word than the answer, in UPPER_SNAKE.
    #[must_use]
    pub fn word(mut self, word: &str) -> Self {
        self.verdict = Some(word.to_owned());
        self
    }

    /// Cuts it to what a host takes, and says so; the same evidence comes once.
    fn cut(mut self) -> Self {
        for reason in &mut self.reasons {
            if let Some((end, _)) = reason.char_indices().nth(REASON_CHARACTERS - 1)
                && reason.chars().nth(REASON_CHARACTERS).is_some()
            {
                reason.truncate(end);
                reason.push('…');
            }
        }
        let more = self.reasons.len().saturating_sub(REASONS);
        if more > 0 {
            self.reasons.truncate(REASONS - 1);
            self.reasons
                .push(format!("There are {} more reasons.", more + 1));
        }
        let mut kept: Vec<Evidence> = Vec::new();
        for each in self.evidence {
            if kept.len() < EVIDENCE && !kept.contains(&each) {
                kept.push(each);
            }
        }
        self.evidence = kept;
        self
    }
}

/// The verdicts on one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    verdicts: Vec<Verdict>,
}

impl Verdicts {
    /// Adds a verdict, cut to the length that a host takes.
    pub fn push(&mut self, verdict: Verdict) {
        self.verdicts.push(verdict.cut());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_takes_what_is_long() {
        let mut verdict = Verdict::fail("A.1").word("OFF").because("é".repeat(2_000));
        verdict = verdict
            .severity(ControlSeverity::High)
            .severity(ControlSeverity::Low);
        for place in 0..400 {
            let uid = place.to_string();
            verdict = verdict.because(uid.clone()).evidence(&uid, "CPU");
        }
        let mut verdicts = Verdicts::default();
        verdicts.push(verdict);
        let [cut] = &verdicts.verdicts[..] else {
            panic!("one verdict")
        };
        assert_eq!(cut.reasons[0].chars().count(), REASON_CHARACTERS);
        assert_eq!((cut.reasons.len(), cut.evidence.len()), (REASONS, EVIDENCE));
        assert_eq!(cut.reasons[REASONS - 1], "There are 370 more reasons.");
        let json = serde_json::to_value(cut).expect("it is JSON");
        assert_eq!(json["severity"], "high");
    }
}
