use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use serde_json::json;

use crate::simulator::clock;
use crate::simulator::rules::{Denial, Fault, FaultRule, Rules, Throttling};
use crate::simulator::state::State;
use crate::simulator::testing::{authorization, call, headers, refusal, send, small};
use crate::simulator::world::{BASE_ACCESS_KEY, SINGLE_ACCOUNT, Shape, World};

const ROLE: &str = "arn:aws:iam::111111111111:role/PortolanRead";

/// A form for STS.
fn form(action: &str, fields: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", action)
        .extend_pairs(fields)
        .finish()
}

fn assume(state: &State, fields: &[(&str, &str)]) -> (u16, String) {
    send(
        state,
        &headers(BASE_ACCESS_KEY),
        &form("AssumeRole", fields),
    )
}

/// The content of the first XML element called `name`.
fn element<'x>(xml: &'x str, name: &str) -> &'x str {
    let inner = xml
        .split_once(&format!("<{name}>"))
        .map_or("", |(_, rest)| rest);
    inner.split_once("</").map_or("", |(inner, _)| inner)
}

fn list_clusters(mut headers: HeaderMap, token: &str) -> HeaderMap {
    let target = HeaderValue::from_static("AmazonEC2ContainerServiceV20141113.ListClusters");
    headers.insert("x-amz-target", target);
    headers.insert(
        "x-amz-security-token",
        HeaderValue::from_str(token).expect("plain text"),
    );
    headers
}

#[test]
fn requests_without_known_credentials_are_refused() {
    let state = small(Rules::default());
    let refused = |headers: HeaderMap| send(&state, &list_clusters(headers, ""), "{}").1;
    assert!(refused(headers("AKIANOBODY")).contains("UnrecognizedClientException"));
    assert!(refused(HeaderMap::new()).contains("MissingAuthenticationTokenException"));
    let mut malformed = HeaderMap::new();
    malformed.insert(
        "authorization",
        HeaderValue::from_static("AWS4-HMAC-SHA256 Credential=x"),
    );
    assert!(refused(malformed).contains("IncompleteSignatureException"));
}

#[test]
fn a_role_gives_credentials_of_its_account() {
    let state = State::new(World::demo(1), Rules::default());
    let (status, xml) = assume(&state, &[("RoleArn", ROLE), ("RoleSessionName", "test")]);
    assert_eq!(status, 200, "{xml}");
    let (id, token) = (element(&xml, "AccessKeyId"), element(&xml, "SessionToken"));
    let (status, body) = send(&state, &list_clusters(headers(id), token), "{}");
    assert!(
        status == 200 && body.contains(":111111111111:cluster/default"),
        "{body}"
    );
    let (_, body) = send(&state, &list_clusters(headers(id), "another"), "{}");
    assert!(body.contains("UnrecognizedClientException"), "{body}");
    let mut identity = headers(id);
    identity.insert(
        "x-amz-security-token",
        HeaderValue::from_str(token).expect("plain text"),
    );
    let (_, xml) = send(&state, &identity, &form("GetCallerIdentity", &[]));
    assert_eq!(element(&xml, "Account"), "111111111111");
}

#[test]
fn sessions_expire() {
    let state = State::new(World::demo(1), Rules::default());
    state.change_rules(|rules| rules.session_lifetime = Some(Duration::ZERO));
    let (_, xml) = assume(&state, &[("RoleArn", ROLE), ("RoleSessionName", "test")]);
    let (id, token) = (element(&xml, "AccessKeyId"), element(&xml, "SessionToken"));
    let (status, body) = send(&state, &list_clusters(headers(id), token), "{}");
    assert!(
        status == 400 && body.contains("ExpiredTokenException"),
        "{body}"
    );
}

