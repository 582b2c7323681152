//! Answers, and the verdict of several.

use portolan_mapper_sdk::{ControlResult, Verdict};

/// The words of VERDICT, in the order in which they win over one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// FIPS mode cannot work.
    NotReady,
    /// Everything fits, and the setting is off.
    ReadyOff,
    /// Managed instances in GovCloud start without it.
    ManagedOff,
    /// Something is not known.
    NotEvaluated,
    /// Everything fits and the setting is on, but perhaps not for this.
    ReadyOnUncertain,
    /// Everything fits, and the setting is on.
    ReadyOn,
    /// Managed instances start in FIPS mode.
    ManagedOn,
    /// Fargate has no FIPS mode in the Region.
    NotOffered,
    /// Managed instances outside GovCloud start without it.
    ManagedOffElsewhere,
    /// The host decides.
    Host,
}

impl Answer {
    fn parts(self) -> (ControlResult, &'static str) {
        use ControlResult::{Fail, NotApplicable, NotEvaluated, Pass};
        match self {
            Self::NotReady => (Fail, "NOT_READY"),
            Self::ReadyOff => (Fail, "READY_OFF"),
            Self::ManagedOff => (Fail, "MANAGED_OFF"),
            Self::NotEvaluated => (NotEvaluated, "NOT_EVALUATED"),
            Self::ReadyOnUncertain => (NotEvaluated, "READY_ON_UNCERTAIN"),
            Self::ReadyOn => (Pass, "READY_ON"),
            Self::ManagedOn => (Pass, "MANAGED_ON"),
            Self::NotOffered => (NotApplicable, "NOT_OFFERED"),
            Self::ManagedOffElsewhere => (NotApplicable, "MANAGED_OFF"),
            Self::Host => (NotApplicable, "HOST"),
        }
    }
}

/// An answer for one unit on one kind of capacity.
pub struct Outcome<'s> {
    /// The answer.
    pub answer: Answer,
    /// What it is about, for example a deployment; empty if the subject says so.
    pub of: String,
    /// The launch type or the capacity provider; empty if there is none.
    pub on: String,
    /// Sentences.
    pub reasons: Vec<String>,
    /// UIDs and attributes.
    pub evidence: Vec<(&'s str, &'static str)>,
}

impl Outcome<'_> {
    /// An answer with one reason.
    #[must_use]
    pub fn new(answer: Answer, reason: impl Into<String>) -> Self {
        Self {
            answer,
            of: String::new(),
            on: String::new(),
            reasons: vec![reason.into()],
            evidence: Vec::new(),
        }
    }
}

/// The verdict of a control: the answer that wins, with the reasons of all and the evidence of failures.
#[must_use]
pub fn verdict(control: &str, mut outcomes: Vec<Outcome<'_>>) -> Verdict {
    if outcomes.is_empty() {
        let reason = "Neither a launch type nor a capacity provider is known.";
        outcomes.push(Outcome::new(Answer::NotEvaluated, reason));
    }
    outcomes.sort_by_key(|it| it.answer);
    let (result, word) = outcomes[0].answer.parts();
    let mut verdict = Verdict::new(control, result).word(word);
    for outcome in outcomes {
        if outcome.of.is_empty() {
            verdict = outcome.reasons.into_iter().fold(verdict, Verdict::because);
        } else {
            // One for each unit, so that few are cut.
            let on = [" on ", &outcome.on].concat();
            let on = if outcome.on.is_empty() { "" } else { &on };
            let reasons = outcome.reasons.join(" ");
            verdict = verdict.because(format!("{}{on}: {reasons}", outcome.of));
        }
        // Only failures have any.
        for (uid, attribute) in outcome.evidence {
            verdict = verdict.evidence(uid, attribute);
        }
    }
    verdict
}
