use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{DEFAULT_EVENT_NAMES, Event, events};
use crate::simulator::clock;
use crate::simulator::rules::{Denial, Fault, FaultRule, Rules, Throttling};
use crate::simulator::state::State;
use crate::simulator::testing::{ask, call, elements, refusal, small};
use crate::simulator::world::SINGLE_ACCOUNT;

const DAY: u64 = 86_400;

fn lookup(name: &str, from: u64, to: u64) -> Value {
    json!({
        "LookupAttributes": [{ "AttributeKey": "EventName", "AttributeValue": name }],
        "StartTime": from,
        "EndTime": to,
    })
}

fn expected(state: &State, name: &str, from: u64, to: u64) -> Vec<Event> {
    events(
        &state.world.place(SINGLE_ACCOUNT, "us-east-1"),
        name,
        from..=to,
    )
}

fn answered(state: &State, asked: &Value) -> Vec<Value> {
    elements(state, "LookupEvents", asked, "NextToken")
}

/// The records of all events of a name in the last days.
fn records(state: &State, name: &str, days: u64) -> Vec<Value> {
    let now = clock::seconds(state.time());
    let answered = answered(state, &lookup(name, now - days * DAY, now));
    let texts = answered
        .iter()
        .filter_map(|it| it["CloudTrailEvent"].as_str());
    texts
        .map(|it| serde_json::from_str(it).expect("JSON"))
        .collect()
}

#[test]
fn any_window_holds_the_events_of_its_time_newest_first() {
    let state = small(Rules::default());
    let (to, mut ids) = (clock::seconds(state.time()) - DAY, BTreeSet::new());
    for name in DEFAULT_EVENT_NAMES {
        let expected = expected(&state, name, to - 30 * DAY, to);
        let answered = answered(&state, &lookup(name, to - 30 * DAY, to));
        let pairs: Vec<_> = answered
            .iter()
            .map(|it| (it["EventId"].as_str(), it["EventTime"].as_f64()))
            .collect();
        let wanted: Vec<_> = expected
            .iter()
            .map(|it| (Some(it.id.as_str()), Some(it.time as f64)))
            .collect();
        assert_eq!(pairs, wanted, "{name}");
        assert!(
            !expected.is_empty() && expected.is_sorted_by(|a, b| a.time > b.time),
            "{name}"
        );
        let middle = expected[expected.len() / 2].time;
        let one = self::answered(&state, &lookup(name, middle, middle));
        assert_eq!(one.len(), 1, "{name}: both ends belong to the window");
        ids.extend(expected.into_iter().map(|it| it.id));
    }
    assert!(ids.len() > 1_000, "{}", ids.len());
    let clusters = expected(&state, "CreateCluster", to - 50 * DAY, to);
    let of_ecs = clusters
        .iter()
        .filter(|it| it.source == "ecs.amazonaws.com")
        .count();
    assert!(
        clusters.len().abs_diff(5 * of_ecs) <= 5,
        "{of_ecs} of {}",
        clusters.len()
    );
    assert!(!records(&state, "DescribeTasks", 1).is_empty());
    assert_eq!(records(&state, "Nonsense", 1), Vec::<Value>::new());
}

#[test]
fn an_event_is_answered_once_it_is_delivered() {
    let state = small(Rules::default());
    let now = clock::seconds(state.time());
    let streams = expected(&state, "RunTask", now, now + 9 * DAY);
    let late = streams
        .iter()
        .find(|it| it.delivered_at - it.time > 300)
        .expect("a late event");
    let answered_at = |time: u64| {
        let offset = time.cast_signed() - now.cast_signed();
        state.change_rules(|rules| rules.clock_offset_seconds = offset);
        answered(&state, &lookup("RunTask", late.time, late.time)).len()
    };
    assert_eq!(answered_at(late.time + 60), 0);
    assert_eq!(answered_at(late.delivered_at), 1);
    assert_eq!(answered_at(late.time + 89 * DAY), 1);
    assert_eq!(answered_at(late.time), 0);
    let delays = streams.iter().map(|it| it.delivered_at - it.time);
    assert!(
        delays
            .max()
            .is_some_and(|delay| (600..=840).contains(&delay))
    );
}

