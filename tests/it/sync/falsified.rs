//! Answers that are valid JSON, but not valid responses of ECS.

use std::process::Child;
use std::time::Duration;

use portolan_tests::simulator::{Fault, FaultRule, Frequency, Rules, World};
use serde_json::Value;

use super::faults::{always, failures};
use crate::support::{OBJECTS, Site};

fn next(operation: &str, fault: Fault) -> Rules {
    Rules {
        faults: vec![FaultRule::next(operation, fault, 1)],
        ..Rules::default()
    }
}

/// The rejections of an object's scopes.
fn rejections(report: &Value, object: &str) -> Vec<Value> {
    let scopes = report["scopes"].as_array().unwrap();
    let mine = scopes.iter().filter(|scope| scope["object"] == object);
    mine.filter_map(|scope| scope["rejections"].as_array())
        .flatten()
        .cloned()
        .collect()
}

/// Checks that one object with a member of a wrong type is rejected by name, and everything else is written.
#[track_caller]
fn only_the_wrong_object_is_rejected(operation: &str, object: &str, path: &str) {
    let site = Site::new(World::small(1), next(operation, Fault::WrongType));
    site.sync(&[]).with(3);
    let report = site.report();
    for each in OBJECTS {
        let counts = &report["objects"][each];
        let lost = u64::from(each == object);
        assert_eq!(counts["rejected"], lost, "{each}: {counts}");
        assert_eq!(counts["failed"], 0, "{each}: {counts}");
        assert_eq!(
            counts["written"].as_u64().unwrap() + lost,
            counts["listed"].as_u64().unwrap(),
            "{each}: {counts}"
        );
    }
    let rejections = rejections(&report, object);
    assert_eq!(rejections.len(), 1, "{rejections:?}");
    assert_eq!(rejections[0]["code"], "wrong-type");
    let found = rejections[0]["path"].as_str().unwrap();
    assert!(found.contains(path), "{found}");
    let arn = rejections[0]["arn"].as_str().unwrap();
    assert!(!site.records(object).contains_key(arn), "{arn}");
    assert_eq!(failures(&report, object), Vec::<Value>::new());
}

#[test]
fn a_cluster_of_a_wrong_type_is_rejected_alone() {
    only_the_wrong_object_is_rejected("DescribeClusters", "EcsCluster", "runningTasksCount");
}

#[test]
fn a_service_of_a_wrong_type_is_rejected_alone() {
    only_the_wrong_object_is_rejected("DescribeServices", "EcsService", "networkConfiguration");
}

#[test]
fn a_task_of_a_wrong_type_is_rejected_alone() {
    only_the_wrong_object_is_rejected("DescribeTasks", "EcsTask", "lastStatus");
}

#[test]
fn a_task_definition_of_a_wrong_type_is_rejected_alone() {
    only_the_wrong_object_is_rejected("DescribeTaskDefinition", "EcsTaskDefinition", "revision");
}

