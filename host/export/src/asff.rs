//! The AWS Security Finding Format, one finding a line. The lengths are those of the API's documentation:
//! <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html>

use portolan_machine::fingerprint::digest;
use portolan_sandbox::ControlResult;
use serde_json::{Map, Value, json};

use crate::item::{AUDIT_EVENT, Item, PRODUCT, evidence, list, object};

/// Lengths are in units of UTF-16, which is the strictest reading of "characters".
const ID_LIMIT: usize = 512;
const TITLE_LIMIT: usize = 256;
const DESCRIPTION_LIMIT: usize = 1024;
const RECOMMENDATION_LIMIT: usize = 512;
const FIELD_NAME_LIMIT: usize = 128;
const FIELD_LIMIT: usize = 2048;
const REQUIREMENTS_LIMIT: usize = 32;
/// 50 are allowed, but full ones would make a finding larger than 240 KB.
const FIELDS_LIMIT: usize = 30;
/// The partitions that the format knows.
const PARTITIONS: [&str; 3] = ["aws", "aws-cn", "aws-us-gov"];

pub(crate) fn finding(item: &Item<'_>, at: &str) -> Value {
    let finding = item.finding;
    let (account, region, partition) = (&finding.account_id, &finding.region, item.partition);
    let product =
        format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default");
    let is_call = finding.subject_object == AUDIT_EVENT;
    let kind = match is_call {
        true => "Unusual Behaviors/User",
        false => "Software and Configuration Checks/AWS Security Best Practices",
    };
    let called = item.subject.get("EVENT_TIME").filter(|_| is_call);
    object([
        ("SchemaVersion", "2018-10-08".into()),
        ("Id", id(&format!("portolan/{}", finding.uid)).into()),
        ("ProductArn", product.into()),
        ("ProductName", PRODUCT.into()),
        (
            "GeneratorId",
            id(&format!("portolan/{}", finding.control_id)).into(),
        ),
        ("AwsAccountId", account.as_str().into()),
        ("CreatedAt", finding.last_captured.clone().into()),
        // Security Hub takes an update only if it is newer, and a mute changes a finding of the same records.
        ("UpdatedAt", at.max(&finding.last_captured).into()),
        ("FirstObservedAt", called.cloned().unwrap_or_default()),
        ("Title", cut(&title(item), TITLE_LIMIT).into()),
        (
            "Description",
            cut(&item.message(), DESCRIPTION_LIMIT).into(),
        ),
        (
            "FindingProviderFields",
            json!({"Severity": severity(item), "Types": [kind]}),
        ),
        (
            "Remediation",
            json!({"Recommendation": recommendation(item)}),
        ),
        ("ProductFields", fields(item)),
        ("Resources", json!([resource(item)])),
        ("Compliance", compliance(item)),
        // An import cannot set the workflow. This is the state that it can set, and take back.
        (
            "RecordState",
            if finding.muted { "ARCHIVED" } else { "ACTIVE" }.into(),
        ),
    ])
}

/// With the subject's name, because consoles list titles.
fn title(item: &Item<'_>) -> String {
    let finding = item.finding;
    let name = finding.subject_name.as_ref();
    let name = name.unwrap_or(&finding.subject_uid);
    format!("{} {}: {name}", item.control, finding.control_title)
}

fn severity(item: &Item<'_>) -> Value {
    let label = item.severity().word().to_uppercase();
    json!({"Label": label, "Original": item.finding.severity.word()})
}

fn recommendation(item: &Item<'_>) -> Value {
    let text = cut(&item.finding.remediation, RECOMMENDATION_LIMIT);
    let url = item.references().find(|url| url.len() <= FIELD_LIMIT);
    object([("Text", text.into()), ("Url", url.into())])
}

