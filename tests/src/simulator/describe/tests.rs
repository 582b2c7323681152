use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::simulator::rules::{Rules, Scope, VanishRule, Vanishing};
use crate::simulator::state::State;
use crate::simulator::testing::{ask, list, refusal, small};

fn vanish(state: &State, object: Vanishing) {
    let scope = Scope::default();
    state.change_rules(|rules| rules.vanished.push(VanishRule { scope, object }));
}

#[test]
fn batches_are_limited_as_aws_limits_them() {
    let state = small(Rules::default());
    let names = |count| vec!["a"; count];
    let refused = [
        (
            "DescribeServices",
            json!({ "services": names(11) }),
            "service names can have at most 10 items.",
        ),
        ("DescribeServices", json!({}), "Services cannot be empty."),
        (
            "DescribeTasks",
            json!({ "tasks": names(101) }),
            "taskIds can have at most 100 items.",
        ),
        (
            "DescribeTasks",
            json!({ "tasks": [] }),
            "Tasks cannot be empty.",
        ),
        (
            "DescribeClusters",
            json!({ "clusters": names(101) }),
            "clusters can have at most 100 items.",
        ),
    ];
    for (operation, parameters, message) in refused {
        let expected = format!("InvalidParameterException: {message}");
        assert_eq!(refusal(&state, operation, &parameters), expected);
    }
    let full = ask(
        &state,
        "DescribeServices",
        &json!({ "services": names(10) }),
    );
    assert_eq!(full["failures"].as_array().map(Vec::len), Some(10));
}