/// An object that is described twice is written once, whether the SDK can read the answer or not, without
/// another call.
#[test]
fn a_repeated_object_is_kept_once() {
    for operation in ["DescribeClusters", "DescribeServices", "DescribeTasks"] {
        let site = Site::new(World::small(1), always(operation, Fault::RepeatedObject));
        let ended = site.sync(&[]).with(0);
        assert!(
            ended.stderr.contains("described objects twice"),
            "{operation}: {}",
            ended.stderr
        );
        assert_eq!(site.all_records().len(), 74, "{operation}");
        let report = site.report();
        let retries = report["operations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|calls| calls["retries"].as_u64().unwrap());
        assert_eq!(retries.sum::<u64>(), 0, "{operation}");
    }
    let rules = always("DescribeTasks", Fault::RepeatedWrongType);
    let site = Site::new(World::small(1), rules);
    site.sync(&[]).with(3);
    let counts = &site.report()["objects"]["EcsTask"];
    let rejected = counts["rejected"].as_u64().unwrap();
    assert_eq!(
        (counts["listed"].clone(), counts["failed"].clone()),
        (40.into(), 0.into())
    );
    assert_eq!(
        counts["written"].as_u64().unwrap() + rejected,
        40,
        "{counts}"
    );
}

#[test]
fn a_dropped_object_is_asked_for_again() {
    for operation in ["DescribeClusters", "DescribeServices", "DescribeTasks"] {
        let calm = Site::small();
        calm.sync(&[]).with(0);
        let site = Site::new(World::small(1), next(operation, Fault::DroppedObject));
        site.sync(&[]).with(0);
        assert_eq!(site.all_records(), calm.all_records(), "{operation}");
        assert_eq!(
            site.calls(operation),
            calm.calls(operation) + 1,
            "{operation}"
        );
    }
}

#[test]
fn an_object_that_stays_dropped_is_a_tombstone() {
    for (operation, object, calls) in [
        ("DescribeClusters", "EcsCluster", 1),
        ("DescribeServices", "EcsService", 2),
        ("DescribeTasks", "EcsTask", 2),
    ] {
        let site = Site::new(World::small(1), always(operation, Fault::DroppedObject));
        site.sync(&[]).with(0);
        let report = site.report();
        let counts = &report["objects"][object];
        assert_eq!(counts["tombstones"], calls, "one for each answer: {counts}");
        assert_eq!(
            counts["written"].as_u64().unwrap() + calls,
            counts["listed"].as_u64().unwrap(),
            "{counts}"
        );
        let scopes = report["scopes"].as_array().unwrap();
        let mut details = scopes
            .iter()
            .filter(|scope| scope["object"] == object)
            .filter_map(|scope| scope["tombstones_detail"].as_array())
            .flatten()
            .map(|tombstone| tombstone["detail"].as_str().unwrap());
        assert!(
            details.all(|detail| detail.contains("neither described nor")),
            "{report}"
        );
    }
}

/// An answer with null content is not a valid answer, and not an empty one.
#[test]
fn nulls_in_place_of_objects_fail_their_scope() {
    for (operation, object, member) in [
        ("DescribeClusters", "EcsCluster", "clusters"),
        ("DescribeServices", "EcsService", "services"),
        ("DescribeTasks", "EcsTask", "tasks"),
        (
            "DescribeTaskDefinition",
            "EcsTaskDefinition",
            "taskDefinition",
        ),
    ] {
        let site = Site::new(World::small(1), always(operation, Fault::NullMember));
        site.sync(&["--maximum-retries", "1"]).with(3);
        let report = site.report();
        let counts = &report["objects"][object];
        assert_eq!(counts["failed"], counts["listed"], "{object}: {counts}");
        assert_eq!(counts["tombstones"], 0, "{object}: {counts}");
        let failures = failures(&report, object);
        let message = failures[0]["message"].as_str().unwrap();
        assert!(message.contains(&format!("no {member}")), "{message}");
        assert!(message.contains("given up after 2 tries"), "{message}");
    }
}

#[test]
fn a_null_that_goes_away_loses_nothing() {
    let fault = Fault::NullMember;
    let site = Site::new(World::small(1), next("DescribeTaskDefinition", fault));
    site.sync(&[]).with(0);
    assert_eq!(site.all_records().len(), 74);
}

/// A List with ARNs that are missing, null or not texts must not pass for an empty one.
#[test]
fn lists_without_arns_fail_their_scope() {
    for fault in [Fault::WrongType, Fault::NullMember, Fault::EmptyObject] {
        for (operation, object) in [
            ("ListClusters", "EcsCluster"),
            ("ListServices", "EcsService"),
            ("ListTasks", "EcsTask"),
            ("ListTaskDefinitions", "EcsTaskDefinition"),
        ] {
            let site = Site::new(World::small(1), always(operation, fault.clone()));
            site.sync(&["--maximum-retries", "1"]).with(3);
            let report = site.report();
            assert_eq!(report["complete"], false, "{operation} {fault:?}");
            let failures = failures(&report, object);
            assert_eq!(failures[0]["operation"], operation, "{fault:?}");
            assert_eq!(failures[0]["code"], "malformed-response", "{fault:?}");
            let written = &report["objects"][object]["written"];
            assert_eq!(*written, 0, "{operation} {fault:?}");
        }
    }
}

/// Waits for a process. Returns its exit status and the largest resident size that Linux reported, in KiB.
fn watch(mut child: Child) -> (Option<i32>, u64) {
    let file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(&file).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let shown = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(shown.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code(), peak);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A body without end is cut at its limit, and fails its scope.
#[test]
fn an_endless_body_fails_its_scope_by_name() {
    let site = Site::new(
        World::small(1),
        always("DescribeServices", Fault::EndlessBody),
    );
    let mut sync = site.sync_command(&["--parallel-requests", "1"]);
    let (status, peak) = watch(sync.spawn().unwrap());
    assert_eq!(status, Some(3));
    assert!(peak < 512 * 1024, "{peak} KiB for a body of 64 MiB");
    let report = site.report();
    assert_eq!(report["objects"]["EcsService"]["failed"], 16);
    for failure in failures(&report, "EcsService") {
        assert_eq!(failure["code"], "response-too-large", "{failure}");
        assert!(failure["request_id"].is_string(), "{failure}");
    }
    assert_eq!(site.calls("DescribeServices"), 2, "none is repeated");
    assert_eq!(site.records("EcsTask").len(), 40);
}

/// Calls to STS use the same client.
#[test]
fn an_endless_body_of_sts_ends_too() {
    let rules = Rules {
        faults: vec![FaultRule {
            operation: Some("GetCallerIdentity".into()),
            fault: Fault::EndlessBody,
            frequency: Frequency::Rate(1.0),
        }],
        ..Rules::default()
    };
    let site = Site::new(World::small(1), rules);
    let ended = site.sync(&[]).with(0);
    assert!(
        ended.stderr.contains("STS does not return the account"),
        "{}",
        ended.stderr
    );
}
