//! Calls a [`State`] without a socket.

use axum::http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::dispatch::{Outcome, dispatch};
use super::operation::Service;
use super::rules::Rules;
use super::state::State;
use super::world::{BASE_ACCESS_KEY, World};

/// A `small` world under `rules`.
pub(super) fn small(rules: Rules) -> State {
    State::new(World::small(1), rules)
}

pub(super) fn authorization(access_key_id: &str, region: &str) -> String {
    let signature = "0123456789abcdef".repeat(4);
    format!(
        "AWS4-HMAC-SHA256 Credential={access_key_id}/20261121/{region}/ecs/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={signature}"
    )
}

/// Headers of a call with `access_key_id` in us-east-1.
pub(super) fn headers(access_key_id: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::try_from(authorization(access_key_id, "us-east-1"));
    headers.insert("authorization", value.expect("plain text"));
    headers
}

/// The status and the text of the answer to a request.
pub(super) fn send(state: &State, headers: &HeaderMap, body: &str) -> (u16, String) {
    let Outcome { response, .. } = dispatch(state, headers, body.as_bytes(), "a-request-id");
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX);
    let bytes = futures_util::FutureExt::now_or_never(body).expect("bodies are in memory");
    let text = String::from_utf8(bytes.expect("bodies are in memory").into()).expect("UTF-8");
    (status, text)
}

/// Calls an operation of ECS, CloudTrail or the tagging API and reads the answer, which is always JSON.
pub(super) fn call(state: &State, operation: &str, parameters: &Value) -> (u16, Value) {
    let mut headers = headers(BASE_ACCESS_KEY);
    let service = match operation {
        "LookupEvents" => Service::CloudTrail,
        "GetResources" => Service::Tagging,
        _ => Service::Ecs,
    };
    let target = format!("{}.{operation}", service.target());
    headers.insert(
        "x-amz-target",
        HeaderValue::try_from(target).expect("plain text"),
    );
    let (status, body) = send(state, &headers, &parameters.to_string());
    (status, serde_json::from_str(&body).expect("JSON"))
}

/// The answer of a call that succeeds.
pub(super) fn ask(state: &State, operation: &str, parameters: &Value) -> Value {
    let (status, answer) = call(state, operation, parameters);
    assert_eq!(status, 200, "{operation} {parameters}: {answer}");
    answer
}

/// Code and message of a call that is refused with status 400.
pub(super) fn refusal(state: &State, operation: &str, parameters: &Value) -> String {
    let (status, answer) = call(state, operation, parameters);
    assert_eq!(status, 400, "{operation} {parameters}: {answer}");
    let text = |member: &str| answer[member].as_str().unwrap_or_default().to_owned();
    format!("{}: {}", text("__type"), text("message"))
}

/// Every element of a list of objects, read page by page; `token` names the token in requests and answers.
pub(super) fn elements(
    state: &State,
    operation: &str,
    parameters: &Value,
    token: &str,
) -> Vec<Value> {
    let (mut parameters, mut elements) = (parameters.clone(), Vec::new());
    loop {
        let answer = ask(state, operation, &parameters);
        let page = answer.as_object().and_then(|it| it.values().next());
        elements.extend(
            page.and_then(Value::as_array)
                .into_iter()
                .flatten()
                .cloned(),
        );
        match answer.get(token) {
            Some(next) if next != "" => parameters[token] = next.clone(),
            _ => return elements,
        }
    }
}

/// Every ARN of a list, read page by page.
pub(super) fn list(state: &State, operation: &str, parameters: &Value) -> Vec<String> {
    let (mut parameters, mut arns) = (parameters.clone(), Vec::new());
    loop {
        let answer = ask(state, operation, &parameters);
        let members = answer.as_object().into_iter().flatten();
        let page = members.filter_map(|(_, value)| value.as_array()).flatten();
        arns.extend(page.filter_map(Value::as_str).map(str::to_owned));
        match answer.get("nextToken") {
            Some(token) => parameters["nextToken"] = token.clone(),
            None => return arns,
        }
    }
}
