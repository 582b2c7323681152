//! The requests of a sync: their parameters, full batches, and no unnecessary call.

use std::collections::BTreeMap;
use std::time::Duration;

use portolan_tests::simulator::{Request, Rules, Shape, World};
use serde_json::json;

use super::everything::{demo, demo_arguments};
use crate::support::Site;

fn requests<'a>(all: &'a [Request], operation: &'a str) -> impl Iterator<Item = &'a Request> {
    all.iter()
        .filter(move |request| request.operation == operation)
}

fn calls(site: &Site) -> BTreeMap<String, u64> {
    let mut calls = BTreeMap::new();
    for count in site.simulator.counts() {
        *calls.entry(count.operation).or_default() += count.calls;
    }
    calls
}

#[test]
fn every_describe_asks_for_what_its_row_includes() {
    let site = Site::small();
    site.sync(&[]).with(0);
    let all = site.simulator.requests();
    for (operation, includes) in [
        (
            "DescribeClusters",
            json!(["TAGS", "SETTINGS", "CONFIGURATIONS"]),
        ),
        ("DescribeServices", json!(["TAGS"])),
        ("DescribeTasks", json!(["TAGS"])),
        ("DescribeTaskDefinition", json!(["TAGS"])),
    ] {
        assert!(requests(&all, operation).count() > 0, "{operation}");
        for request in requests(&all, operation) {
            assert_eq!(request.body["include"], includes, "{operation}");
        }
    }
}

#[test]
fn every_list_says_page_size_and_status() {
    let site = Site::small();
    site.sync(&[
        "--page-size",
        "7",
        "--option",
        "EcsTask.fetchStoppedTasks=true,EcsTaskDefinition.status=ALL",
    ])
    .with(0);
    let all = site.simulator.requests();
    for operation in [
        "ListClusters",
        "ListServices",
        "ListTasks",
        "ListTaskDefinitions",
    ] {
        assert!(requests(&all, operation).count() > 0, "{operation}");
        for request in requests(&all, operation) {
            assert_eq!(request.body["maxResults"], 7, "{operation}");
        }
    }
    let statuses = |operation, member: &str| {
        let mut given: Vec<_> = requests(&all, operation)
            .map(|it| it.body[member].as_str().unwrap().to_owned())
            .collect();
        given.sort();
        given.dedup();
        given
    };
    assert_eq!(
        statuses("ListTasks", "desiredStatus"),
        ["RUNNING", "STOPPED"]
    );
    assert_eq!(
        statuses("ListTaskDefinitions", "status"),
        ["ACTIVE", "DELETE_IN_PROGRESS", "INACTIVE"]
    );
}

/// The batch sizes of one Describe operation, largest first. `member` is the parameter that holds the batch.
fn batches(site: &Site, operation: &str, member: &str) -> Vec<usize> {
    let all = site.simulator.requests();
    let mut sizes: Vec<usize> = requests(&all, operation)
        .map(|request| request.body[member].as_array().unwrap().len())
        .collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    sizes
}

#[test]
fn batches_are_as_large_as_aws_allows() {
    let shape = Shape {
        clusters: 101,
        services: 25 * 101,
        running_tasks: 130 * 101,
        families: 1,
        active_revisions: 3,
        ..Default::default()
    };
    let site = Site::new(World::single(1, shape), Default::default());
    site.sync(&[]).with(0);
    assert_eq!(batches(&site, "DescribeClusters", "clusters"), [100, 1]);
    let services = batches(&site, "DescribeServices", "services");
    assert_eq!(
        (services.len(), services[0], services[201], services[202]),
        (303, 10, 10, 5)
    );
    let tasks = batches(&site, "DescribeTasks", "tasks");
    assert_eq!(
        (tasks.len(), tasks[0], tasks[100], tasks[101]),
        (202, 100, 100, 30)
    );
    assert_eq!(calls(&site)["DescribeTaskDefinition"], 3);
}

