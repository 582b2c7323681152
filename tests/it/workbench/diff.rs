use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{file, guest, mapper, stock};
use crate::examples::recorded;
use crate::guests::answers::{Answer, component};
use crate::support::{Ended, run};

/// A cluster, and two tasks; one of them has an owner.
fn pages() -> String {
    let cluster = json!({"clusters": [{"clusterArn": "arn:c"}]}).to_string();
    let task = json!({"tasks": [
        {"taskArn": "arn:0", "tags": [{"key": "owner", "value": "team-a"}]},
        {"taskArn": "arn:1", "behaviour": "against-schema"},
    ]});
    [
        recorded("DescribeClusters", &cluster),
        recorded("DescribeTasks", &task.to_string()),
    ]
    .join("\n")
}

fn diff(old: &Path, new: &Path, more: &[&str]) -> Ended {
    let (_folder, pages) = file("pages.jsonl", pages().as_bytes());
    run(mapper(&["diff"])
        .arg(old)
        .arg(new)
        .arg("--pages")
        .arg(pages)
        .args(more))
}

fn found(old: &Path, new: &Path) -> Value {
    serde_json::from_str(&diff(old, new, &["--json"]).with(3).stdout).unwrap()
}

#[test]
fn the_same_module_makes_no_difference() {
    let ended = diff(&guest("owner.wasm"), &guest("owner.wasm"), &[]).with(0);
    assert!(ended.stdout.contains("no difference"), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("1 pages are left out"),
        "{}",
        ended.stderr
    );
    diff(&PathBuf::from("stock"), &stock("task"), &[]).with(0);
}

#[test]
fn what_an_overlay_adds_is_gained_and_lost_the_other_way_round() {
    let (none, owner) = (PathBuf::from("stock"), guest("owner.wasm"));
    let tasks = &found(&none, &owner)["objects"]["EcsTask"];
    assert_eq!((&tasks["changed"], &tasks["same"]), (&json!(1), &json!(1)));
    let expected = json!({"gained": 1, "lost": 0, "changed": 0,
        "examples": [{"uid": "arn:0", "new": "\"team-a\""}]});
    assert_eq!(tasks["attributes"], json!({ "OWNER": expected }));
    let back = &found(&owner, &none)["objects"]["EcsTask"]["attributes"]["OWNER"];
    assert_eq!((&back["gained"], &back["lost"]), (&json!(0), &json!(1)));
    let text = diff(&none, &owner, &[]).with(3).stdout;
    for part in [
        "stock -> portolan-test-owner 0.1.0",
        "OWNER: 1 gain it, 0 lose it, 0 change it",
        "arn:0: nothing -> \"team-a\"",
    ] {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
}

#[test]
fn records_and_issues_that_come_and_go_are_named() {
    let tasks = &found(&stock("task"), &guest("evil.wasm"))["objects"]["EcsTask"];
    assert_eq!(
        tasks["vanish"],
        json!({"records": 1, "examples": ["arn:1"]})
    );
    let issue = &tasks["issues"][0];
    assert_eq!(
        (&issue["code"], &issue["appear"], &issue["vanish"]),
        (&json!("invalid-record"), &json!(1), &json!(0)),
        "{tasks}"
    );
    let back = &found(&guest("evil.wasm"), &stock("task"))["objects"]["EcsTask"];
    assert_eq!(back["appear"]["records"], 1);
    assert_eq!(back["issues"][0]["vanish"], 1);
}

#[test]
fn a_module_that_can_do_nothing_loses_every_record() {
    let refusing = component(&Answer {
        // A list of rows far outside of its memory.
        result: [0, 0, 0, u32::MAX, 9, 0, 0],
        ..Answer::default()
    });
    let (_folder, refusing) = file("refusing.wasm", &refusing);
    let tasks = &found(&stock("task"), &refusing)["objects"]["EcsTask"];
    assert_eq!(tasks["vanish"]["records"], 2, "{tasks}");
    assert_eq!(tasks["issues"][0]["code"], "mapper-bad-answer", "{tasks}");
}

#[test]
fn pages_that_neither_is_for_cannot_be_compared() {
    let ended = diff(&stock("service"), &stock("service"), &[]).with(1);
    assert!(ended.stderr.contains("has no page"), "{}", ended.stderr);
}
