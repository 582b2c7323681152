//! OCSF 1.8.0: Compliance Finding (2003), and API Activity (6003) for findings about calls.

use portolan_sandbox::{ControlResult, ControlSeverity};
use serde_json::{Value, json};

use crate::item::{AUDIT_EVENT, Item, PRODUCT, VERSION, evidence, list, object, standard};

mod activity;

/// The version of the schema.
const SCHEMA: &str = "1.8.0";

pub(crate) fn event(item: &Item<'_>) -> Value {
    match item.finding.subject_object == AUDIT_EVENT {
        true => activity::event(item),
        false => compliance(item),
    }
}

fn compliance(item: &Item<'_>) -> Value {
    let finding = item.finding;
    let (status_id, status) = status(item);
    let (severity_id, severity) = severity(item.severity());
    let (own_id, own) = self::severity(finding.severity);
    object([
        ("activity_id", 1.into()),
        ("activity_name", "Create".into()),
        ("category_uid", 2.into()),
        ("category_name", "Findings".into()),
        ("class_uid", 2003.into()),
        ("class_name", "Compliance Finding".into()),
        ("type_uid", 200_301.into()),
        ("type_name", "Compliance Finding: Create".into()),
        ("time", item.captured_ms.into()),
        ("severity_id", severity_id.into()),
        ("severity", severity.into()),
        (
            "vendor_attributes",
            json!({"severity_id": own_id, "severity": own}),
        ),
        ("status_id", status_id.into()),
        ("status", status.into()),
        ("status_detail", finding.mute_reason.clone().into()),
        ("message", item.message().into()),
        ("metadata", metadata(None)),
        ("cloud", cloud(item)),
        ("finding_info", finding_info(item)),
        ("compliance", answer(item)),
        ("resources", json!([resource(item)])),
        (
            "evidences",
            list(
                finding
                    .evidence
                    .iter()
                    .map(|each| json!({"uid": each.uid, "data": evidence(each)})),
            ),
        ),
        ("remediation", remediation(item)),
        ("unmapped", item.others()),
    ])
}

/// New, suppressed by a mute, or nothing to do.
fn status(item: &Item<'_>) -> (u8, &'static str) {
    match item.finding.result {
        _ if item.finding.muted => (3, "Suppressed"),
        ControlResult::Fail | ControlResult::NotEvaluated => (1, "New"),
        ControlResult::Pass | ControlResult::NotApplicable => (4, "Resolved"),
    }
}

const fn severity(severity: ControlSeverity) -> (u8, &'static str) {
    match severity {
        ControlSeverity::Informational => (1, "Informational"),
        ControlSeverity::Low => (2, "Low"),
        ControlSeverity::Medium => (3, "Medium"),
        ControlSeverity::High => (4, "High"),
        ControlSeverity::Critical => (5, "Critical"),
    }
}

/// `original` is the id of the event that the finding is about, and the identity of the finding.
fn metadata(original: Option<(&str, &str)>) -> Value {
    object([
        ("version", SCHEMA.into()),
        ("profiles", json!(["cloud"])),
        (
            "product",
            json!({"name": PRODUCT, "vendor_name": PRODUCT, "version": VERSION}),
        ),
        ("uid", original.map(|(_, uid)| uid).into()),
        (
            "original_event_uid",
            original.map(|(event, _)| event).into(),
        ),
    ])
}

fn cloud(item: &Item<'_>) -> Value {
    let finding = item.finding;
    let account = json!({"uid": finding.account_id, "type_id": 10, "type": "AWS Account"});
    json!({
        "provider": finding.cloud_provider,
        "account": account,
        "region": finding.region,
        "cloud_partition": item.partition,
    })
}

fn finding_info(item: &Item<'_>) -> Value {
    let finding = item.finding;
    let rule = json!({
        "type_id": 1, "type": "Rule", "uid": finding.control_id, "name": finding.control_title,
    });
    object([
        ("uid", finding.uid.clone().into()),
        ("title", finding.control_title.clone().into()),
        ("analytic", rule),
        ("last_seen_time", item.captured_ms.into()),
        ("src_url", item.references().next().into()),
    ])
}

/// The answer of the control. Warning is the schema's word for a check without the information that it needs.
fn answer(item: &Item<'_>) -> Value {
    let (status_id, status) = match item.finding.result {
        ControlResult::Pass => (1, "Pass"),
        ControlResult::NotEvaluated => (2, "Warning"),
        ControlResult::Fail => (3, "Fail"),
        ControlResult::NotApplicable => (99, "Not Applicable"),
    };
    let mut standards: Vec<&str> = Vec::new();
    for entry in &item.finding.standards {
        let name = standard(entry).0;
        if !standards.contains(&name) {
            standards.push(name);
        }
    }
    let requirements = item.finding.standards.iter().map(|entry| standard(entry).1);
    object([
        ("control", item.control.into()),
        ("desc", item.finding.control_title.clone().into()),
        ("standards", list(standards)),
        ("requirements", list(requirements)),
        ("status_id", status_id.into()),
        ("status", status.into()),
        ("status_code", item.result().into()),
        ("status_details", list(item.finding.reasons.iter().cloned())),
    ])
}

fn resource(item: &Item<'_>) -> Value {
    let finding = item.finding;
    object([
        ("uid", finding.subject_uid.clone().into()),
        ("name", finding.subject_name.clone().into()),
        ("type", finding.subject_object.clone().into()),
        ("region", finding.region.clone().into()),
        ("cloud_partition", item.partition.into()),
    ])
}

fn remediation(item: &Item<'_>) -> Value {
    object([
        ("desc", item.finding.remediation.clone().into()),
        ("references", list(item.references())),
    ])
}
