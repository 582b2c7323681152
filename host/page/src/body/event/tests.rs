use bytes::Bytes;
use serde_json::{Value, json};

use crate::body::{Origin, Page};
use crate::object::Object;

const CANARY: &str = "CANARY-5c1d";

fn read(body: &Value) -> Page {
    let origin = Origin {
        partition: "aws".into(),
        account_id: "123456789012".into(),
        region: "us-west-2".into(),
        captured_at: String::new(),
    };
    let body = Bytes::from(body.to_string());
    Page::read(Object::EcsAuditEvent, origin, body).expect("a page")
}

/// The inner event of a page with one event, which is recorded as text.
fn inner(event: &Value) -> Value {
    let page = read(&json!({"Events": [{"EventId": "a", "CloudTrailEvent": event.to_string()}]}));
    assert!(!page.text().contains(CANARY), "{}", page.text());
    // What a recording holds is read again as it is.
    let again: Value = serde_json::from_str(page.text()).expect("JSON");
    assert_eq!(read(&again).text(), page.text());
    again["Events"][0]["CloudTrailEvent"].clone()
}

#[test]
fn a_text_becomes_an_object_and_keeps_what_it_may() {
    let event = json!({
        "eventID": "a", "eventName": "RegisterTaskDefinition",
        "userIdentity": {"accessKeyId": "ASIAEXAMPLE", "sessionContext": {"attributes": {"mfaAuthenticated": "true"}}},
        "requestParameters": {"family": "web", "containerDefinitions": [{
            "image": "nginx:1", "command": ["run"], "privileged": true,
            "secrets": [{"name": "A", "valueFrom": "arn:aws:ssm:us-west-2:123456789012:parameter/a"}],
        }]},
        "responseElements": null,
    });
    assert_eq!(inner(&event), event);
}

#[test]
fn values_are_withheld_wherever_they_are() {
    let environment =
        json!([{"name": "KEY", "value": CANARY, "extra": {"name": CANARY}}, [CANARY], CANARY]);
    let kept = json!([{"name": "KEY", "value": "", "extra": {"name": ""}}, [""], ""]);
    for (given, expected) in [
        (
            json!({"environment": environment}),
            json!({"environment": kept}),
        ),
        (json!({"environment": CANARY}), json!({"environment": ""})),
        (
            json!({"a": [{"b": {"Environment": environment}}]}),
            json!({"a": [{"b": {"Environment": kept}}]}),
        ),
        (
            json!({"environment": {"KEY": CANARY}}),
            json!({"environment": {"KEY": ""}}),
        ),
        (json!({"command": CANARY}), json!({"command": ""})),
        (
            json!({"session": {"tokenValue": CANARY}}),
            json!({"session": {"tokenValue": ""}}),
        ),
        (
            json!({"credentials": {"secretAccessKey": CANARY, "expiration": 7}}),
            json!({"credentials": {"secretAccessKey": "", "expiration": 0}}),
        ),
        (
            json!({"logConfiguration": {"options": {"splunk-token": CANARY, "mode": "non-blocking"}}}),
            json!({"logConfiguration": {"options": {"splunk-token": "", "mode": "non-blocking"}}}),
        ),
        (
            json!({"text": json!({"environment": environment}).to_string()}),
            json!({"text": ""}),
        ),
        (
            json!({"text": json!(json!({"environment": environment}).to_string()).to_string()}),
            json!({"text": ""}),
        ),
    ] {
        for place in ["requestParameters", "responseElements"] {
            let found = inner(&json!({"eventID": "a", place: given}));
            assert_eq!(found[place], expected, "{place}");
        }
    }
    let list = json!({"requestParameters": {"command": [CANARY]}});
    assert_eq!(inner(&list)["requestParameters"]["command"], json!([""]));
}

#[test]
fn what_cannot_be_followed_is_refused_whole() {
    let deep = format!("{}\"{CANARY}\"{}", "[".repeat(80), "]".repeat(80));
    for text in [
        format!("{{\"requestParameters\":{deep}}}"),
        format!("{{\"requestParameters\":{{\"\\ud800\":\"{CANARY}\"}}}}"),
        format!("{{\"requestParameters\":\"{CANARY}"),
        format!("[\"{CANARY}\"]"),
        CANARY.to_owned(),
    ] {
        let page = read(&json!({"Events": [{"EventId": "a", "CloudTrailEvent": text}]}));
        assert_eq!(
            page.text(),
            r#"{"Events":[{"EventId":"a","CloudTrailEvent":""}]}"#
        );
    }
    let page = read(&json!({"Events": [{"EventId": "a", "CloudTrailEvent": 7}, CANARY]}));
    assert_eq!(
        page.text(),
        r#"{"Events":[{"EventId":"a","CloudTrailEvent":""},""]}"#
    );
    let beside = format!("{{\"Events\":[{{\"EventId\":\"a\",\"Resources\":{deep}}}]}}");
    let beside: Value = serde_json::from_str(&beside).expect("JSON");
    assert_eq!(
        read(&beside).text(),
        r#"{"Events":[{"EventId":"a","Resources":[]}]}"#
    );
}

#[test]
fn events_of_other_services_leave_their_places() {
    let event = |source: Value| json!({"EventId": "a", "EventSource": source});
    let sources = [
        json!("eks.amazonaws.com"),
        json!("ecs.amazonaws.com"),
        Value::Null,
    ];
    let page = read(&json!({"Events": sources.map(event), "NextToken": "t"}));
    assert_eq!(
        (page.len(), page.described().collect::<Vec<_>>()),
        (3, vec![1, 2])
    );
    assert_eq!(page.arn(1).as_deref(), Some("a"));
}
