//! Faulty answers: repeated until they are right, or reported as failures by name.

use std::time::Duration;

use portolan_tests::simulator::{Fault, FaultRule, Frequency, Rules, World};
use serde_json::Value;

use crate::support::Site;

/// Checks that a sync in which a share of all answers has this fault gives the records of one without faults.
#[track_caller]
fn survives(fault: Fault) {
    let calm = Site::small();
    calm.sync(&["--page-size", "5"]).with(0);
    let rules = Rules {
        faults: vec![FaultRule::rate(fault.clone(), 0.15)],
        ..Rules::default()
    };
    let stormy = Site::new(World::small(1), rules);
    stormy.sync(&["--page-size", "5"]).with(0);
    assert_eq!(stormy.all_records(), calm.all_records());
    let struck = stormy
        .simulator
        .requests()
        .iter()
        .filter(|request| request.answer != "OK")
        .count();
    assert!(
        struck > 0,
        "no answer had {fault:?}, so that this test says nothing"
    );
}

#[test]
fn internal_failures_lose_nothing() {
    survives(Fault::InternalFailure);
}

#[test]
fn throttling_loses_nothing() {
    survives(Fault::Throttling);
}

#[test]
fn resets_lose_nothing() {
    survives(Fault::ConnectionReset);
}

#[test]
fn truncated_bodies_lose_nothing() {
    survives(Fault::TruncatedBody);
}

#[test]
fn cut_json_loses_nothing() {
    survives(Fault::CutJson);
}

#[test]
fn html_with_status_200_loses_nothing() {
    survives(Fault::Html);
}

#[test]
fn slow_bodies_lose_nothing() {
    survives(Fault::SlowBody(Duration::from_millis(100)));
}

#[test]
fn empty_objects_lose_nothing() {
    survives(Fault::EmptyObject);
}

#[test]
fn empty_pages_lose_nothing() {
    survives(Fault::EmptyPage);
}

/// One answer in four has a fault, of five kinds in equal shares.
fn storm() -> Rules {
    let faults = [
        Fault::Throttling,
        Fault::InternalFailure,
        Fault::ConnectionReset,
        Fault::TruncatedBody,
        Fault::SlowBody(Duration::from_millis(50)),
    ];
    // The first rule that applies counts; each rate is a share of the calls that the earlier rules leave.
    Rules {
        faults: faults.map(|fault| FaultRule::rate(fault, 0.05)).to_vec(),
        ..Rules::default()
    }
}

#[test]
fn ten_storms_lose_nothing() {
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 1..=10 {
        let calm = Site::new(World::small(seed), Rules::default());
        calm.sync(&["--page-size", "5"]).with(0);
        let stormy = Site::new(World::small(seed), storm());
        stormy.sync(&["--page-size", "5"]).with(0);
        assert_eq!(stormy.all_records(), calm.all_records(), "seed {seed}");
        let requests = stormy.simulator.requests();
        kinds.extend(requests.into_iter().map(|request| request.answer));
    }
    assert!(kinds.len() >= 5, "not every fault came: {kinds:?}");
}

/// Without retries a storm loses objects, and the report states them: a complete scope has everything, and in
/// any other the numbers add up.
#[test]
fn what_ten_storms_cost_without_retries_is_in_the_report() {
    let mut is_hit = false;
    for seed in 1..=10 {
        let calm = Site::new(World::small(seed), Rules::default());
        calm.sync(&["--page-size", "5"]).with(0);
        let stormy = Site::new(World::small(seed), storm());
        let ended = stormy.sync(&["--page-size", "5", "--maximum-retries", "0"]);
        assert!([0, 3].contains(&ended.status), "{ended:#?}");
        let (calm, report) = (calm.all_records(), stormy.report());
        let stormy = stormy.all_records();
        assert!(
            stormy
                .iter()
                .all(|(uid, record)| calm.get(uid) == Some(record))
        );
        for scope in report["scopes"].as_array().unwrap() {
            let is_here = |record: &Value| is_in(record, scope);
            let expected = calm.values().filter(|record| is_here(record)).count();
            let written = stormy.values().filter(|record| is_here(record)).count();
            assert_eq!(scope["written"], written);
            let failed = scope["failed"].as_u64().unwrap() as usize;
            assert_eq!(scope["listed"], written + failed, "{scope}");
            if scope["complete"] == true {
                assert_eq!((written, failed), (expected, 0), "{scope}");
                continue;
            }
            is_hit = true;
            let failures = scope["failures"].as_array().unwrap();
            assert!(!failures.is_empty(), "{scope}");
            let lists = failures
                .iter()
                .any(|failure| failure["operation"].as_str().unwrap().starts_with("List"));
            // Only after a List that breaks off the number of missing objects is unknown.
            assert!(lists || expected == written + failed, "{scope}");
        }
    }
    assert!(is_hit, "no storm cost anything");
}

/// Whether a record belongs to a scope of the report.
fn is_in(record: &Value, scope: &Value) -> bool {
    let uid = record["UID"].as_str().unwrap();
    let kind = match scope["object"].as_str().unwrap() {
        "EcsCluster" => ":cluster/",
        "EcsService" => ":service/",
        "EcsTask" => ":task/",
        _ => ":task-definition/",
    };
    let cluster = scope["cluster"]
        .as_str()
        .map(|arn| arn.rsplit('/').next().unwrap());
    let is_object = uid.contains(kind);
    // The scope of services or tasks without a cluster covers the list of their clusters.
    match (cluster, kind) {
        (Some(cluster), _) => is_object && uid.contains(&format!("{kind}{cluster}/")),
        (None, ":service/" | ":task/") => false,
        (None, _) => is_object,
    }
}