fn compliance(item: &Item<'_>) -> Value {
    let status = match item.finding.result {
        ControlResult::Pass => "PASSED",
        ControlResult::Fail => "FAILED",
        ControlResult::NotEvaluated => "WARNING",
        ControlResult::NotApplicable => "NOT_AVAILABLE",
    };
    let reason = json!({
        "ReasonCode": item.result(), "Description": cut(&item.message(), DESCRIPTION_LIMIT),
    });
    let standards = item.finding.standards.iter().take(REQUIREMENTS_LIMIT);
    let is_answer = matches!(
        item.finding.result,
        ControlResult::Pass | ControlResult::Fail
    );
    object([
        ("Status", status.into()),
        (
            "SecurityControlId",
            cut(item.control, FIELD_NAME_LIMIT).into(),
        ),
        (
            "RelatedRequirements",
            list(standards.map(|entry| cut(entry, ID_LIMIT))),
        ),
        (
            "StatusReasons",
            if is_answer {
                Value::Null
            } else {
                json!([reason])
            },
        ),
    ])
}

/// The subject, without details: those of a task definition have a place for environment values.
fn resource(item: &Item<'_>) -> Value {
    let kind = match item.finding.subject_object.as_str() {
        "EcsCluster" => "AwsEcsCluster",
        "EcsService" => "AwsEcsService",
        "EcsTask" => "AwsEcsTask",
        "EcsTaskDefinition" => "AwsEcsTaskDefinition",
        "EcsContainer" => "AwsEcsContainer",
        _ => "Other",
    };
    let partition = PARTITIONS
        .contains(&item.partition)
        .then_some(item.partition);
    object([
        ("Type", kind.into()),
        ("Id", id(&item.finding.subject_uid).into()),
        ("Partition", partition.into()),
        ("Region", item.finding.region.as_str().into()),
    ])
}

/// The finding's own attributes that have no other place.
fn fields(item: &Item<'_>) -> Value {
    let finding = item.finding;
    let mut fields = Map::new();
    let mut add = |name: &str, value: &Value| {
        let value = match value {
            Value::String(text) => cut(text, FIELD_LIMIT),
            value => cut(&value.to_string(), FIELD_LIMIT),
        };
        if fields.len() < FIELDS_LIMIT {
            fields.insert(
                cut(&format!("portolan/{name}"), FIELD_NAME_LIMIT),
                value.into(),
            );
        }
    };
    add("UID", &finding.uid.clone().into());
    add("CONTROL_ID", &finding.control_id.clone().into());
    add("RESULT", &item.result().into());
    add("SUBJECT_UID", &finding.subject_uid.clone().into());
    if !finding.evidence.is_empty() {
        add("EVIDENCE", &finding.evidence.iter().map(evidence).collect());
    }
    if finding.muted {
        add("MUTED", &true.into());
    }
    if let Some(reason) = &finding.mute_reason {
        add("MUTE_REASON", &reason.as_str().into());
    }
    for (name, value) in item.others().as_object().into_iter().flatten() {
        add(name, value);
    }
    Value::Object(fields)
}

/// An identifier. One that is too long, or not printable, is known by its digest.
fn id(text: &str) -> String {
    match cut(text, ID_LIMIT) == text {
        true => text.to_owned(),
        false => format!("portolan/sha256:{}", digest(text.as_bytes())),
    }
}

/// A text on one line and of a limited length. The API refuses empty ones.
fn cut(text: &str, limit: usize) -> String {
    let tidy = |sign: char| if sign.is_control() { ' ' } else { sign };
    let text: String = text.chars().map(tidy).collect();
    let text = text.trim();
    if text.is_empty() {
        return "-".to_owned();
    }
    if text.encode_utf16().count() <= limit {
        return text.to_owned();
    }
    // The sign of the cut counts too.
    let mut length = 1;
    let mut short: String = text
        .chars()
        .take_while(|sign| {
            length += sign.len_utf16();
            length <= limit
        })
        .collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        // A character of two units does not fit into the last one.
        assert_eq!(cut("a😀😀", 4), "a😀…");
        assert_eq!(cut("a😀😀😀", 5), "a😀…");
        assert_eq!(cut(" \n\t", 5), "-");
        assert_eq!(cut("a\nb", 5), "a b");
    }

    #[test]
    fn long_identifiers_stay_different() {
        let long = |end: &str| id(&format!("{}{end}", "x".repeat(ID_LIMIT)));
        assert_ne!(long("a"), long("b"));
        assert_eq!(long("a"), long("a"));
        assert!(long("a").len() < ID_LIMIT);
    }
}