#[test]
fn the_page_size_bounds_batches_too() {
    let site = Site::small();
    site.sync(&["--page-size", "7"]).with(0);
    assert_eq!(batches(&site, "DescribeServices", "services"), [7, 7, 1, 1]);
    assert_eq!(batches(&site, "DescribeTasks", "tasks"), [7, 7, 7, 7, 6, 6]);
    assert_eq!(batches(&site, "DescribeClusters", "clusters"), [2]);
}

#[test]
fn no_call_is_made_that_is_not_needed() {
    let site = demo();
    site.sync(&demo_arguments()).with(0);
    // There are four pairs of account and Region, with four clusters each. One cluster of each pair vanishes
    // after ListClusters has returned it. It still costs one call for its services and one for its tasks.
    let calls = calls(&site);
    assert_eq!(calls["ListClusters"], 4);
    assert_eq!(calls["DescribeClusters"], 4);
    assert_eq!(calls["ListServices"], 4 * 4);
    assert_eq!(calls["DescribeServices"], 4 * 3);
    assert_eq!(calls["ListTasks"], 4 * (3 * 2 + 1));
    // Running and stopped tasks of a cluster share a batch.
    assert_eq!(calls["DescribeTasks"], 4 * 3);
    assert_eq!(calls["ListTaskDefinitions"], 4);
    assert_eq!(calls["DescribeTaskDefinition"], 4 * 40);
    assert_eq!(
        calls["AssumeRole"], 2,
        "credentials are shared between Regions"
    );
    assert_eq!(calls["GetCallerIdentity"], 2);
    let refused = site
        .simulator
        .requests()
        .into_iter()
        .filter(|request| request.answer != "OK");
    let reasons: Vec<String> = refused.map(|request| request.answer).collect();
    assert!(
        reasons
            .iter()
            .all(|answer| answer == "ClusterNotFoundException"),
        "{reasons:?}"
    );
}

#[test]
fn objects_that_nobody_chose_cost_no_call() {
    let site = Site::small();
    site.sync(&["--objects", "EcsService"]).with(0);
    let operations: Vec<String> = calls(&site).into_keys().collect();
    assert_eq!(
        operations,
        [
            "DescribeServices",
            "GetCallerIdentity",
            "ListClusters",
            "ListServices"
        ]
    );
}

#[test]
fn the_report_counts_the_calls_that_were_made() {
    let site = demo();
    site.sync(&demo_arguments()).with(0);
    let report = site.report();
    let reported = report["operations"].as_array().unwrap();
    let seen = site.simulator.counts();
    let ecs: Vec<_> = seen
        .iter()
        .filter(|it| !["AssumeRole", "GetCallerIdentity"].contains(&it.operation.as_str()))
        .collect();
    assert_eq!(reported.len(), ecs.len());
    for count in ecs {
        let found = reported.iter().find(|it| {
            it["account_id"] == count.account
                && it["region"] == count.region
                && it["operation"] == count.operation
        });
        assert_eq!(found.unwrap()["calls"], count.calls, "{count:?}");
    }
}

#[test]
fn requests_in_flight_are_bounded() {
    let latency_ms = 150;
    let rules = Rules {
        latency: Duration::from_millis(latency_ms),
        ..Rules::default()
    };
    let site = Site::new(World::small(1), rules);
    site.sync(&["--page-size", "4", "--parallel-requests", "3"])
        .with(0);
    let starts: Vec<u64> = site
        .simulator
        .requests()
        .iter()
        .map(|request| request.offset_ms)
        .collect();
    // An answer takes at least `latency_ms`, so all requests that start within one such window are in flight
    // together. The 20 ms allow for imprecise timing.
    let in_flight = |start: &u64| {
        starts
            .iter()
            .filter(|it| (*start..start + latency_ms - 20).contains(it))
            .count()
    };
    let most = starts.iter().map(in_flight).max();
    assert_eq!(
        most,
        Some(3),
        "three are allowed, and there is enough to do for three"
    );
}