#[test]
fn what_is_missing_is_a_failure_with_its_arn() {
    let state = small(Rules::default());
    let other_cluster = list(&state, "ListTasks", &json!({ "cluster": "search-001" }));
    let arn = |rest: &str| format!("arn:aws:ecs:us-east-1:123456789012:{rest}");
    let missing = |arn: &str| json!([{ "arn": arn, "reason": "MISSING" }]);
    let answer = ask(
        &state,
        "DescribeTasks",
        &json!({ "tasks": [other_cluster[0]] }),
    );
    assert_eq!(
        (&answer["tasks"], &answer["failures"]),
        (&json!([]), &missing(&other_cluster[0]))
    );
    let answer = ask(
        &state,
        "DescribeServices",
        &json!({ "services": ["gone \"quoted\""] }),
    );
    assert_eq!(
        answer["failures"],
        missing(&arn("service/default/gone \"quoted\""))
    );
    let answer = ask(
        &state,
        "DescribeClusters",
        &json!({ "clusters": ["default", "gone"] }),
    );
    assert_eq!(answer["clusters"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["failures"], missing(&arn("cluster/gone")));
}

#[test]
fn sections_are_there_only_when_included() {
    let state = small(Rules::default());
    let tasks = list(&state, "ListTasks", &json!({}));
    let tags = |include: Value| {
        let parameters = json!({ "tasks": tasks, "include": include });
        ask(&state, "DescribeTasks", &parameters)["tasks"][0]["tags"].clone()
    };
    assert_eq!(tags(json!([])), json!([]));
    assert_eq!(tags(json!(["TAGS"]))[0]["key"], "aws:ecs:serviceName");
    let plain = ask(&state, "DescribeClusters", &json!({}))["clusters"][0].clone();
    assert_eq!(
        (&plain["settings"], &plain["statistics"]),
        (&json!([]), &json!([]))
    );
    assert!(plain.get("configuration").is_none() && plain.get("attachments").is_none());
    let include = [
        "ATTACHMENTS",
        "CONFIGURATIONS",
        "SETTINGS",
        "STATISTICS",
        "TAGS",
    ];
    let full =
        ask(&state, "DescribeClusters", &json!({ "include": include }))["clusters"][0].clone();
    for member in ["attachments", "settings", "statistics", "tags"] {
        assert_ne!(full[member], json!([]), "{member}");
    }
    assert!(full["configuration"]["executeCommandConfiguration"].is_object());
    let refused = refusal(
        &state,
        "DescribeTasks",
        &json!({ "tasks": ["a"], "include": ["Tags"] }),
    );
    assert!(
        refused.starts_with("InvalidParameterException"),
        "{refused}"
    );
}

#[test]
fn tags_of_a_task_definition_are_beside_it() {
    let state = small(Rules::default());
    let parameters = json!({ "taskDefinition": "app000001-orders", "include": ["TAGS"] });
    let answer = ask(&state, "DescribeTaskDefinition", &parameters);
    assert_eq!(answer["taskDefinition"]["revision"], 3);
    assert!(answer["taskDefinition"].get("tags").is_none());
    assert_eq!(
        answer["tags"][0],
        json!({ "key": "Name", "value": "app000001-orders" })
    );
    for unknown in [
        "app000001-orders:4",
        "app000001-orders:0",
        "app000001",
        "nope",
        "",
    ] {
        let refused = refusal(
            &state,
            "DescribeTaskDefinition",
            &json!({ "taskDefinition": unknown }),
        );
        assert_eq!(
            refused,
            "ClientException: Unable to describe task definition."
        );
    }
}

#[test]
fn listed_objects_vanish_in_the_way_that_was_asked_for() {
    let state = small(Rules::default());
    let tasks = list(&state, "ListTasks", &json!({}));
    let services = list(&state, "ListServices", &json!({}));
    // The default cluster holds every object with an even index, so its second one has index 2.
    vanish(&state, Vanishing::Task(0));
    vanish(&state, Vanishing::TaskWithoutTrace(2));
    vanish(&state, Vanishing::Service(2));
    vanish(&state, Vanishing::Cluster(1));
    vanish(
        &state,
        Vanishing::TaskDefinition {
            family: 1,
            revision: 3,
        },
    );
    assert_eq!(list(&state, "ListTasks", &json!({})), tasks);
    let answer = ask(&state, "DescribeTasks", &json!({ "tasks": tasks }));
    assert_eq!(answer["tasks"].as_array().map(Vec::len), Some(18));
    assert_eq!(
        answer["failures"],
        json!([{ "arn": tasks[0], "reason": "MISSING" }])
    );
    let answer = ask(
        &state,
        "DescribeServices",
        &json!({ "services": services[..2] }),
    );
    assert_eq!(
        answer["failures"],
        json!([{ "arn": services[1], "reason": "MISSING" }])
    );
    assert_eq!(list(&state, "ListClusters", &json!({})).len(), 2);
    for operation in ["ListTasks", "ListServices"] {
        let refused = refusal(&state, operation, &json!({ "cluster": "search-001" }));
        assert_eq!(refused, "ClusterNotFoundException: Cluster not found.");
    }
    let parameters = json!({ "taskDefinition": "app000001-orders:3" });
    assert!(refusal(&state, "DescribeTaskDefinition", &parameters).starts_with("ClientException"));
    let truth = &state.truth()[0];
    let found = (
        truth.clusters,
        truth.services,
        truth.running_tasks,
        truth.stopped_tasks,
    );
    assert_eq!((found, truth.active_revisions), ((1, 7, 18, 3), 15));
}

#[test]
fn every_environment_value_holds_the_canary() {
    let state = small(Rules::default());
    let canary = state.world.canary().to_owned();
    let mut values = Vec::new();
    let mut collect = |containers: &Value| {
        let containers = containers.as_array().into_iter().flatten();
        let entries = containers
            .filter_map(|it| it["environment"].as_array())
            .flatten();
        values.extend(entries.map(|entry| entry["value"].as_str().unwrap_or_default().to_owned()));
    };
    for arn in list(&state, "ListTaskDefinitions", &json!({})) {
        let answer = ask(
            &state,
            "DescribeTaskDefinition",
            &json!({ "taskDefinition": arn }),
        );
        collect(&answer["taskDefinition"]["containerDefinitions"]);
    }
    let tasks = list(&state, "ListTasks", &json!({}));
    for task in ask(&state, "DescribeTasks", &json!({ "tasks": tasks }))["tasks"]
        .as_array()
        .into_iter()
        .flatten()
    {
        collect(&task["overrides"]["containerOverrides"]);
    }
    assert!(values.len() > 40, "{} values", values.len());
    assert!(
        values.iter().all(|value| value.contains(&canary)),
        "{values:?}"
    );
}

#[test]
fn the_same_seed_makes_the_same_objects() {
    let describe = |state: &State| {
        let tasks = list(state, "ListTasks", &json!({}));
        ask(
            state,
            "DescribeTasks",
            &json!({ "tasks": tasks, "include": ["TAGS"] }),
        )
    };
    assert_eq!(
        describe(&small(Rules::default())),
        describe(&small(Rules::default()))
    );
}

#[test]
fn a_small_world_shows_every_kind_of_service_and_task() {
    let state = small(Rules::default());
    let mut seen = BTreeSet::new();
    let mut note = |found: &Value, paths: &[&str]| {
        let values = paths
            .iter()
            .filter_map(|path| found.pointer(path)?.as_str());
        seen.extend(values.map(str::to_owned));
    };
    for cluster in ["default", "search-001"] {
        for arn in list(&state, "ListServices", &json!({ "cluster": cluster })) {
            let asked = json!({ "cluster": cluster, "services": [arn] });
            let service = ask(&state, "DescribeServices", &asked)["services"][0].clone();
            note(
                &service,
                &[
                    "/launchType",
                    "/platformFamily",
                    "/capacityProviderStrategy/0/capacityProvider",
                    "/deploymentController/type",
                    "/deployments/0/rolloutState",
                    "/deployments/1/status",
                    "/taskSets/0/stabilityStatus",
                ],
            );
        }
        for arn in list(&state, "ListTasks", &json!({ "cluster": cluster })) {
            let asked = json!({ "cluster": cluster, "tasks": [arn] });
            let task = ask(&state, "DescribeTasks", &asked)["tasks"][0].clone();
            note(&task, &["/launchType", "/attributes/0/value"]);
        }
    }
    for expected in [
        "FARGATE",
        "EC2",
        "EXTERNAL",
        "MANAGED_INSTANCES",
        "FARGATE_SPOT",
        "asg-00",
        "managed-001-00",
        "Windows_Server_2022_Core",
        "CODE_DEPLOY",
        "EXTERNAL",
        "IN_PROGRESS",
        "STEADY_STATE",
        "arm64",
        "x86_64",
    ] {
        assert!(seen.contains(expected), "{expected} is not among {seen:?}");
    }
}

#[test]
fn revisions_show_processors_and_rare_settings() {
    let state = small(Rules::default());
    let of_family = |family: &str| {
        let asked = json!({ "taskDefinition": family });
        let answer = ask(&state, "DescribeTaskDefinition", &asked);
        answer["taskDefinition"].clone()
    };
    let platform = of_family("app000007-auth")["runtimePlatform"].clone();
    assert_eq!(
        platform,
        json!({ "operatingSystemFamily": "LINUX", "cpuArchitecture": "ARM64" })
    );
    let container = of_family("app000001-orders")["containerDefinitions"][0].clone();
    for rare in ["linuxParameters", "healthCheck", "versionConsistency"] {
        assert!(container.get(rare).is_some(), "{rare}");
    }
}
