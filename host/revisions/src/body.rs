//! The only member of a revision's body that changes after registration: its status.

use serde_json::value::RawValue;

/// Sets the status in a body. `None` if the body is not that of a revision, as in a damaged file.
pub(super) fn with_status(body: Vec<u8>, status: &str) -> Option<Vec<u8>> {
    let span = status_span(&body)?;
    let wanted = serde_json::to_string(status).ok()?;
    if body[span.clone()] == *wanted.as_bytes() {
        return Some(body);
    }
    let mut changed = Vec::with_capacity(body.len() + wanted.len());
    changed.extend_from_slice(&body[..span.start]);
    changed.extend_from_slice(wanted.as_bytes());
    changed.extend_from_slice(&body[span.end..]);
    Some(changed)
}

/// The position of the value of `taskDefinition.status`. All other bytes have to stay as they are.
fn status_span(body: &[u8]) -> Option<std::ops::Range<usize>> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        #[serde(borrow)]
        task_definition: Revision<'a>,
    }
    #[derive(serde::Deserialize)]
    struct Revision<'a> {
        #[serde(borrow)]
        status: &'a RawValue,
    }
    let parsed: Body<'_> = serde_json::from_slice(body).ok()?;
    let text = parsed.task_definition.status.get();
    // The borrowed text is a slice of the body, so its address gives its position.
    let start = text.as_ptr().addr().checked_sub(body.as_ptr().addr())?;
    let span = start..start + text.len();
    (text.starts_with('"') && body.get(span.clone())? == text.as_bytes()).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_status_of_the_revision_changes() {
        let body = br#"{ "status": "ACTIVE", "taskDefinition": {"x":{"status":"ACTIVE"}, "status" : "ACTIVE" } }"#;
        let changed = with_status(body.to_vec(), "INACTIVE").expect("a revision");
        assert_eq!(
            String::from_utf8(changed).expect("text"),
            r#"{ "status": "ACTIVE", "taskDefinition": {"x":{"status":"ACTIVE"}, "status" : "INACTIVE" } }"#
        );
    }

    #[test]
    fn what_is_no_revision_gives_nothing() {
        for body in [
            "",
            "{}",
            r#"{"taskDefinition":{}}"#,
            r#"{"taskDefinition":{"status":1}}"#,
        ] {
            assert_eq!(with_status(body.into(), "ACTIVE"), None);
        }
    }
}