#[test]
fn roles_are_refused_as_aws_refuses_them() {
    let guarded = "arn:aws:iam::222222222222:role/Guarded";
    let world = World::demo(1).with_role(guarded, Some("secret-handshake"));
    let state = State::new(world, Rules::default());
    let outcome = |role, more: &[(&str, &str)]| {
        let fields = [&[("RoleArn", role), ("RoleSessionName", "test")], more].concat();
        let (status, xml) = assume(&state, &fields);
        (status, element(&xml, "Code").to_owned())
    };
    let denied = (403, "AccessDenied".to_owned());
    let invalid = (400, "ValidationError".to_owned());
    assert_eq!(
        outcome("arn:aws:iam::111111111111:role/Nobody", &[]),
        denied
    );
    assert_eq!(outcome(guarded, &[]), denied);
    assert_eq!(outcome(guarded, &[("ExternalId", "guess")]), denied);
    assert_eq!(
        outcome(guarded, &[("ExternalId", "secret-handshake")]).0,
        200
    );
    assert_eq!(outcome("a garbage ARN that is long", &[]), invalid);
    assert_eq!(outcome(ROLE, &[("DurationSeconds", "10")]), invalid);
}

#[test]
fn sts_can_be_denied_and_fail_when_a_rule_names_it() {
    let state = State::new(World::demo(1), Rules::default());
    let code = || {
        let (status, xml) = assume(&state, &[("RoleArn", ROLE), ("RoleSessionName", "test")]);
        (status, element(&xml, "Code").to_owned())
    };
    state.change_rules(|rules| {
        rules
            .faults
            .push(FaultRule::rate(Fault::InternalFailure, 1.0));
        rules.denials.push(Denial::default());
    });
    assert_eq!(code().0, 200, "rules for all of ECS are not about STS");
    state.change_rules(|rules| {
        rules.faults = vec![FaultRule::next("AssumeRole", Fault::Throttling, 1)];
        rules.denials.clear();
    });
    assert_eq!(code(), (400, "Throttling".to_owned()));
    state.change_rules(|rules| {
        rules.denials.push(Denial {
            operation: Some("AssumeRole".to_owned()),
            ..Denial::default()
        });
    });
    assert_eq!(code(), (403, "AccessDenied".to_owned()));
}

#[test]
fn unknown_operations_and_broken_bodies_are_refused_in_json() {
    let state = small(Rules::default());
    let unknown = refusal(&state, "ListEverything", &json!({}));
    assert!(
        unknown.starts_with("UnknownOperationException: "),
        "{unknown}"
    );
    let headers = list_clusters(headers(BASE_ACCESS_KEY), "");
    for broken in ["", "{", "[1]", "null"] {
        let (status, body) = send(&state, &headers, broken);
        assert!(
            status == 400 && body.contains("SerializationException"),
            "{broken}: {body}"
        );
    }
}

#[test]
fn denials_name_the_caller_and_the_operation() {
    let state = small(Rules::default());
    let denial = Denial {
        operation: Some("ListTasks".to_owned()),
        ..Denial::default()
    };
    state.change_rules(|rules| rules.denials.push(denial));
    let refused = refusal(&state, "ListTasks", &json!({}));
    assert!(
        refused.starts_with("AccessDeniedException: User: arn:aws:iam::"),
        "{refused}"
    );
    assert!(refused.contains("ecs:ListTasks"), "{refused}");
    assert_eq!(call(&state, "ListServices", &json!({})).0, 200);
}

#[test]
fn an_empty_bucket_throttles_its_group_and_is_counted() {
    let throttling = Some(Throttling {
        other_clients_share: 1.0,
    });
    let state = small(Rules {
        throttling,
        ..Rules::default()
    });
    let granted = (0..60)
        .filter(|_| call(&state, "DescribeClusters", &json!({})).0 == 200)
        .count();
    assert_eq!(granted, 50);
    let refused = refusal(&state, "ListClusters", &json!({}));
    assert_eq!(refused, "ThrottlingException: Rate exceeded");
    assert_eq!(call(&state, "ListTasks", &json!({})).0, 200);
    let counts = state.ledger().counts();
    let of = |operation| counts.iter().find(|it| it.operation == operation);
    let described = of("DescribeClusters").map(|it| (it.calls, it.throttled, it.items));
    assert_eq!(described, Some((60, 10, 50)));
}

