//! Spoils an answer by a fault.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode, header};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::connection::Scissors;
use super::error::{JSON, respond};
use super::rules::Fault;

/// Long enough for the bytes before it to leave the machine by themselves.
const PAUSE_BEFORE_BREAKING_OFF: Duration = Duration::from_millis(20);
/// White space. A JSON text may hold any amount of it.
static SPACE: [u8; 64 * 1024] = [b' '; 64 * 1024];

/// Applies a fault to an answer.
pub(super) async fn spoil(
    response: Response<Body>,
    fault: &Fault,
    scissors: &Scissors,
) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    let (head, tail) = (
        whole.slice(..whole.len() / 2),
        whole.slice(whole.len() / 2..),
    );
    match fault {
        Fault::ConnectionReset => {
            scissors.cut();
            Response::from_parts(parts, Body::empty())
        }
        Fault::CutJson => Response::from_parts(parts, Body::from(head)),
        Fault::EmptyObject => respond(StatusCode::OK, JSON, "{}"),
        Fault::Html => {
            let page = "<html><body><h1>Please sign in</h1></body></html>";
            respond(StatusCode::OK, "text/html", page)
        }
        Fault::TruncatedBody | Fault::SlowBody(_) => {
            parts
                .headers
                .insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
            Response::from_parts(parts, halting_body(head, tail, fault))
        }
        Fault::EndlessBody => Response::from_parts(parts, endless_body()),
        Fault::WrongType
        | Fault::NullMember
        | Fault::RepeatedObject
        | Fault::RepeatedWrongType
        | Fault::DroppedObject
        | Fault::ForeignSuspects
            if parts.status == StatusCode::OK =>
        {
            Response::from_parts(parts, Body::from(falsified(&whole, fault)))
        }
        _ => Response::from_parts(parts, Body::from(whole)),
    }
}

/// Sends the head at once; then, after a pause, the tail or a broken connection.
fn halting_body(head: Bytes, tail: Bytes, fault: &Fault) -> Body {
    let (pause, rest) = match fault {
        Fault::SlowBody(pause) => (*pause, Ok(tail)),
        _ => (
            PAUSE_BEFORE_BREAKING_OFF,
            Err(std::io::ErrorKind::ConnectionReset.into()),
        ),
    };
    let rest = stream::once(async move {
        tokio::time::sleep(pause).await;
        rest
    });
    let head = stream::once(async move { Ok::<_, std::io::Error>(head) });
    Body::from_stream(head.chain(rest))
}

/// A body of white space without end, which could still become JSON.
fn endless_body() -> Body {
    let head = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"{")) });
    let space = stream::repeat_with(|| Ok(Bytes::from_static(&SPACE)));
    Body::from_stream(head.chain(space))
}

/// An answer that is valid JSON, but not a valid response of ECS.
fn falsified(whole: &[u8], fault: &Fault) -> String {
    let mut answer: Value = serde_json::from_slice(whole).unwrap_or_default();
    // An operation's answer is the first member of its body.
    let first = answer
        .as_object_mut()
        .and_then(|members| members.iter_mut().next());
    if let Some((name, content)) = first {
        match (fault, content) {
            (Fault::NullMember, content) => *content = Value::Null,
            (Fault::WrongType | Fault::RepeatedWrongType, Value::Array(list)) => {
                if let Some(first) = list.first_mut() {
                    mistype(name, first);
                }
                if *fault == Fault::RepeatedWrongType {
                    list.extend(list.first().cloned());
                }
            }
            (Fault::WrongType, content) => mistype(name, content),
            (Fault::ForeignSuspects, content) => {
                let containers = content["containerDefinitions"].as_array_mut();
                for container in containers.into_iter().flatten() {
                    container["secretSuspects"] = json!([{"name": "X", "detector": "foreign"}]);
                }
            }
            (Fault::RepeatedObject, Value::Array(list)) => list.extend(list.first().cloned()),
            (Fault::DroppedObject, Value::Array(list)) => _ = list.pop(),
            _ => {}
        }
    }
    answer.to_string()
}

/// Gives one member of a described object, or an ARN in a list, a type other than ECS's.
fn mistype(list: &str, element: &mut Value) {
    match list {
        "clusters" => element["runningTasksCount"] = json!("seven"),
        "services" => element["networkConfiguration"] = json!(["awsvpcConfiguration"]),
        "tasks" => element["lastStatus"] = json!({"RUNNING": true}),
        "taskDefinition" => element["revision"] = json!("seven"),
        "capacityProviders" => element["status"] = json!(["ACTIVE"]),
        "settings" => element["value"] = json!({"enabled": true}),
        "Events" => element["EventName"] = json!(7),
        "ResourceTagMappingList" => element["Tags"] = json!("team=platform"),
        _ => *element = json!(7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASKS: &[u8] = br#"{"tasks":[{"taskArn":"a"},{"taskArn":"b"}],"failures":[]}"#;

    #[test]
    fn answers_are_falsified_as_the_fault_says() {
        for (fault, expected) in [
            (
                Fault::WrongType,
                r#"{"tasks":[{"taskArn":"a","lastStatus":{"RUNNING":true}},{"taskArn":"b"}],"failures":[]}"#,
            ),
            (Fault::NullMember, r#"{"tasks":null,"failures":[]}"#),
            (
                Fault::RepeatedObject,
                r#"{"tasks":[{"taskArn":"a"},{"taskArn":"b"},{"taskArn":"a"}],"failures":[]}"#,
            ),
            (
                Fault::DroppedObject,
                r#"{"tasks":[{"taskArn":"a"}],"failures":[]}"#,
            ),
        ] {
            assert_eq!(falsified(TASKS, &fault), expected, "{fault:?}");
        }
        assert_eq!(
            falsified(br#"{"taskArns":["a","b"]}"#, &Fault::WrongType),
            r#"{"taskArns":[7,"b"]}"#
        );
    }
}
