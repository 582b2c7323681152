use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::simulator::rules::{Fault, FaultRule, Rules};
use crate::simulator::state::State;
use crate::simulator::testing::{ask, call, list, refusal, small};
use crate::simulator::world::{Shape, World};

const LISTS: [&str; 4] = [
    "ListClusters",
    "ListServices",
    "ListTasks",
    "ListTaskDefinitions",
];

#[test]
fn pages_of_any_size_hold_every_arn_once() {
    let state = small(Rules::default());
    for operation in LISTS {
        let whole = list(&state, operation, &json!({ "maxResults": 100 }));
        assert!(whole.len() > 1, "{operation}");
        assert_eq!(
            whole.iter().collect::<BTreeSet<_>>().len(),
            whole.len(),
            "{operation}"
        );
        for size in [1, 3, whole.len()] {
            let paged = list(&state, operation, &json!({ "maxResults": size }));
            assert_eq!(paged, whole, "{operation} in pages of {size}");
        }
    }
}

#[test]
fn services_come_in_tens_and_the_rest_in_hundreds() {
    let shape = Shape {
        clusters: 1,
        services: 150,
        running_tasks: 150,
        families: 150,
        active_revisions: 1,
        ..Shape::default()
    };
    let state = State::new(World::single(1, shape), Rules::default());
    let page = |operation, member: &str| {
        let answer = ask(&state, operation, &json!({}));
        assert!(answer["nextToken"].is_string(), "{operation}");
        answer[member].as_array().map_or(0, Vec::len)
    };
    assert_eq!(page("ListServices", "serviceArns"), 10);
    assert_eq!(page("ListTasks", "taskArns"), 100);
    assert_eq!(page("ListTaskDefinitions", "taskDefinitionArns"), 100);
}

#[test]
fn page_sizes_outside_1_to_100_are_refused() {
    let state = small(Rules::default());
    for operation in LISTS {
        for size in [-1, 0, 101] {
            let refused = refusal(&state, operation, &json!({ "maxResults": size }));
            assert!(
                refused.starts_with("InvalidParameterException: "),
                "{refused}"
            );
        }
    }
}

#[test]
fn a_token_is_refused_where_it_does_not_belong() {
    let state = small(Rules::default());
    let token = ask(&state, "ListTasks", &json!({ "maxResults": 1 }))["nextToken"].clone();
    assert_eq!(
        call(&state, "ListTasks", &json!({ "nextToken": token })).0,
        200
    );
    let foreign = [
        ("ListServices", json!({ "nextToken": token })),
        (
            "ListTasks",
            json!({ "nextToken": token, "cluster": "search-001" }),
        ),
        (
            "ListTasks",
            json!({ "nextToken": token, "launchType": "EC2" }),
        ),
        ("ListTasks", json!({ "nextToken": "1" })),
    ];
    for (operation, parameters) in foreign {
        let refused = refusal(&state, operation, &parameters);
        assert_eq!(refused, "InvalidParameterException: Invalid token.");
    }
    state.change_rules(|rules| rules.token_lifetime = Some(Duration::ZERO));
    std::thread::sleep(Duration::from_millis(2));
    let expired = refusal(&state, "ListTasks", &json!({ "nextToken": token }));
    assert_eq!(expired, "InvalidParameterException: Token has expired.");
}

#[test]
fn tasks_are_running_unless_others_are_asked_for() {
    let state = small(Rules::default());
    let tasks = |status: &str| list(&state, "ListTasks", &json!({ "desiredStatus": status })).len();
    assert_eq!(list(&state, "ListTasks", &json!({})).len(), 20);
    assert_eq!(
        (tasks("RUNNING"), tasks("STOPPED"), tasks("PENDING")),
        (20, 3, 0)
    );
}