#[test]
fn requests_are_logged_with_parameters_and_outcome() {
    let state = small(Rules::default());
    let fault = FaultRule::next("ListTasks", Fault::InternalFailure, 1);
    state.change_rules(|rules| rules.faults.push(fault));
    assert_eq!(
        call(&state, "ListTasks", &json!({ "maxResults": 7 })).0,
        500
    );
    assert_eq!(
        call(&state, "ListTasks", &json!({ "maxResults": 7 })).0,
        200
    );
    let requests = state.ledger().requests();
    let answers: Vec<_> = requests.iter().map(|it| it.answer.as_str()).collect();
    assert_eq!(answers, ["InternalFailure", "OK"]);
    assert_eq!(requests[0].body, json!({ "maxResults": 7 }));
    assert_eq!(
        (&*requests[0].account, &*requests[0].region),
        ("123456789012", "us-east-1")
    );
    state.reset();
    assert!(state.ledger().requests().is_empty());
}

#[test]
fn the_region_is_the_one_that_was_signed() {
    let state = State::new(World::small(1), Rules::default());
    let mut elsewhere = list_clusters(HeaderMap::new(), "");
    let signed = HeaderValue::try_from(authorization(BASE_ACCESS_KEY, "eu-west-1"));
    elsewhere.insert("authorization", signed.expect("plain text"));
    assert_eq!(
        send(&state, &elsewhere, "{}"),
        (200, "{\"clusterArns\":[]}".to_owned())
    );
}

#[test]
fn signatures_go_by_the_clock_of_aws() {
    let state = State::new(World::demo(1), Rules::default());
    let signed = |time: time::OffsetDateTime| {
        let stamp = clock::rfc3339(time).replace(['-', ':'], "");
        let mut headers = headers(BASE_ACCESS_KEY);
        headers.insert("x-amz-date", HeaderValue::try_from(stamp).expect("text"));
        let json = send(&state, &list_clusters(headers.clone(), ""), "{}");
        let fields = [("RoleArn", ROLE), ("RoleSessionName", "test")];
        (json, send(&state, &headers, &form("AssumeRole", &fields)))
    };
    let (json, query) = signed(state.time());
    assert_eq!((json.0, query.0), (200, 200));
    let (id, token) = (
        element(&query.1, "AccessKeyId"),
        element(&query.1, "SessionToken"),
    );
    state.change_rules(|rules| rules.clock_offset_seconds = 10 * 86_400);
    let (json, query) = signed(clock::now(0));
    assert!(json.1.contains("InvalidSignatureException") && json.1.contains("Signature expired"));
    assert_eq!(
        (json.0, element(&query.1, "Code")),
        (400, "SignatureDoesNotMatch")
    );
    let (json, query) = signed(state.time());
    assert_eq!((json.0, query.0), (200, 200));
    let (_, body) = send(&state, &list_clusters(headers(id), token), "{}");
    assert!(body.contains("ExpiredTokenException"), "{body}");
}

#[test]
fn arns_of_govcloud_are_in_its_partition() {
    let shape = Shape {
        clusters: 1,
        ..Shape::default()
    };
    let world = World::single(1, Shape::default());
    let world = world.with_place(SINGLE_ACCOUNT, "us-gov-west-1", shape);
    let state = State::new(world, Rules::default());
    let mut headers = headers(BASE_ACCESS_KEY);
    let signed = HeaderValue::try_from(authorization(BASE_ACCESS_KEY, "us-gov-west-1"));
    headers.insert("authorization", signed.expect("plain text"));
    let (_, clusters) = send(&state, &list_clusters(headers.clone(), ""), "{}");
    assert!(
        clusters.contains("arn:aws-us-gov:ecs:us-gov-west-1:"),
        "{clusters}"
    );
    let (_, identity) = send(&state, &headers, &form("GetCallerIdentity", &[]));
    assert!(element(&identity, "Arn").starts_with("arn:aws-us-gov:iam::"));
}
