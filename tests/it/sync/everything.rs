//! The output of a sync equals the content of the world.

use portolan_tests::simulator::{Rules, World};
use serde_json::json;

use super::behind::world_of;
use crate::support::{OBJECTS, Site, root, run};

pub(super) const ROLES: &str =
    "arn:aws:iam::111111111111:role/PortolanRead,arn:aws:iam::222222222222:role/PortolanRead";
pub(super) const REGIONS: &str = "us-east-1,eu-west-1";
/// Access keys of the two accounts, to read the simulator without the program.
pub(super) const KEYS: [(&str, &str); 2] = [
    ("AKIAFIRST", "111111111111"),
    ("AKIASECOND", "222222222222"),
];

pub(super) fn demo() -> Site {
    let world = KEYS.iter().fold(World::demo(1), |world, (key, account)| {
        world.with_access_key(key, account)
    });
    Site::new(world, Rules::default())
}

pub(super) fn demo_arguments<'a>() -> Vec<&'a str> {
    vec![
        "--assume-role-arn",
        ROLES,
        "--regions",
        REGIONS,
        "--option",
        "EcsTask.fetchStoppedTasks=true",
    ]
}

#[test]
fn two_accounts_and_two_regions_arrive_whole() {
    let site = demo();
    let ended = site.sync(&demo_arguments()).with(0);
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str()),
        ("", ""),
        "a pipe gets no talk"
    );
    for (object, arns) in OBJECTS.iter().zip(world_of(&site)) {
        let records = site.records(object);
        assert!(!arns.is_empty());
        assert_eq!(
            records.keys().collect::<Vec<_>>(),
            arns.iter().collect::<Vec<_>>(),
            "{object}"
        );
    }
    assert_eq!(
        site.files(),
        [
            "EcsCluster.jsonl",
            "EcsService.jsonl",
            "EcsTask.jsonl",
            "EcsTaskDefinition.jsonl",
            "report.json"
        ]
    );
}

#[test]
fn the_report_counts_what_the_world_holds() {
    let site = demo();
    site.sync(&demo_arguments()).with(0);
    let (report, truth) = (site.report(), site.simulator.truth());
    let sum =
        |count: fn(&portolan_tests::simulator::Truth) -> u64| truth.iter().map(count).sum::<u64>();
    let expected = [
        sum(|it| it.clusters),
        sum(|it| it.services),
        sum(|it| it.running_tasks + it.stopped_tasks),
        sum(|it| it.active_revisions),
    ];
    for (object, expected) in OBJECTS.iter().zip(expected) {
        assert_eq!(report["objects"][object]["written"], expected, "{object}");
        assert_eq!(site.records(object).len() as u64, expected, "{object}");
    }
    assert_eq!(
        (&report["status"], &report["complete"]),
        (&json!("complete"), &json!(true))
    );
    assert_eq!(report["data_replaced"], true);
    for scope in report["scopes"].as_array().unwrap() {
        assert_eq!(scope["complete"], true, "{scope}");
        let sum: u64 = ["written", "tombstones", "rejected", "failed"]
            .iter()
            .map(|name| scope[name].as_u64().unwrap())
            .sum();
        let listed = scope["listed"].as_u64().unwrap();
        assert!(
            sum == listed || scope["cluster"].is_string() && listed == 0,
            "{scope}"
        );
    }
}

#[test]
fn the_vanished_cluster_is_a_tombstone_in_each_account_and_region() {
    let site = demo();
    site.sync(&demo_arguments()).with(0);
    let report = site.report();
    assert_eq!(report["objects"]["EcsCluster"]["tombstones"], 4);
    let scopes = report["scopes"].as_array().unwrap();
    let clusters = scopes
        .iter()
        .filter(|scope| scope["object"] == "EcsCluster");
    for scope in clusters {
        let tombstones = scope["tombstones_detail"].as_array().unwrap();
        assert_eq!(tombstones.len(), 1, "{scope}");
        assert_eq!(tombstones[0]["reason"], "MISSING");
        assert!(
            tombstones[0]["arn"].as_str().unwrap().contains(":cluster/"),
            "{scope}"
        );
    }
}

#[test]
fn every_record_and_the_report_are_valid() {
    let site = demo();
    site.sync(&demo_arguments()).with(0);
    let mut validate = site.command("validate");
    validate.args(site.files().iter().map(|name| site.output().join(name)));
    let ended = run(&mut validate).with(0);
    assert_eq!(ended.stdout, "");
}

#[test]
fn records_say_which_account_and_region_they_are_of() {
    let site = demo();
    site.sync(&demo_arguments()).with(0);
    for object in OBJECTS {
        let records = site.records(object);
        assert_ne!(records.len(), 0, "{object}");
        for (uid, record) in records {
            let arn: Vec<&str> = uid.split(':').collect();
            assert_eq!(record["REGION"], arn[3], "{record}");
            assert_eq!(record["ACCOUNT_ID"], arn[4], "{record}");
        }
    }
}

#[test]
fn revisions_are_active_inactive_or_both_as_asked() {
    for (status, expected) in [("ACTIVE", 16), ("INACTIVE", 8), ("ALL", 24)] {
        let site = Site::small();
        let option = format!("EcsTaskDefinition.status={status}");
        site.sync(&["--objects", "EcsTaskDefinition", "--option", &option])
            .with(0);
        assert_eq!(
            site.records("EcsTaskDefinition").len(),
            expected,
            "{status}"
        );
    }
}

#[test]
fn stopped_tasks_come_only_if_asked_for() {
    for (option, expected) in [("false", 40), ("true", 46)] {
        let site = Site::small();
        site.sync(&[
            "--objects",
            "EcsTask",
            "--option",
            &format!("EcsTask.fetchStoppedTasks={option}"),
        ])
        .with(0);
        assert_eq!(site.records("EcsTask").len(), expected, "{option}");
        assert_eq!(site.files(), ["EcsTask.jsonl", "report.json"]);
    }
}

#[test]
fn an_empty_region_is_complete_and_has_empty_files() {
    let site = Site::new(World::single(1, Default::default()), Rules::default());
    site.sync(&[]).with(0);
    assert_eq!(site.all_records().len(), 0);
    assert_eq!(
        (site.files().len(), &site.report()["status"]),
        (5, &json!("complete"))
    );
}

#[test]
fn a_region_that_is_named_twice_is_synced_once() {
    let site = Site::small();
    site.sync(&["--regions", "us-east-1, us-east-1"]).with(0);
    assert_eq!(
        (site.all_records().len(), site.calls("ListClusters")),
        (74, 1)
    );
}

#[test]
fn an_attribute_that_no_record_has_is_told() {
    let site = demo();
    site.sync(&demo_arguments()).with(0);
    let report = site.report();
    // The simulator fills every member that AWS can send, so that the test covers the whole stock mappings.
    assert_eq!(report.get("unfilled_attributes"), None, "{report}");
    let site = demo();
    let overlay = root().join("tests/guests/built/owner.wasm");
    let overlay = ["--overlays", overlay.to_str().unwrap()];
    site.sync(&[demo_arguments(), overlay.to_vec()].concat())
        .with(0);
    assert_eq!(
        site.report()["unfilled_attributes"],
        json!({"EcsTask": ["OWNER", "COST_CENTER"]})
    );
}