#[test]
fn filters_divide_the_tasks_of_a_cluster() {
    let state = small(Rules::default());
    let count = |filter| list(&state, "ListTasks", &filter).len();
    let types = ["FARGATE", "EC2", "EXTERNAL", "MANAGED_INSTANCES"];
    let by_type: Vec<_> = types
        .iter()
        .map(|it| count(json!({ "launchType": it })))
        .collect();
    assert_eq!(by_type.iter().sum::<usize>(), 20);
    assert!(by_type[..3].iter().all(|&it| it > 0), "{by_type:?}");
    let services = list(&state, "ListServices", &json!({}));
    let of_services: usize = services
        .iter()
        .map(|it| count(json!({ "serviceName": it })))
        .sum();
    let alone = count(json!({ "startedBy": "nightly-batch" }));
    assert_eq!((of_services + alone, alone > 0), (20, true));
}

#[test]
fn task_definitions_are_listed_by_status_family_and_order() {
    let state = small(Rules::default());
    let revisions = |filter| list(&state, "ListTaskDefinitions", &filter);
    let active = revisions(json!({}));
    assert_eq!(
        (
            active.len(),
            revisions(json!({ "status": "INACTIVE" })).len()
        ),
        (16, 8)
    );
    assert_eq!(
        revisions(json!({ "status": "DELETE_IN_PROGRESS" })),
        [""; 0]
    );
    let mut descending = revisions(json!({ "sort": "DESC", "maxResults": 3 }));
    descending.reverse();
    assert_eq!(descending, active);
    let family = revisions(json!({ "familyPrefix": "app000002-gateway" }));
    assert_eq!(family, active[4..6]);
}

#[test]
fn unknown_values_and_clusters_are_refused() {
    let state = small(Rules::default());
    let refused = [
        (
            "ListTasks",
            json!({ "desiredStatus": "BOGUS" }),
            "InvalidParameterException",
        ),
        (
            "ListTasks",
            json!({ "launchType": "fargate" }),
            "InvalidParameterException",
        ),
        (
            "ListTaskDefinitions",
            json!({ "status": "" }),
            "InvalidParameterException",
        ),
        (
            "ListTaskDefinitions",
            json!({ "sort": "UP" }),
            "InvalidParameterException",
        ),
        (
            "ListTasks",
            json!({ "cluster": "search" }),
            "ClusterNotFoundException",
        ),
        (
            "ListServices",
            json!({ "cluster": "search-002" }),
            "ClusterNotFoundException",
        ),
        (
            "ListTasks",
            json!({ "serviceName": "nope" }),
            "ServiceNotFoundException",
        ),
        (
            "ListTasks",
            json!({ "maxResults": "ten" }),
            "SerializationException",
        ),
    ];
    for (operation, parameters, code) in refused {
        let refused = refusal(&state, operation, &parameters);
        assert!(
            refused.starts_with(&format!("{code}: ")),
            "{operation} {parameters}: {refused}"
        );
    }
}

#[test]
fn an_empty_page_carries_a_token_that_leads_on() {
    let state = small(Rules::default());
    let whole = list(&state, "ListTasks", &json!({}));
    state.change_rules(|rules| {
        rules
            .faults
            .push(FaultRule::next("ListTasks", Fault::EmptyPage, 2))
    });
    let first = ask(&state, "ListTasks", &json!({}));
    assert_eq!(first["taskArns"], json!([]));
    let second = ask(
        &state,
        "ListTasks",
        &json!({ "nextToken": first["nextToken"] }),
    );
    assert_eq!(second["taskArns"], json!([]));
    assert_ne!(first["nextToken"], second["nextToken"]);
    let rest = list(
        &state,
        "ListTasks",
        &json!({ "nextToken": second["nextToken"] }),
    );
    assert_eq!(rest, whole);
}

#[test]
fn a_repeated_token_repeats_for_ever() {
    let state = small(Rules::default());
    state.change_rules(|rules| {
        rules
            .faults
            .push(FaultRule::rate(Fault::RepeatedToken, 1.0))
    });
    let first = ask(&state, "ListTasks", &json!({}))["nextToken"].clone();
    for _ in 0..3 {
        let again = ask(&state, "ListTasks", &json!({ "nextToken": first }));
        assert_eq!(again["nextToken"], first);
    }
}

