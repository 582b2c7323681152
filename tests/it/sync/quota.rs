//! AWS's quotas: the sync keeps them without throttles, shares them with other clients, and reports them.

use portolan_tests::simulator::{Rules, Shape, Throttling, World};
use serde_json::Value;

use crate::support::{Site, run};

/// Enough revisions to exhaust a bucket of 50 tokens.
const REVISIONS: u64 = 130;

fn site(other_clients_share: f64) -> Site {
    let shape = Shape {
        clusters: 3,
        services: 60,
        running_tasks: 600,
        families: 1,
        active_revisions: REVISIONS,
        ..Shape::default()
    };
    let throttling = Throttling {
        other_clients_share,
    };
    let rules = Rules {
        throttling: Some(throttling),
        ..Rules::default()
    };
    Site::new(World::single(1, shape), rules)
}

/// The line of an action group.
fn quota<'a>(report: &'a Value, group: &str) -> &'a Value {
    let quotas = report["quotas"].as_array().unwrap();
    quotas.iter().find(|line| line["group"] == group).unwrap()
}

fn sync_at(site: &Site, share: &str) -> crate::support::Ended {
    let mut sync = site.sync_command(&["--quotas", "aws", "--quota-share", share, "--summary"]);
    run(&mut sync).with(0)
}

fn last_offset_ms(site: &Site, operation: &str) -> u64 {
    let requests = site.simulator.requests();
    let offsets = requests
        .iter()
        .filter(|request| request.operation == operation)
        .map(|request| request.offset_ms);
    offsets.max().unwrap()
}

#[test]
fn a_sync_alone_runs_at_the_floor_and_is_never_throttled() {
    let site = site(0.0);
    let ended = sync_at(&site, "1");
    let report = site.report();
    assert_eq!(site.records("EcsTaskDefinition").len() as u64, REVISIONS);
    let line = quota(&report, "task-definition-read");
    // Two pages of revisions, and a call for each revision; 50 of the calls are free.
    assert_eq!(line["calls"], REVISIONS + 2);
    assert_eq!(line["floor_ms"], (REVISIONS + 2 - 50) * 1_000 / 20);
    let ratio = line["elapsed_ms"].as_f64().unwrap() / line["floor_ms"].as_f64().unwrap();
    assert!((0.98..1.25).contains(&ratio), "{ratio} times the floor");
    assert!(line["quota_wait_ms"].as_u64().unwrap() > 0);
    for line in report["quotas"].as_array().unwrap() {
        assert_eq!(line["throttles"], 0, "{line}");
    }
    assert!(
        ended
            .stderr
            .contains("slowest quota: task-definition-read of 123456789012 us-east-1, 132 calls"),
        "{}",
        ended.stderr
    );
    // Buckets are independent: a wait for one does not delay calls of another.
    let tasks = last_offset_ms(&site, "DescribeTasks");
    let revisions = last_offset_ms(&site, "DescribeTaskDefinition");
    assert!(tasks + 2_000 < revisions, "{tasks} ms, {revisions} ms");
}

#[test]
fn a_share_of_the_quota_is_not_exceeded() {
    let site = site(0.0);
    sync_at(&site, "0.5");
    let line = quota(&site.report(), "task-definition-read").clone();
    assert_eq!(line["floor_ms"], (REVISIONS + 2 - 25) * 1_000 / 10);
    assert!(line["elapsed_ms"].as_u64().unwrap() >= line["floor_ms"].as_u64().unwrap() - 50);
}

#[test]
fn another_client_that_takes_half_costs_time_and_nothing_else() {
    let site = site(0.5);
    sync_at(&site, "0.9");
    let report = site.report();
    assert_eq!(report["complete"], true);
    assert_eq!(site.records("EcsTaskDefinition").len() as u64, REVISIONS);
    assert_eq!(site.records("EcsTask").len(), 600);
    let line = quota(&report, "task-definition-read");
    let throttles = line["throttles"].as_u64().unwrap();
    // A sync detects the other client by a few throttles, whatever the number of calls; more would be one in
    // ten.
    assert!((1..=13).contains(&throttles), "{throttles} throttled");
    assert_eq!(line["retries"], 0);
}

#[test]
fn without_quotas_nothing_waits() {
    let site = Site::small();
    let mut sync = site.sync_command(&["--quotas", "none"]);
    run(&mut sync).with(0);
    for line in site.report()["quotas"].as_array().unwrap() {
        assert_eq!(line["quota_wait_ms"], 0, "{line}");
        assert!(line.get("floor_ms").is_none(), "{line}");
    }
}
