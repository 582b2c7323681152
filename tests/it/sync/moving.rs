//! A world that changes while it is read.

use portolan_tests::simulator::{Rules, Shape, World};

use crate::support::Site;

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
    // Reading the records fails the test if a UID comes twice.
    let records = site.records("EcsTask");
    let counts = &site.report()["objects"]["EcsTask"];
    assert_eq!(counts["written"], records.len());
    assert!(
        records.len() >= 46,
        "{} of the 46 tasks that were there all along",
        records.len()
    );
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
