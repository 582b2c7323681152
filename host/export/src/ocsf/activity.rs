//! A finding about a call: the call as API Activity, with the finding as enrichment of the call's operation.
//!
//! The class has no member for a control. An enrichment is what the schema has for knowledge that somebody else than
//! the source adds to an event; `unmapped` is for members of the source. A program that does not know the enrichment
//! still sees a correct event.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::{answer, cloud, metadata, remediation, severity};
use crate::item::{Item, PRODUCT, evidence, list, object};

/// In the place of what the event does not say, but the class requires.
const UNKNOWN: &str = "unknown";

pub(super) fn event(item: &Item<'_>) -> Value {
    let finding = item.finding;
    let text = |name| text(item, name);
    let operation = text("EVENT_NAME").unwrap_or(UNKNOWN);
    let (activity_id, activity) = activity(item, operation);
    let (severity_id, severity) = severity(item.severity());
    let error = text("ERROR_CODE");
    let (status_id, status) = match error {
        Some(_) => (2, "Failure"),
        None => (1, "Success"),
    };
    object([
        ("activity_id", activity_id.into()),
        ("activity_name", activity.into()),
        ("category_uid", 6.into()),
        ("category_name", "Application Activity".into()),
        ("class_uid", 6003.into()),
        ("class_name", "API Activity".into()),
        ("type_uid", (600_300 + u32::from(activity_id)).into()),
        ("type_name", format!("API Activity: {activity}").into()),
        ("time", item.called_ms.unwrap_or(item.captured_ms).into()),
        ("severity_id", severity_id.into()),
        ("severity", severity.into()),
        ("status_id", status_id.into()),
        ("status", status.into()),
        ("status_code", error.into()),
        ("status_detail", text("ERROR_MESSAGE").into()),
        ("message", item.message().into()),
        (
            "metadata",
            metadata(Some((&finding.subject_uid, &finding.uid))),
        ),
        ("cloud", cloud(item)),
        ("actor", actor(item)),
        ("api", api(item, operation)),
        ("src_endpoint", source(item)),
        (
            "dst_endpoint",
            text("CLIENT_HOST").map_or(Value::Null, |it| json!({"hostname": it})),
        ),
        (
            "http_request",
            text("USER_AGENT").map_or(Value::Null, |it| json!({"user_agent": it})),
        ),
        ("resources", targets(item)),
        ("enrichments", json!([enrichment(item, operation)])),
        ("unmapped", item.others()),
    ])
}

fn text<'a>(item: &Item<'a>, name: &str) -> Option<&'a str> {
    item.subject.get(name)?.as_str()
}

/// By the verb that the operation begins with.
fn activity<'a>(item: &Item<'_>, operation: &'a str) -> (u8, &'a str) {
    let is = |verbs: &[&str]| verbs.iter().any(|verb| operation.starts_with(verb));
    match item.subject.get("READ_ONLY").and_then(Value::as_bool) {
        Some(true) => (2, "Read"),
        _ if is(&["Create", "Register"]) => (1, "Create"),
        _ if is(&["Put", "Update"]) => (3, "Update"),
        _ if is(&["Delete", "Deregister"]) => (4, "Delete"),
        _ => (99, operation),
    }
}

/// Who made the request. The type is CloudTrail's own word, which the schema's list does not have.
fn actor(item: &Item<'_>) -> Value {
    let text = |name| text(item, name);
    let ids = [text("ACTOR_PRINCIPAL_ID"), text("ACTOR_ARN")];
    let user = match (ids, text("ACTOR_TYPE")) {
        ([None, None], None) => json!({"name": UNKNOWN, "type_id": 0, "type": "Unknown"}),
        ([principal, arn], kind) => object([
            ("uid", principal.or(arn).or(kind).into()),
            ("uid_alt", principal.and(arn).into()),
            ("type_id", if kind.is_some() { 99 } else { 0 }.into()),
            ("type", kind.unwrap_or("Unknown").into()),
        ]),
    };
    let session = object([
        ("issuer", text("ACTOR_ISSUER_ARN").into()),
        (
            "is_mfa",
            item.subject.get("ACTOR_MFA").cloned().unwrap_or_default(),
        ),
        ("credential_uid", text("ACCESS_KEY_ID").into()),
    ]);
    object([
        ("user", user),
        ("session", session),
        ("app_name", text("INVOKED_BY").into()),
    ])
}

fn api(item: &Item<'_>, operation: &str) -> Value {
    let error = text(item, "ERROR_CODE");
    let refusal = |code| {
        let message = text(item, "ERROR_MESSAGE");
        object([("error", code), ("error_message", message.into())])
    };
    object([
        ("operation", operation.into()),
        ("service", json!({"name": "ecs.amazonaws.com"})),
        (
            "request",
            text(item, "REQUEST_ID").map_or(Value::Null, |uid| json!({"uid": uid})),
        ),
        (
            "response",
            error.map_or(Value::Null, |code| refusal(code.into())),
        ),
    ])
}

/// Where the request came from: an address, or the name of a service.
fn source(item: &Item<'_>) -> Value {
    let from = text(item, "SOURCE_IP");
    let address = from.and_then(|from| from.parse::<IpAddr>().ok());
    let name = match address {
        Some(_) => None,
        None => Some(from.unwrap_or(UNKNOWN)),
    };
    object([
        ("ip", address.map(|address| address.to_string()).into()),
        ("svc_name", name.into()),
        ("uid", text(item, "VPC_ENDPOINT_ID").into()),
    ])
}

fn targets(item: &Item<'_>) -> Value {
    let targets = item.subject.get("TARGET_ARNS").and_then(Value::as_array);
    list(targets.into_iter().flatten().map(|arn| json!({"uid": arn})))
}

/// The finding.
fn enrichment(item: &Item<'_>, operation: &str) -> Value {
    let finding = item.finding;
    let data = object([
        ("uid", finding.uid.clone().into()),
        ("control_uid", finding.control_id.clone().into()),
        ("compliance", answer(item)),
        ("remediation", remediation(item)),
        ("evidences", list(finding.evidence.iter().map(evidence))),
        ("is_suppressed", finding.muted.into()),
        ("suppression_reason", finding.mute_reason.clone().into()),
    ]);
    json!({
        "name": "api.operation",
        "value": operation,
        "type": "compliance",
        "provider": PRODUCT,
        "short_desc": finding.control_title,
        "data": data,
    })
}