#[test]
fn the_world_changes_while_it_is_read() {
    let rules = Rules {
        calls_per_change: Some(1),
        ..Rules::default()
    };
    let state = small(rules);
    let before = list(&state, "ListTasks", &json!({ "maxResults": 5 }));
    let stopped = list(&state, "ListTasks", &json!({ "desiredStatus": "STOPPED" }));
    assert!(stopped.len() > 3, "{} stopped tasks", stopped.len());
    assert!(stopped.contains(&before[0]));
}

/// A change after every call: the lists match the truth of that moment.
#[test]
fn services_revisions_and_stopped_tasks_come_and_go() {
    let shape = Shape {
        clusters: 1,
        services: 8,
        stopped_tasks: 5,
        families: 6,
        active_revisions: 2,
        inactive_revisions: 1,
        ..Shape::default()
    };
    let rules = Rules {
        calls_per_deployment: Some(1),
        ..Rules::default()
    };
    let state = State::new(World::single(1, shape), rules);
    let services = |state: &State| list(state, "ListServices", &json!({ "maxResults": 100 }));
    let before = services(&state);
    for _ in 0..20 {
        let now = services(&state);
        assert_eq!(now.len() as u64, state.truth()[0].services);
        let stopped = list(&state, "ListTasks", &json!({ "desiredStatus": "STOPPED" }));
        assert_eq!(stopped.len() as u64, state.truth()[0].stopped_tasks);
        for status in ["ACTIVE", "INACTIVE"] {
            let revisions = list(&state, "ListTaskDefinitions", &json!({ "status": status }));
            let truth = state.truth();
            let expected = match status {
                "ACTIVE" => truth[0].active_revisions,
                _ => truth[0].inactive_revisions,
            };
            assert_eq!(revisions.len() as u64, expected, "{status}");
        }
    }
    let after = services(&state);
    assert!(!after.contains(&before[0]) && !before.contains(after.last().expect("new ones")));
    let gone = json!({ "services": [before[0]] });
    let answer = ask(&state, "DescribeServices", &gone);
    assert_eq!(answer["failures"][0]["reason"], "MISSING");
    let new = json!({ "services": [after.last()] });
    let answer = ask(&state, "DescribeServices", &new);
    assert_eq!(answer["services"][0]["serviceArn"], json!(after.last()));
    let cluster = ask(
        &state,
        "DescribeClusters",
        &json!({ "clusters": ["default"] }),
    );
    assert_eq!(
        cluster["clusters"][0]["activeServicesCount"],
        state.truth()[0].services
    );
    // The effect for clients: the oldest ACTIVE revision is INACTIVE now, and a new family can be described.
    let oldest = json!({ "taskDefinition": "app000000-checkout:2" });
    let answer = ask(&state, "DescribeTaskDefinition", &oldest);
    assert_eq!(answer["taskDefinition"]["status"], "INACTIVE");
    let newest = json!({ "taskDefinition": "app000006-metrics:3" });
    let answer = ask(&state, "DescribeTaskDefinition", &newest);
    assert_eq!(answer["taskDefinition"]["status"], "ACTIVE");
}

#[test]
fn a_million_tasks_are_listed_without_being_held() {
    let state = State::new(World::vast(1), Rules::default());
    let tasks = list(&state, "ListTasks", &json!({ "cluster": "search-097" }));
    assert_eq!(tasks.len(), 10_000);
    let last = json!({ "cluster": "search-097", "tasks": [tasks[9_999]] });
    let answer = ask(&state, "DescribeTasks", &last);
    assert_eq!(answer["tasks"][0]["taskArn"], tasks[9_999].as_str());
    let family = list(
        &state,
        "ListTaskDefinitions",
        &json!({ "familyPrefix": "app000999-auth" }),
    );
    assert_eq!(family.len(), 500);
}
