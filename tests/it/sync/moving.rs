//! A world that changes while it is read.

use std::collections::BTreeSet;

use portolan_tests::simulator::{Rules, Shape, World};

use crate::support::{OBJECTS, Site};

#[test]
fn tasks_that_stop_and_start_meanwhile_are_written_once() {
    let rules = Rules {
        calls_per_change: Some(2),
        ..Rules::default()
    };
    let site = Site::new(World::small(1), rules);
    site.sync(&[
        "--page-size",
        "2",
        "--option",
        "EcsTask.fetchStoppedTasks=true",
    ])
    .with(0);
    let changes = site
        .simulator
        .counts()
        .iter()
        .map(|count| count.calls)
        .sum::<u64>()
        / 2;
    assert!(changes > 20, "the world changed {changes} times only");
    // Reading the records fails the test if a UID occurs twice.
    let records = site.records("EcsTask");
    let counts = &site.report()["objects"]["EcsTask"];
    assert_eq!(counts["written"], records.len());
    assert!(
        records.len() >= 46,
        "{} of the 46 tasks that were there all along",
        records.len()
    );
}

/// Services and stopped tasks go, revisions are deregistered, and new ones of each come. Every object that
/// exists from the first call to the last is written, and none is written twice.
#[test]
fn what_exists_throughout_is_written_once_whatever_else_comes_and_goes() {
    let shape = Shape {
        clusters: 3,
        services: 120,
        running_tasks: 200,
        stopped_tasks: 60,
        families: 40,
        active_revisions: 3,
        inactive_revisions: 1,
        ..Shape::default()
    };
    let everything = [
        "--page-size",
        "5",
        "--option",
        "EcsTask.fetchStoppedTasks=true,EcsTaskDefinition.status=ALL",
    ];
    let calm = Site::new(World::single(1, shape.clone()), Rules::default());
    calm.sync(&everything).with(0);
    let rules = Rules {
        calls_per_change: Some(3),
        calls_per_deployment: Some(2),
        ..Rules::default()
    };
    let site = Site::new(World::single(1, shape), rules);
    site.sync(&everything).with(0);
    let calls: u64 = site.simulator.counts().iter().map(|it| it.calls).sum();
    // The changes alternate with four other ones, which bounds the number of each kind.
    let went = calls / 2 / 5 + 1;
    assert!(went > 20, "{went} of each kind only");
    let report = site.report();
    let written = |site: &Site, object: &str| -> BTreeSet<String> {
        // Reading the records fails the test if a UID occurs twice.
        site.records(object).into_keys().collect()
    };
    let (mut gone, mut new) = (0, 0);
    for object in OBJECTS {
        let (before, now) = (written(&calm, object), written(&site, object));
        assert_eq!(report["objects"][object]["written"], now.len(), "{object}");
        new += now.difference(&before).count();
        for uid in before.difference(&now) {
            gone += 1;
            let index = || uid.rsplit('-').next().unwrap().parse::<u64>();
            let may_go = match object {
                "EcsService" => index().unwrap() < went,
                // Ids of tasks do not show their index.
                "EcsTask" => calm.records(object)[uid]["SOURCE_STATUS"] == "STOPPED",
                _ => false,
            };
            assert!(may_go, "{uid} is missing");
        }
    }
    assert!(gone > 0 && new > 0, "{gone} gone and {new} new");
}

#[test]
fn credentials_are_renewed_when_they_expire_midway() {
    let shape = Shape {
        families: 30,
        active_revisions: 4,
        ..Shape::default()
    };
    let role = "arn:aws:iam::123456789012:role/Read";
    let rules = Rules {
        latency: std::time::Duration::from_millis(50),
        session_lifetime: Some(std::time::Duration::from_secs(2)),
        ..Rules::default()
    };
    let site = Site::new(World::single(1, shape).with_role(role, None), rules);
    site.sync(&["--assume-role-arn", role, "--parallel-requests", "2"])
        .with(0);
    assert_eq!(site.records("EcsTaskDefinition").len(), 120);
    assert!(
        site.calls("AssumeRole") > 1,
        "the session was never renewed"
    );
}
