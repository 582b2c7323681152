//! From a request to an answer: which service and operation, who calls, whether AWS would refuse.

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};

use super::bucket::Group;
use super::call::{Answer, Call};
use super::caller::{Caller, in_query_protocol};
use super::count::Entry;
use super::error::{ApiError, JSON, XML, respond};
use super::rules::Fault;
use super::state::State;
use super::sts::{self, Form};
use super::{describe, list};

const ECS: &str = "AmazonEC2ContainerServiceV20141113.";

/// An answer, and what is to happen to it on its way.
pub(super) struct Outcome {
    pub(super) response: Response<Body>,
    pub(super) fault: Option<Fault>,
}

impl From<Response<Body>> for Outcome {
    fn from(response: Response<Body>) -> Self {
        Self {
            response,
            fault: None,
        }
    }
}

type Operation = fn(&Call<'_>) -> Result<Answer, ApiError>;

fn ecs_operation(name: &str) -> Option<Operation> {
    match name {
        "ListClusters" => Some(list::list_clusters),
        "ListServices" => Some(list::list_services),
        "ListTasks" => Some(list::list_tasks),
        "ListTaskDefinitions" => Some(list::list_task_definitions),
        "DescribeClusters" => Some(describe::describe_clusters),
        "DescribeServices" => Some(describe::describe_services),
        "DescribeTasks" => Some(describe::describe_tasks),
        "DescribeTaskDefinition" => Some(describe::describe_task_definition),
        _ => None,
    }
}

pub(super) fn dispatch(
    state: &State,
    headers: &HeaderMap,
    body: &[u8],
    request_id: &str,
) -> Outcome {
    let target = headers.get("x-amz-target").and_then(|it| it.to_str().ok());
    let form: Form = form_urlencoded::parse(body).into_owned().collect();
    match (target, form.get("Action")) {
        (Some(target), _) => match target.strip_prefix(ECS) {
            Some(operation) => ecs(state, operation, headers, body),
            None => unknown_operation().into_json().into(),
        },
        (None, Some(action)) => query(state, action, &form, headers, request_id).into(),
        (None, None) => unknown_operation().into_json().into(),
    }
}

fn unknown_operation() -> ApiError {
    ApiError::new(
        "UnknownOperationException",
        "The requested operation is not known.",
    )
}

fn entry(state: &State, caller: Option<&Caller>, operation: &str, body: String) -> Entry {
    Entry {
        offset_ms: u64::try_from(state.now().as_millis()).unwrap_or(u64::MAX),
        account: caller.map_or(String::new(), |it| it.account.clone()),
        region: caller.map_or(String::new(), |it| it.region.clone()),
        operation: operation.to_owned(),
        body,
        answer: "OK".to_owned(),
        items: 0,
    }
}

fn ecs(state: &State, operation: &str, headers: &HeaderMap, body: &[u8]) -> Outcome {
    let caller = state.sessions().identify(&state.world, headers);
    let text = String::from_utf8_lossy(body).into_owned();
    let mut entry = entry(state, caller.as_ref().ok(), operation, text);
    let fault = state.draw_fault(operation);
    let answer =
        caller.and_then(|caller| ecs_answer(state, &caller, operation, fault.as_ref(), body));
    let response = match answer {
        Ok(answer) => {
            entry.items = answer.items;
            respond(StatusCode::OK, JSON, answer.body)
        }
        Err(error) => {
            error.code.clone_into(&mut entry.answer);
            error.into_json()
        }
    };
    if let Some(fault) = fault.as_ref().filter(|_| entry.answer == "OK") {
        entry.answer = format!("{fault:?}");
        if !fault.is_about_pages() && !matches!(fault, Fault::SlowBody(_)) {
            entry.items = 0;
        }
    }
    state.ledger().note(entry);
    Outcome { response, fault }
}

fn ecs_answer(
    state: &State,
    caller: &Caller,
    operation: &str,
    fault: Option<&Fault>,
    body: &[u8],
) -> Result<Answer, ApiError> {
    let Caller {
        account,
        region,
        arn,
        ..
    } = caller;
    let run = ecs_operation(operation).ok_or_else(unknown_operation)?;
    let (rules, now) = (state.rules(), state.now());
    state.count_ecs_call();
    if let (Some(throttling), Some(group)) = (&rules.throttling, Group::of(operation)) {
        let share = throttling.other_clients_share;
        if !state.buckets().take((account, region), group, now, share) {
            return Err(ApiError::throttled());
        }
    }
    if rules.denies(operation, account, region) {
        let message = format!(
            "User: {arn} is not authorized to perform: ecs:{operation} on resource: * because no \
             identity-based policy allows the ecs:{operation} action"
        );
        return Err(ApiError::new("AccessDeniedException", message));
    }
    match fault {
        Some(Fault::InternalFailure) => return Err(ApiError::internal()),
        Some(Fault::Throttling) => return Err(ApiError::throttled()),
        _ => {}
    }
    let call = Call {
        place: &state.world.place(account, region),
        rules: &rules,
        tokens: &state.tokens,
        canary: &state.world.canary,
        drift: state.drift(),
        now,
        fault,
        body,
    };
    run(&call)
}

fn query(
    state: &State,
    action: &str,
    form: &Form,
    headers: &HeaderMap,
    request_id: &str,
) -> Response<Body> {
    let caller = state.sessions().identify(&state.world, headers);
    let fields = serde_json::to_string(form).unwrap_or_default();
    let mut entry = entry(state, caller.as_ref().ok(), action, fields);
    let answer = caller
        .map_err(in_query_protocol)
        .and_then(|caller| match action {
            "AssumeRole" => sts::assume_role(state, &caller, form, request_id),
            "GetCallerIdentity" => Ok(sts::get_caller_identity(&caller, request_id)),
            _ => {
                let message = format!("The action {action} is not valid for this web service.");
                Err(ApiError::new("InvalidAction", message))
            }
        });
    let response = match answer {
        Ok(body) => respond(StatusCode::OK, XML, body),
        Err(error) => {
            error.code.clone_into(&mut entry.answer);
            error.into_xml(request_id)
        }
    };
    state.ledger().note(entry);
    response
}

#[cfg(test)]
mod tests;
