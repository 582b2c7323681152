//! What all formats say of a finding.

use portolan_assess::{EvidenceValue, Finding, Record};
use portolan_page::recording::partition_of;
use portolan_sandbox::{ControlResult, ControlSeverity};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::ExportError;

/// The name of this program in exports.
pub(crate) const PRODUCT: &str = "Portolan";
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The subject of findings about calls.
pub(crate) const AUDIT_EVENT: &str = "EcsAuditEvent";

/// A finding with what is derived of it.
pub(crate) struct Item<'a> {
    pub(crate) finding: &'a Finding,
    pub(crate) subject: &'a Record,
    /// The name of the control in this export.
    pub(crate) control: &'a str,
    /// LAST_CAPTURED, in milliseconds since 1970.
    pub(crate) captured_ms: i64,
    /// Of an audit event, the time of the call, in milliseconds since 1970.
    pub(crate) called_ms: Option<i64>,
    pub(crate) partition: &'a str,
}

impl<'a> Item<'a> {
    pub(crate) fn new(
        finding: &'a Finding,
        subject: &'a Record,
        standard: Option<&str>,
    ) -> Result<Self, ExportError> {
        let time = |attribute, text: &str| {
            milliseconds(text).ok_or_else(|| ExportError::Time {
                attribute,
                uid: portolan_machine::text::printable(&finding.subject_uid, 200),
            })
        };
        let called = subject.get("EVENT_TIME").and_then(Value::as_str);
        let called = called.filter(|_| finding.subject_object == AUDIT_EVENT);
        let of_arn = finding.subject_uid.strip_prefix("arn:");
        let of_arn = of_arn.and_then(|rest| rest.split(':').next());
        Ok(Self {
            finding,
            subject,
            control: control(finding, standard),
            captured_ms: time("LAST_CAPTURED", &finding.last_captured)?,
            called_ms: called.map(|text| time("EVENT_TIME", text)).transpose()?,
            partition: of_arn
                .filter(|partition| partition.starts_with("aws"))
                .unwrap_or_else(|| partition_of(&finding.region)),
        })
    }

    /// The severity of the finding: that of its control, if something may have to be done.
    pub(crate) fn severity(&self) -> ControlSeverity {
        match self.finding.result {
            ControlResult::Fail | ControlResult::NotEvaluated => self.finding.severity,
            ControlResult::Pass | ControlResult::NotApplicable => ControlSeverity::Informational,
        }
    }

    /// Why, in one text.
    pub(crate) fn message(&self) -> String {
        match self.finding.reasons.is_empty() {
            true => format!("{}: {}", self.finding.control_title, self.result()),
            false => self.finding.reasons.join(" "),
        }
    }

    /// The word in records.
    pub(crate) const fn result(&self) -> &'static str {
        match self.finding.result {
            ControlResult::Pass => "PASS",
            ControlResult::Fail => "FAIL",
            ControlResult::NotApplicable => "NOT_APPLICABLE",
            ControlResult::NotEvaluated => "NOT_EVALUATED",
        }
    }

    /// References that are addresses; those of foreign assessors are any text.
    pub(crate) fn references(&self) -> impl Iterator<Item = &'a str> {
        let all = self.finding.references.iter().map(String::as_str);
        all.filter(|text| {
            let is_sign = |sign: char| sign.is_ascii_graphic() && !"\"<>\\^`{|}".contains(sign);
            text.starts_with("https://") && text.chars().all(is_sign)
        })
    }

    /// Attributes of the finding without a place of their own in other formats.
    pub(crate) fn others(&self) -> Value {
        let finding = self.finding;
        let mut others = match object([
            ("SUBJECT_OBJECT", finding.subject_object.clone().into()),
            ("VERDICT", finding.verdict.clone().into()),
            ("CLUSTER_ARN", finding.cluster_arn.clone().into()),
            ("IS_LATEST", finding.is_latest.into()),
            ("RUNNING_TASKS_COUNT", finding.running_tasks_count.into()),
            ("MUTED_UNTIL", finding.muted_until.clone().into()),
        ]) {
            Value::Object(others) => others,
            _ => Map::new(),
        };
        others.extend(finding.carried.clone());
        Value::Object(others)
    }
}

/// An object of the members that have a value.
pub(crate) fn object<const MEMBERS: usize>(members: [(&str, Value); MEMBERS]) -> Value {
    let known = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(
        known
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

/// A list, or nothing in the place of an empty one.
pub(crate) fn list<T: Into<Value>>(elements: impl IntoIterator<Item = T>) -> Value {
    let elements: Vec<Value> = elements.into_iter().map(Into::into).collect();
    match elements.is_empty() {
        true => Value::Null,
        false => Value::Array(elements),
    }
}

/// A piece of evidence, as the record of a finding has it.
pub(crate) fn evidence(piece: &EvidenceValue) -> Value {
    object([
        ("UID", piece.uid.as_str().into()),
        ("ATTRIBUTE", piece.attribute.as_str().into()),
        ("VALUE", piece.value.clone().unwrap_or_default()),
    ])
}

/// `CIS AWS Compute 1.1.0 3.4` as the standard and its requirement. A remark in brackets comes after both.
pub(crate) fn standard(entry: &str) -> (&str, &str) {
    let entry = entry.split(" (").next().unwrap_or(entry).trim_end();
    entry.rsplit_once(' ').unwrap_or((entry, entry))
}

/// The control's name in a standard, else its own id.
fn control<'a>(finding: &'a Finding, prefix: Option<&str>) -> &'a str {
    let mut standards = finding.standards.iter();
    let entry = prefix.and_then(|prefix| standards.find(|entry| entry.starts_with(prefix)));
    entry.map_or(&finding.control_id, |entry| standard(entry).1)
}

fn milliseconds(text: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standards_are_split_before_their_last_word() {
        for (entry, split) in [
            ("Security Hub ECS.4", ("Security Hub", "ECS.4")),
            ("Security Hub ECS.1 (retired)", ("Security Hub", "ECS.1")),
            (
                "CIS AWS Compute 1.1.0 3.4",
                ("CIS AWS Compute 1.1.0", "3.4"),
            ),
            ("Acme", ("Acme", "Acme")),
            ("", ("", "")),
        ] {
            assert_eq!(standard(entry), split, "{entry}");
        }
    }

    #[test]
    fn times_are_milliseconds() {
        assert_eq!(
            milliseconds("2026-11-21T01:32:00.123Z"),
            Some(1_795_224_720_123)
        );
        assert_eq!(milliseconds("yesterday"), None);
    }
}
