//! From a request to an answer: service, operation, caller, and AWS's refusals.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::call::{Answer, Call};
use super::caller::{Caller, in_query_protocol};
use super::clock;
use super::count::Entry;
use super::error::{ApiError, JSON, XML, respond};
use super::operation::{Operation, Service, bucket_of};
use super::organization;
use super::rules::Fault;
use super::state::State;
use super::sts::{self, Form};

const ORGANIZATIONS: &str = "AWSOrganizationsV20161128";
const ACCOUNT: &str = "Account";
/// Name under which Account Management's ListRegions is dispatched.
pub(super) const LIST_REGIONS: &str = "Account.ListRegions";

/// An answer, and the fault that it meets on its way.
pub(super) struct Outcome {
    pub(super) response: Response<Body>,
    pub(super) fault: Option<Fault>,
}

pub(super) fn dispatch(
    state: &State,
    headers: &HeaderMap,
    body: &[u8],
    request_id: &str,
) -> Outcome {
    let rules = state.rules();
    let facts = (&state.world, &*rules, state.time());
    let caller = state.sessions().identify(facts, headers);
    match headers.get("x-amz-target").map(HeaderValue::to_str) {
        Some(target) => json(state, caller, target.unwrap_or_default(), body),
        None => query(state, caller, body, request_id),
    }
}

fn unknown_operation() -> ApiError {
    ApiError::new(
        "UnknownOperationException",
        "The requested operation is not known.",
    )
}

/// Services of the AWS JSON 1.1 protocol.
fn json(state: &State, caller: Result<Caller, ApiError>, target: &str, body: &[u8]) -> Outcome {
    let (service, operation) = target.rsplit_once('.').unwrap_or(("", target));
    let text = String::from_utf8_lossy(body).into_owned();
    let mut entry = entry(state, caller.as_ref().ok(), operation, text);
    let fault = state.draw_fault(operation).or_else(|| {
        let caller = caller
            .as_ref()
            .ok()
            .filter(|_| service == Service::Ecs.target())?;
        state.rules().fault_of(&caller.account, &caller.region)
    });
    let answer = caller.and_then(|caller| match service {
        ORGANIZATIONS if operation == "ListAccounts" => {
            admit(state, &caller, "organizations", operation, fault.as_ref())?;
            organization::list_accounts(state, &caller, body)
        }
        ACCOUNT if operation == "ListRegions" => {
            admit(state, &caller, "account", operation, fault.as_ref())?;
            organization::list_regions(state, &caller, body)
        }
        _ => {
            let operation = Operation::find(service, operation).ok_or_else(unknown_operation)?;
            run(state, &caller, operation, fault.as_ref(), body)
        }
    });
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
    finish(state, entry, response, fault)
}

/// Runs an operation on the objects of the caller's account and Region.
fn run(
    state: &State,
    caller: &Caller,
    operation: &Operation,
    fault: Option<&Fault>,
    body: &[u8],
) -> Result<Answer, ApiError> {
    if operation.service == Service::Ecs {
        state.count_ecs_call();
    }
    admit(
        state,
        caller,
        operation.service.action_prefix(),
        operation.name,
        fault,
    )?;
    let rules = state.rules();
    if let Some(answer) = rules.answer(operation.name, body) {
        let body = answer.to_string();
        return Ok(Answer { body, items: 0 });
    }
    let drift = state.drift();
    let mut place = state.world.place(&caller.account, &caller.region);
    place.created_services = drift.created_services;
    place.registered_families = drift.registered_families;
    let call = Call {
        place: &place,
        rules: &rules,
        tokens: &state.tokens,
        caller,
        canary: &state.world.canary,
        drift,
        now: state.now(),
        time: clock::seconds(state.time()),
        fault,
        body,
    };
    (operation.run)(&call)
}

/// Services of the query protocol, with forms in and XML out.
fn query(
    state: &State,
    caller: Result<Caller, ApiError>,
    body: &[u8],
    request_id: &str,
) -> Outcome {
    let form: Form = form_urlencoded::parse(body).into_owned().collect();
    let action = form.get("Action").map_or("", String::as_str);
    let fields = serde_json::to_string(&form).unwrap_or_default();
    let mut entry = entry(state, caller.as_ref().ok(), action, fields);
    let fault = state.draw_fault(action);
    let answer = caller.and_then(|caller| {
        admit(state, &caller, "sts", action, fault.as_ref())?;
        match action {
            "AssumeRole" => sts::assume_role(state, &caller, &form, request_id),
            "GetCallerIdentity" => Ok(sts::get_caller_identity(&caller, request_id)),
            "DescribeRegions" => Ok(organization::describe_regions(state, request_id)),
            _ => {
                let message = format!("The action {action} is not valid for this web service.");
                Err(ApiError::new("InvalidAction", message))
            }
        }
    });
    let response = match answer.map_err(in_query_protocol) {
        Ok(body) => respond(StatusCode::OK, XML, body),
        Err(error) => {
            error.code.clone_into(&mut entry.answer);
            error.into_xml(request_id)
        }
    };
    finish(state, entry, response, fault)
}

/// Refuses a call as AWS does before it reads the parameters.
fn admit(
    state: &State,
    caller: &Caller,
    service: &str,
    operation: &str,
    fault: Option<&Fault>,
) -> Result<(), ApiError> {
    let Caller {
        account,
        region,
        arn,
        ..
    } = caller;
    let rules = state.rules();
    if let (Some(throttling), Some(group)) = (&rules.throttling, bucket_of(operation)) {
        let share = throttling.other_clients_share;
        if !state
            .buckets()
            .take((account, region), group, state.now(), share)
        {
            return Err(ApiError::throttled());
        }
    }
    if rules.denies(operation, account, region) || fault == Some(&Fault::AccessDenied) {
        let action = format!("{service}:{operation}");
        let message = format!(
            "User: {arn} is not authorized to perform: {action} on resource: * because no \
             identity-based policy allows the {action} action"
        );
        return Err(ApiError::new("AccessDeniedException", message));
    }
    match fault {
        Some(Fault::InternalFailure) => Err(ApiError::internal()),
        Some(Fault::Throttling) => Err(ApiError::throttled()),
        _ => Ok(()),
    }
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

/// Counts the call; the items of an answer that a fault destroys do not count.
fn finish(
    state: &State,
    mut entry: Entry,
    response: Response<Body>,
    fault: Option<Fault>,
) -> Outcome {
    if let Some(fault) = fault.as_ref().filter(|_| entry.answer == "OK") {
        entry.answer = format!("{fault:?}");
        if !fault.is_about_pages() && !matches!(fault, Fault::SlowBody(_)) {
            entry.items = 0;
        }
    }
    state.ledger().note(entry);
    Outcome { response, fault }
}

#[cfg(test)]
mod tests;
