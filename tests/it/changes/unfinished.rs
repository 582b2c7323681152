//! Comparisons with an earlier sync if one of the two syncs is incomplete, fails or is interrupted.

use std::process::Stdio;

use portolan_tests::simulator::{Denial, Fault, FaultRule, Frequency};
use serde_json::{Value, json};

use super::{counts, earlier_tasks, feed, rewrite, sync_again};
use crate::support::{Site, run, wait_until};

/// Adds to the earlier output a service that no longer exists.
fn earlier_service(site: &Site) {
    rewrite(site, "EcsService", |records| {
        let mut gone = records[0].clone();
        gone["UID"] = json!("arn:aws:ecs:us-east-1:123456789012:service/gone");
        records.push(gone);
    });
}

fn deny_services(site: &Site) {
    let denial = Denial {
        operation: Some("DescribeServices".into()),
        ..Denial::default()
    };
    site.simulator
        .change_rules(|rules| rules.denials = vec![denial]);
}

#[test]
fn what_an_incomplete_sync_misses_is_not_called_removed() {
    let site = Site::small();
    site.sync(&[]).with(0);
    earlier_service(&site);
    let [_, _, gone] = earlier_tasks(&site);
    deny_services(&site);
    let ended = sync_again(&site, &[]).with(3);
    assert!(
        ended.stderr.contains("17 earlier records of EcsService"),
        "{}",
        ended.stderr
    );
    assert_eq!(counts(&site.report(), "EcsService"), [0, 0, 0, 0, 17]);
    assert_eq!(feed(&site.output(), "EcsService"), Vec::<Value>::new());
    // Tasks were complete in both syncs.
    assert_eq!(counts(&site.report(), "EcsTask"), [1, 1, 38, 1, 0]);
    assert_eq!(feed(&site.output(), "EcsTask")[2]["uid"], gone);
}

#[test]
fn what_an_incomplete_earlier_sync_had_is_not_called_removed() {
    let site = Site::small();
    deny_services(&site);
    site.sync(&[]).with(3);
    let uid = "arn:aws:ecs:us-east-1:123456789012:service/gone";
    let record = json!({"UID": uid, "ACCOUNT_ID": "123456789012", "REGION": "us-east-1"});
    std::fs::write(
        site.output().join("EcsService.jsonl"),
        format!("{record}\n"),
    )
    .unwrap();
    site.simulator.change_rules(|rules| rules.denials.clear());
    sync_again(&site, &[]).with(0);
    assert_eq!(counts(&site.report(), "EcsService"), [16, 0, 0, 0, 1]);
}

#[test]
fn what_was_not_asked_for_is_not_called_removed() {
    let site = Site::small();
    site.sync(&["--option", "EcsTask.fetchStoppedTasks=true"])
        .with(0);
    earlier_service(&site);
    sync_again(&site, &[]).with(0);
    assert_eq!(counts(&site.report(), "EcsTask"), [0, 0, 40, 0, 6]);
    assert_eq!(counts(&site.report(), "EcsService"), [0, 0, 16, 1, 0]);
}

#[test]
fn what_one_side_did_not_read_is_not_compared() {
    let site = Site::small();
    site.sync(&[]).with(0);
    // TAGS was not read. An overlay may compute OWNER from tags, so OWNER cannot be compared either.
    rewrite(&site, "EcsTask", |records| {
        records[0]["OWNER"] = json!("payments");
        records[1]["GROUP"] = json!("family:other");
        for record in records {
            record["TAGS"] = json!(["tier:other"]);
        }
    });
    let path = site.output().join("report.json");
    let mut report: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for scope in report["scopes"].as_array_mut().unwrap() {
        scope["unread"] = json!(["CONFIGURATIONS", "SETTINGS", "TAGS"]);
    }
    std::fs::write(&path, report.to_string()).unwrap();
    // The earlier sync read none of a cluster's three includes, so the earlier records lack their attributes.
    // DEFAULT_CAPACITY_PROVIDERS comes from no include, so its change is reported all the same.
    rewrite(&site, "EcsCluster", |records| {
        for record in records {
            let record = record.as_object_mut().unwrap();
            record.retain(|name, _| !name.starts_with("EXECUTE_COMMAND"));
            for name in ["TAGS", "CONTAINER_INSIGHTS", "DEFAULT_CAPACITY_PROVIDERS"] {
                record.remove(name);
            }
        }
    });
    sync_again(&site, &[]).with(0);
    let clusters = feed(&site.output(), "EcsCluster");
    assert!(!clusters.is_empty());
    for cluster in clusters {
        let changed = &cluster["changed_attributes"];
        assert_eq!(*changed, json!(["DEFAULT_CAPACITY_PROVIDERS"]));
    }
    assert_eq!(counts(&site.report(), "EcsTask"), [0, 1, 39, 0, 0]);
    let changed = &feed(&site.output(), "EcsTask")[0]["changed_attributes"];
    assert_eq!(*changed, json!(["GROUP"]));
}

#[test]
fn a_sync_that_fails_leaves_the_feeds_of_the_last() {
    let site = Site::small();
    site.sync(&[]).with(0);
    earlier_tasks(&site);
    sync_again(&site, &[]).with(0);
    let before = feed(&site.output(), "EcsTask");
    let mut sync = site.sync_command(&["--changes-since", site.output().to_str().unwrap()]);
    run(sync.env("AWS_ACCESS_KEY_ID", "AKIANOBODY")).with(1);
    assert_eq!(feed(&site.output(), "EcsTask"), before);
}

#[test]
fn a_sync_without_comparison_leaves_no_feed_of_another() {
    let site = Site::small();
    site.sync(&[]).with(0);
    sync_again(&site, &[]).with(0);
    assert_eq!(site.files().len(), 9);
    site.sync(&[]).with(0);
    assert_eq!(site.files().len(), 5);
}

#[test]
fn an_interrupted_sync_leaves_no_feed() {
    let site = Site::small();
    site.sync(&[]).with(0);
    earlier_tasks(&site);
    let before = site.contents();
    let rule = FaultRule {
        operation: Some("DescribeServices".into()),
        fault: Fault::SlowBody(std::time::Duration::from_secs(60)),
        frequency: Frequency::Rate(1.0),
    };
    site.simulator
        .change_rules(|rules| rules.faults = vec![rule]);
    site.simulator.reset();
    let mut sync = site.sync_command(&["--changes-since", site.output().to_str().unwrap()]);
    let sync = sync.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = sync.spawn().unwrap();
    wait_until("tasks", || site.calls("DescribeTasks") > 0);
    wait_until("a request that is not answered", || {
        site.calls("DescribeServices") > 0
    });
    crate::sync::signal("INT", &child);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(site.contents() == before, "the output has changed");
}