/// Rules that give every answer of an operation this fault.
pub(super) fn always(operation: &str, fault: Fault) -> Rules {
    let rule = FaultRule {
        operation: Some(operation.into()),
        fault,
        frequency: Frequency::Rate(1.0),
    };
    Rules {
        faults: vec![rule],
        ..Rules::default()
    }
}

/// The failures of an object's scopes.
pub(super) fn failures(report: &Value, object: &str) -> Vec<Value> {
    let scopes = report["scopes"].as_array().unwrap();
    let mine = scopes.iter().filter(|scope| scope["object"] == object);
    mine.filter_map(|scope| scope["failures"].as_array())
        .flatten()
        .cloned()
        .collect()
}

/// Checks that a permanent fault fails the scopes that need the operation, and only those.
#[track_caller]
fn fails_its_scope(fault: Fault, has_request_id: bool) {
    let site = Site::new(World::small(1), always("DescribeServices", fault));
    let ended = site.sync(&["--maximum-retries", "1"]).with(3);
    let report = site.report();
    assert_eq!(report["status"], "partial");
    for object in ["EcsCluster", "EcsTask", "EcsTaskDefinition"] {
        assert!(!site.records(object).is_empty(), "{object}");
        assert_eq!(failures(&report, object), Vec::<Value>::new());
    }
    assert_eq!(report["objects"]["EcsService"]["failed"], 16);
    assert_eq!(
        site.calls("DescribeServices"),
        4,
        "two batches, each sent twice"
    );
    let failures = failures(&report, "EcsService");
    assert_eq!(failures.len(), 2);
    for failure in failures {
        assert_eq!(failure["operation"], "DescribeServices");
        let message = failure["message"].as_str().unwrap();
        assert!(
            message.contains("DescribeServices") && message.contains("given up after 2 tries"),
            "{message}"
        );
        assert_eq!(
            failure["request_id"].is_string(),
            has_request_id,
            "{failure}"
        );
        if let Some(id) = failure["request_id"].as_str() {
            assert!(message.contains(id), "{message}");
            assert!(ended.stderr.contains("request id"), "{}", ended.stderr);
        }
        assert!(
            ended.stderr.contains("DescribeServices"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn lasting_internal_failures_fail_their_scope() {
    fails_its_scope(Fault::InternalFailure, true);
}

#[test]
fn lasting_resets_fail_their_scope() {
    fails_its_scope(Fault::ConnectionReset, false);
}

#[test]
fn lasting_truncation_fails_its_scope() {
    fails_its_scope(Fault::TruncatedBody, true);
}

#[test]
fn lasting_cut_json_fails_its_scope() {
    fails_its_scope(Fault::CutJson, true);
}

#[test]
fn lasting_html_fails_its_scope() {
    fails_its_scope(Fault::Html, true);
}

#[test]
fn lasting_empty_objects_fail_their_scope() {
    fails_its_scope(Fault::EmptyObject, true);
}

#[test]
fn being_throttled_does_not_count_against_retries() {
    let rules = Rules {
        faults: vec![FaultRule::next("DescribeTasks", Fault::Throttling, 5)],
        ..Rules::default()
    };
    let site = Site::new(World::small(1), rules);
    site.sync(&["--maximum-retries", "0"]).with(0);
    let report = site.report();
    let operations = report["operations"].as_array().unwrap();
    let tasks = operations
        .iter()
        .find(|it| it["operation"] == "DescribeTasks")
        .unwrap();
    assert_eq!(
        (tasks["throttles"].as_u64(), tasks["retries"].as_u64()),
        (Some(5), Some(0))
    );
    assert_eq!(tasks["calls"], 7);
}

#[test]
fn token_buckets_slow_a_sync_down_and_lose_nothing() {
    let calm = Site::small();
    calm.sync(&["--page-size", "2"]).with(0);
    let rules = Rules {
        throttling: Some(portolan_tests::simulator::Throttling {
            other_clients_share: 0.5,
        }),
        ..Rules::default()
    };
    let busy = Site::new(World::small(1), rules);
    busy.sync(&["--page-size", "2", "--maximum-retries", "0"])
        .with(0);
    assert_eq!(busy.all_records(), calm.all_records());
}

#[test]
fn a_listing_that_fails_says_so() {
    let site = Site::new(
        World::small(1),
        always("ListClusters", Fault::InternalFailure),
    );
    site.sync(&["--maximum-retries", "1"]).with(3);
    let report = site.report();
    for object in ["EcsCluster", "EcsService", "EcsTask"] {
        assert_eq!(
            failures(&report, object)[0]["operation"],
            "ListClusters",
            "{object}"
        );
    }
    assert_eq!(site.records("EcsTaskDefinition").len(), 16);
    assert_eq!(
        site.calls("ListClusters"),
        2,
        "listed once for three objects, and repeated once"
    );
}

#[test]
fn a_role_is_assumed_again_after_a_fault() {
    let role = "arn:aws:iam::123456789012:role/Read";
    let faults = vec![FaultRule::next("AssumeRole", Fault::InternalFailure, 2)];
    let site = Site::new(
        World::small(1).with_role(role, None),
        Rules {
            faults,
            ..Rules::default()
        },
    );
    site.sync(&["--assume-role-arn", role]).with(0);
    assert_eq!(site.all_records().len(), 74);
}

#[test]
fn a_network_without_sts_can_be_synced() {
    let site = Site::new(
        World::small(1),
        always("GetCallerIdentity", Fault::ConnectionReset),
    );
    let ended = site.sync(&[]).with(0);
    assert!(
        ended.stderr.contains("STS does not return the account"),
        "{}",
        ended.stderr
    );
    assert!(
        site.records("EcsTask")
            .values()
            .all(|record| record["ACCOUNT_ID"] == "123456789012")
    );
}
