//! SARIF 2.1.0: one document. Results come first, and the rules that they name last, so that no result is kept.

use std::collections::BTreeMap;
use std::io::{self, Write};

use portolan_sandbox::{ControlResult, ControlSeverity};
use serde_json::{Value, json};

use crate::item::{Item, PRODUCT, VERSION, evidence, list, object};

const BEGIN: &str = r#"{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"results":["#;

/// The document while it is written.
pub(crate) struct Sarif<W: Write> {
    out: W,
    /// The rules that results name, in the order of their first result.
    rules: Vec<Value>,
    /// The places of rules, by name.
    places: BTreeMap<String, usize>,
    is_first: bool,
}

impl<W: Write> Sarif<W> {
    pub(crate) fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(BEGIN.as_bytes())?;
        Ok(Self {
            out,
            rules: Vec::new(),
            places: BTreeMap::new(),
            is_first: true,
        })
    }

    pub(crate) fn write(&mut self, item: &Item<'_>) -> io::Result<()> {
        let place = match self.places.get(item.control).copied() {
            Some(place) => {
                self.raise(place, item);
                place
            }
            None => {
                self.rules.push(rule(item));
                self.places
                    .insert(item.control.to_owned(), self.rules.len() - 1);
                self.rules.len() - 1
            }
        };
        if !self.is_first {
            self.out.write_all(b",\n")?;
        }
        self.is_first = false;
        Ok(serde_json::to_writer(&mut self.out, &result(item, place))?)
    }

    /// Gives a rule the severity of its worst result: one failure may be worse than another.
    fn raise(&mut self, place: usize, item: &Item<'_>) {
        let (rule, severity) = (&mut self.rules[place], item.finding.severity);
        let known = rule["properties"]["security-severity"].as_str();
        let known: Option<f64> = known.and_then(|known| known.parse().ok());
        if known < score(severity).parse().ok() {
            rule["properties"]["security-severity"] = score(severity).into();
            rule["defaultConfiguration"]["level"] = level(severity).into();
        }
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        let driver = json!({
            "name": PRODUCT, "version": VERSION, "semanticVersion": VERSION, "rules": self.rules,
        });
        writeln!(self.out, "],\"tool\":{}}}]}}", json!({ "driver": driver }))?;
        Ok(self.out)
    }
}

fn rule(item: &Item<'_>) -> Value {
    let finding = item.finding;
    let tags = ["security".to_owned()]
        .into_iter()
        .chain(finding.standards.iter().cloned());
    object([
        ("id", item.control.into()),
        ("shortDescription", json!({"text": finding.control_title})),
        ("help", json!({"text": finding.remediation})),
        ("helpUri", item.references().next().into()),
        (
            "defaultConfiguration",
            json!({"level": level(finding.severity)}),
        ),
        (
            "properties",
            json!({"tags": list(tags), "security-severity": score(finding.severity)}),
        ),
    ])
}

fn result(item: &Item<'_>, place: usize) -> Value {
    let finding = item.finding;
    let (kind, level) = match finding.result {
        ControlResult::Fail => ("fail", level(finding.severity)),
        ControlResult::Pass => ("pass", "none"),
        ControlResult::NotApplicable => ("notApplicable", "none"),
        ControlResult::NotEvaluated => ("open", "none"),
    };
    let location = object([
        ("fullyQualifiedName", finding.subject_uid.clone().into()),
        ("name", finding.subject_name.clone().into()),
        ("kind", "resource".into()),
    ]);
    let suppression = object([
        ("kind", "external".into()),
        ("status", "accepted".into()),
        ("justification", finding.mute_reason.clone().into()),
    ]);
    let mut properties = item.others();
    properties["CONTROL_ID"] = finding.control_id.clone().into();
    properties["SEVERITY"] = finding.severity.word().into();
    properties["ACCOUNT_ID"] = finding.account_id.clone().into();
    properties["REGION"] = finding.region.clone().into();
    properties["LAST_CAPTURED"] = finding.last_captured.clone().into();
    properties["EVIDENCE"] = finding.evidence.iter().map(evidence).collect();
    json!({
        "ruleId": item.control,
        "ruleIndex": place,
        "kind": kind,
        "level": level,
        "message": {"text": item.message()},
        "locations": [{"logicalLocations": [location]}],
        "partialFingerprints": {"portolanFindingUid/v1": finding.uid},
        // An empty list says that nobody suppressed it; without a list, that would not be known.
        "suppressions": if finding.muted { vec![suppression] } else { Vec::new() },
        "properties": properties,
    })
}

const fn level(severity: ControlSeverity) -> &'static str {
    match severity {
        ControlSeverity::Critical | ControlSeverity::High => "error",
        ControlSeverity::Medium => "warning",
        ControlSeverity::Low | ControlSeverity::Informational => "note",
    }
}

/// A number that code scanning turns into the same word: over 9 is critical, from 7 high, from 4 medium.
const fn score(severity: ControlSeverity) -> &'static str {
    match severity {
        ControlSeverity::Critical => "9.5",
        ControlSeverity::High => "8.0",
        ControlSeverity::Medium => "5.5",
        ControlSeverity::Low => "2.0",
        ControlSeverity::Informational => "0.0",
    }
}