#[test]
fn records_hold_what_must_not_leave_at_several_depths() {
    let state = small(Rules::default());
    let canary = &state.world.canary;
    let registered = records(&state, "RegisterTaskDefinition", 3);
    let environments: Vec<_> = registered
        .iter()
        .map(|it| &it["requestParameters"]["containerDefinitions"][0]["environment"])
        .collect();
    let texts = environments.iter().filter_map(|it| it.as_str());
    let (hidden, inner): (Vec<_>, Vec<_>) = texts.partition(|it| it.starts_with("HIDDEN"));
    assert!(!hidden.is_empty() && !inner.is_empty());
    for text in inner {
        let variables: Value = serde_json::from_str(text).expect("JSON in a string");
        let value = variables[0]["value"].as_str().unwrap_or_default();
        assert!(value.starts_with(canary), "{value}");
    }
    assert!(environments.iter().any(|it| it[0]["value"].is_object()));
    let found = |name, path: &str| {
        let records = records(&state, name, 10);
        let mut values = records.iter().filter_map(|it| it.pointer(path));
        values.any(|it| it.to_string().contains(canary))
    };
    for (name, path) in [
        (
            "RegisterTaskDefinition",
            "/responseElements/taskDefinition/containerDefinitions",
        ),
        (
            "RunTask",
            "/requestParameters/overrides/containerOverrides/0/environment",
        ),
        ("RunTask", "/responseElements/tasks/0/overrides"),
        ("ExecuteCommand", "/requestParameters/command"),
        ("ExecuteCommand", "/responseElements/session/tokenValue"),
    ] {
        assert!(found(name, path), "{name} {path}");
    }
    let defaults = records(&state, "PutAccountSettingDefault", 80);
    let as_documented = defaults.iter().any(|it| {
        it["requestParameters"]["name"] == "awsvpcTrunking"
            && it["responseElements"]["setting"]["name"] == "fargateFIPSMode"
    });
    assert!(as_documented, "{defaults:?}");
}

#[test]
fn lookups_are_refused_as_aws_refuses_them() {
    let state = small(Rules::default());
    let now = clock::seconds(state.time());
    let with = |member: &str, value: Value| {
        let mut asked = lookup("RunTask", now - DAY, now);
        asked[member] = value;
        let refused = refusal(&state, "LookupEvents", &asked);
        refused.split(':').next().unwrap_or_default().to_owned()
    };
    let by_source = json!({ "AttributeKey": "EventSource", "AttributeValue": "x" });
    assert_eq!(
        with("LookupAttributes", json!([by_source, by_source])),
        "InvalidLookupAttributesException"
    );
    assert_eq!(
        with("LookupAttributes", json!([by_source])),
        "InvalidLookupAttributesException"
    );
    assert_eq!(with("MaxResults", json!(51)), "InvalidMaxResultsException");
    assert_eq!(with("NextToken", json!("x")), "InvalidNextTokenException");
    assert_eq!(
        with("StartTime", json!(now + 1)),
        "InvalidTimeRangeException"
    );
    assert_eq!(with("StartTime", json!("today")), "SerializationException");
    let mut first = lookup("RunTask", now - 9 * DAY, now);
    let token = ask(&state, "LookupEvents", &first)["NextToken"].clone();
    first["EndTime"] = json!(now - 1);
    first["NextToken"] = token;
    let refused = refusal(&state, "LookupEvents", &first);
    assert!(
        refused.starts_with("InvalidNextTokenException"),
        "{refused}"
    );
}

#[test]
fn two_lookups_a_second_are_granted_and_rules_name_the_operation() {
    let state = small(Rules::default());
    let now = clock::seconds(state.time());
    let asked = lookup("RunTask", now - DAY, now);
    let fault = FaultRule::next("LookupEvents", Fault::EmptyPage, 1);
    state.change_rules(|rules| {
        rules.faults.push(fault);
        rules
            .faults
            .push(FaultRule::rate(Fault::InternalFailure, 1.0));
    });
    let empty = ask(&state, "LookupEvents", &asked);
    assert!(
        empty["Events"] == json!([]) && empty["NextToken"].is_string(),
        "{empty}"
    );
    state.change_rules(|rules| {
        rules.throttling = Some(Throttling {
            other_clients_share: 1.0,
        });
        rules.denials.push(Denial::default());
    });
    let statuses = [(); 3].map(|()| call(&state, "LookupEvents", &asked).0);
    assert_eq!(
        statuses,
        [200, 200, 400],
        "rules for all of ECS are not about CloudTrail"
    );
    let refused = refusal(&state, "LookupEvents", &asked);
    assert_eq!(refused, "ThrottlingException: Rate exceeded");
    state.change_rules(|rules| {
        rules.throttling = None;
        rules.denials[0].operation = Some("LookupEvents".to_owned());
    });
    let refused = refusal(&state, "LookupEvents", &asked);
    assert!(refused.contains("cloudtrail:LookupEvents"), "{refused}");
    let counts = state.ledger().counts();
    assert_eq!(
        (counts[0].operation.as_str(), counts[0].throttled),
        ("LookupEvents", 2)
    );
}
