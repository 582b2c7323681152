//! Why an event gives no record, and what the mapping asks the host for. tests/pages and tests/oracle check
//! the attributes.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use portolan_mapper_audit_event::{AuditEvents, manifest};
use portolan_mapper_sdk::testing::map;

/// The code, the path and the message for an event as a lookup gives it.
fn reason(found: &str) -> (&'static str, String, String) {
    let outcome = map::<AuditEvents>(&format!(r#"{{"Events":[{found}]}}"#)).unwrap();
    assert_eq!(outcome.records.len(), 0, "{found}");
    let issue = outcome.issues.into_iter().next().unwrap();
    let path = issue.path.strip_prefix("Events[0].").unwrap().to_owned();
    (issue.code, path, issue.message)
}

#[test]
fn what_is_no_object_is_malformed() {
    for event in [
        r#""""#,
        r#""{}""#,
        "null",
        "[]",
        "7",
        "1e400",
        "true",
        r#""\ud800""#,
    ] {
        let (code, path, message) =
            reason(&format!(r#"{{"EventId":"e","CloudTrailEvent":{event}}}"#));
        assert_eq!(
            (code, path.as_str()),
            ("malformed-event", "CloudTrailEvent")
        );
        assert_eq!(message, "`CloudTrailEvent` is not a JSON object");
    }
    assert_eq!(reason(r#"{"EventId":"e"}"#).0, "malformed-event");
}

#[test]
fn a_wrong_member_is_named_without_its_value() {
    let (code, path, message) = reason(
        r#"{"EventId":"e","CloudTrailEvent":{"userIdentity":{"onBehalfOf":{"userId":4711}}}}"#,
    );
    let member = "CloudTrailEvent.userIdentity.onBehalfOf.userId";
    assert_eq!((code, path.as_str()), ("wrong-type", member));
    let is_wrong = "is an integer, expected a string";
    assert_eq!(message, format!("`{member}` {is_wrong}"));

    let twice = r#"{"EventId":"e","CloudTrailEvent":{"eventID":"a","eventID":"b"}}"#;
    let (code, path, _) = reason(twice);
    assert_eq!(code, "repeated-member");
    assert!(path.starts_with("CloudTrailEvent"), "{path}");

    let (code, path, _) = reason(r#"{"CloudTrailEvent":{}}"#);
    assert_eq!((code, path.as_str()), ("no-arn", "EventId"));
}

#[test]
fn only_what_becomes_an_attribute_is_asked_for() {
    let members = manifest().reads.and_then(|reads| reads.members).unwrap();
    for asked in [
        "EventTime",
        "CloudTrailEvent.userIdentity.sessionContext.sessionIssuer.arn",
        "CloudTrailEvent.requestParameters.containerDefinitions.image",
        "CloudTrailEvent.responseElements.session.sessionId",
    ] {
        assert!(members.iter().any(|it| it == asked), "{asked}: {members:?}");
    }
    // Nothing is asked for as a whole that may hold a command, an environment or a token.
    let is_open = |it: &&String| {
        it.ends_with("Parameters") || it.ends_with("Elements") || it.ends_with("Definitions")
    };
    assert_eq!(members.iter().find(is_open), None);
}
