//! The verdicts of an assessor. Nothing in them is trusted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::manifest::{Control, ControlSeverity, is_attribute};
use portolan_machine::text::printable;

/// The longest reason, in characters.
const REASON_CHARACTERS: usize = 1_024;
/// The most reasons of one verdict.
const REASONS: usize = 32;
/// The most pieces of evidence of one verdict.
const EVIDENCE: usize = 256;
/// The longest UID in evidence, in bytes. An ARN has a few hundred.
const UID_BYTES: usize = 4_096;
/// The most remarks about the verdicts of one subject.
const PROBLEMS: usize = 16;

/// The answer to a control for one subject.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// The record's UID.
    pub uid: String,
    /// The attribute's name.
    pub attribute: String,
}

/// The verdict of one control on one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The control's id.
    pub control: String,
    /// The answer.
    pub result: ControlResult,
    /// How bad this failure is, where that differs from the control's severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<ControlSeverity>,
    /// A finer word, where the control has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// Sentences for people.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// What the answer rests on.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// Whether the host gives it in place of the assessor.
    #[serde(skip)]
    pub is_overruled: bool,
}

impl Verdict {
    /// The verdict of a control that nobody answers.
    #[must_use]
    pub fn not_evaluated(control: &str, reason: String) -> Self {
        Self {
            control: control.to_owned(),
            result: ControlResult::NotEvaluated,
            severity: None,
            verdict: None,
            reasons: vec![reason],
            evidence: Vec::new(),
            is_overruled: true,
        }
    }

    /// Makes it NOT_EVALUATED, for this reason alone.
    pub fn overrule(&mut self, reason: String) {
        *self = Self {
            verdict: self.verdict.take().map(|_| "NOT_EVALUATED".to_owned()),
            ..Self::not_evaluated(&self.control, reason)
        };
    }

    /// The rule that it breaks.
    fn fault(&self) -> Option<String> {
        let is_long = |reason: &String| reason.chars().nth(REASON_CHARACTERS).is_some();
        let is_word = |word: &String| word.len() <= 64 && is_attribute(word);
        let is_record =
            |each: &Evidence| each.uid.len() <= UID_BYTES && is_attribute(&each.attribute);
        if self.reasons.len() > REASONS {
            return Some(format!(
                "gave {} reasons; {REASONS} are allowed",
                self.reasons.len()
            ));
        }
        if self.evidence.len() > EVIDENCE {
            return Some(format!(
                "gave {} pieces of evidence; {EVIDENCE} are allowed",
                self.evidence.len()
            ));
        }
        if self.reasons.iter().any(is_long) {
            return Some(format!(
                "gave a reason of more than {REASON_CHARACTERS} characters"
            ));
        }
        if self.severity.is_some() && self.result != ControlResult::Fail {
            return Some("gave a severity to something else than a failure".to_owned());
        }
        if !self.verdict.iter().all(is_word) {
            return Some("gave a word that is not UPPER_SNAKE".to_owned());
        }
        let other = self.evidence.iter().find(|each| !is_record(each))?;
        Some(format!(
            "gave evidence that cannot be an attribute of a record: `{}`",
            printable(&other.attribute, 64)
        ))
    }
}

/// The verdicts on one subject: one for each control of the manifest, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// The verdicts.
    pub verdicts: Vec<Verdict>,
    /// The rules that the answer breaks, each a sentence.
    pub problems: Vec<String>,
}

/// The object in a row of an answer. Its verdicts are read one by one, so that a bad one costs only itself.
#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    verdicts: Vec<&'a RawValue>,
}

/// What tells a verdict's control, if the verdict cannot be read.
#[derive(Deserialize)]
struct Named {
    control: String,
}

impl Verdicts {
    /// The verdicts of a subject that the assessor gives none for this reason.
    #[must_use]
    pub fn none(controls: &[Control], reason: &str) -> Self {
        let all = controls.iter();
        let all = all.map(|control| Verdict::not_evaluated(&control.id, reason.to_owned()));
        Self {
            verdicts: all.collect(),
            problems: Vec::new(),
        }
    }

    /// As [`Verdicts::none`], where the reason is a rule that the answer breaks.
    #[must_use]
    pub fn lost(controls: &[Control], reason: String) -> Self {
        Self {
            problems: vec![reason.clone()],
            ..Self::none(controls, &reason)
        }
    }

    /// Reads a row of an answer. Whatever breaks a rule is NOT_EVALUATED, and says which.
    #[must_use]
    pub fn read(module: &str, text: &[u8], controls: &[Control]) -> Self {
        let row: Row<'_> = match serde_json::from_slice(text) {
            Ok(row) => row,
            Err(error) => {
                let reason = format!("{module} gave verdicts that cannot be read: {error}");
                return Self::lost(controls, printable(&reason, REASON_CHARACTERS));
            }
        };
        let mut given: BTreeMap<&str, Verdict> = BTreeMap::new();
        let mut problems = Vec::new();
        let failed = |id: &str, fault: String, problems: &mut Vec<String>| {
            let reason = format!("{module} {fault}");
            note(problems, format!("{id}: {reason}"));
            Verdict::not_evaluated(id, reason)
        };
        for text in row.verdicts {
            let (id, read) = match read_verdict(text.get()) {
                Ok(verdict) => (verdict.control.clone(), Ok(verdict)),
                Err((Some(id), fault)) => (id, Err(fault)),
                Err((None, fault)) => {
                    note(&mut problems, format!("{module} {fault}"));
                    continue;
                }
            };
            let Some(control) = controls.iter().find(|control| control.id == id) else {
                let id = printable(&id, 64);
                let undeclared = format!(
                    "{module} gave a verdict for `{id}`, which its manifest does not declare"
                );
                note(&mut problems, undeclared);
                continue;
            };
            let id = control.id.as_str();
            let read = match given.contains_key(id) {
                true => Err("gave more than one verdict".to_owned()),
                false => read,
            };
            let verdict = read.unwrap_or_else(|fault| failed(id, fault, &mut problems));
            given.insert(id, verdict);
        }
        let all = controls.iter().map(|control| {
            let id = control.id.as_str();
            let none = || failed(id, "gave no verdict".to_owned(), &mut problems);
            given.remove(id).unwrap_or_else(none)
        });
        let verdicts = all.collect();
        Self { verdicts, problems }
    }
}

/// Adds a remark, unless it has been made or there are enough.
fn note(problems: &mut Vec<String>, problem: String) {
    if problems.len() < PROBLEMS && !problems.contains(&problem) {
        problems.push(problem);
    }
}

/// Reads a verdict, or says what is wrong with it and of which control it is.
fn read_verdict(text: &str) -> Result<Verdict, (Option<String>, String)> {
    let mut verdict: Verdict = serde_json::from_str(text).map_err(|error| {
        let named = serde_json::from_str(text).ok();
        let error = printable(&error.to_string(), 200);
        let fault = format!("gave a verdict that cannot be read: {error}");
        (named.map(|named: Named| named.control), fault)
    })?;
    if let Some(fault) = verdict.fault() {
        return Err((Some(verdict.control), fault));
    }
    for reason in &mut verdict.reasons {
        *reason = printable(reason, REASON_CHARACTERS);
    }
    Ok(verdict)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn controls() -> Vec<Control> {
        let control = |id: &str| {
            serde_json::from_value(json!({
                "id": id, "title": "t", "question": "q", "condition": "c", "severity": "low",
                "remediation": "r",
            }))
        };
        ["A.1", "A.2"]
            .map(|id| control(id).expect("a control"))
            .into()
    }

    fn read(verdicts: &Value) -> Verdicts {
        let text = json!({ "verdicts": verdicts }).to_string();
        Verdicts::read("acme 1", text.as_bytes(), &controls())
    }

    fn verdict(change: impl FnOnce(&mut Value)) -> Value {
        let mut verdict = json!({
            "control": "A.1", "result": "FAIL", "verdict": "READY_OFF", "reasons": ["So it is."],
            "evidence": [{"uid": "u", "attribute": "CPU"}],
        });
        change(&mut verdict);
        verdict
    }

    #[test]
    fn each_control_has_exactly_one_verdict() {
        let read = read(&json!([verdict(|_| {})]));
        let results: Vec<_> = read.verdicts.iter().map(|each| each.result).collect();
        assert_eq!(results, [ControlResult::Fail, ControlResult::NotEvaluated]);
        assert_eq!(read.verdicts[0].evidence[0].attribute, "CPU");
        assert_eq!(read.verdicts[1].reasons, ["acme 1 gave no verdict"]);
        assert_eq!(read.problems, ["A.2: acme 1 gave no verdict"]);
    }

    #[test]
    fn what_breaks_a_rule_is_not_evaluated_and_costs_only_itself() {
        for (change, says) in [
            (
                &(|it: &mut Value| it["result"] = json!("MAYBE")) as &dyn Fn(&mut Value),
                "`MAYBE`",
            ),
            (
                &|it| it["reasons"] = json!(["x".repeat(1_025)]),
                "1024 characters",
            ),
            (&|it| it["reasons"] = json!(vec!["x"; 33]), "33 reasons"),
            (
                &|it| it["evidence"] = json!(vec![json!({"uid": "u", "attribute": "A"}); 257]),
                "257 pieces",
            ),
            (&|it| it["evidence"][0]["attribute"] = json!("cpu"), "`cpu`"),
            (&|it| it["verdict"] = json!("ready"), "UPPER_SNAKE"),
            (&|it| it["severity"] = json!("worst"), "`worst`"),
            (
                &|it| {
                    it["severity"] = json!("high");
                    it["result"] = json!("PASS");
                },
                "else than a failure",
            ),
        ] {
            let read = read(&json!([verdict(change), {"control": "A.2", "result": "PASS"}]));
            let [first, second] = &read.verdicts[..] else {
                panic!("two controls")
            };
            assert_eq!(first.result, ControlResult::NotEvaluated, "{says}");
            assert!(first.reasons[0].contains(says), "{first:?}");
            assert_eq!(second.result, ControlResult::Pass, "{says}");
        }
        let twice = read(&json!([verdict(|_| {}), verdict(|_| {})]));
        assert_eq!(
            twice.verdicts[0].reasons,
            ["acme 1 gave more than one verdict"]
        );
        let other = read(&json!([verdict(|it| it["control"] = json!("B.1"))]));
        assert!(other.problems[0].contains("`B.1`, which its manifest does not declare"));
        let broken = Verdicts::read("acme 1", b"{", &controls());
        assert!(
            broken
                .verdicts
                .iter()
                .all(|each| each.reasons[0].contains("cannot be read"))
        );
    }

    #[test]
    fn an_overruled_verdict_keeps_no_word() {
        let high = verdict(|it| it["severity"] = json!("high"));
        let mut verdict: Verdict = serde_json::from_value(high).expect("a verdict");
        verdict.overrule("The tasks were not read.".into());
        assert_eq!(verdict.verdict.as_deref(), Some("NOT_EVALUATED"));
        assert_eq!((verdict.evidence.len(), verdict.reasons.len()), (0, 1));
        assert_eq!(verdict.severity, None);
    }
}
