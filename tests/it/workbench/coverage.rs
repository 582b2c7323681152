use std::path::Path;

use portolan_tests::pages::describe_tasks_page;
use serde_json::{Value, json};

use super::{file, guest, mapper, stock};
use crate::examples::recorded;
use crate::support::{root, run};

fn coverage(module: &Path, page: &str) -> Value {
    let (_folder, pages) = file("pages.jsonl", page.as_bytes());
    let ended = run(mapper(&["coverage", "--json"])
        .arg(module)
        .arg("--pages")
        .arg(pages))
    .with(0);
    serde_json::from_str(&ended.stdout).unwrap()
}

fn paths(members: &Value) -> Vec<&str> {
    let members = members.as_array().unwrap().iter();
    members
        .map(|member| member["path"].as_str().unwrap())
        .collect()
}

/// The source type of the stock mapping of tasks names the members that it reads.
#[test]
fn what_a_mapping_reads_is_what_its_manifest_asks_for() {
    let page = recorded("DescribeTasks", &describe_tasks_page(100));
    let found = &coverage(&stock("task"), &page)["objects"]["EcsTask"];
    assert_eq!(
        (&found["objects"], &found["records"]),
        (&100.into(), &100.into())
    );
    let (read, unread) = (paths(&found["read"]), paths(&found["unread"]));
    for path in [
        "tasks[].taskArn",
        "tasks[].lastStatus",
        "tasks[].tags",
        "tasks[].containers[].image",
        "tasks[].startedAt",
    ] {
        assert!(read.contains(&path), "{path} is read: {found:#}");
        assert!(!unread.contains(&path), "{path}");
    }
    for path in [
        "tasks[].containers[].managedAgents",
        "tasks[].pullStartedAt",
    ] {
        assert!(unread.contains(&path), "{path} is unread: {found:#}");
        assert!(!read.contains(&path), "{path}");
    }
    assert!(paths(&found["empty"]).contains(&"failures"), "{found:#}");
    let agents = found["unread"].as_array().unwrap().iter();
    let agents = agents
        .clone()
        .find(|member| member["path"] == "tasks[].containers[].managedAgents");
    assert_eq!(
        agents.map(|member| (&member["objects"], &member["inside"])),
        Some((&json!(100), &json!(3)))
    );
}

#[test]
fn an_overlay_is_told_apart_from_the_mapping_below_it() {
    let tasks = json!({"tasks": [
        {"taskArn": "arn:0", "cpu": "256", "unknown": {"to": "all"}},
        {"taskArn": "arn:1", "tags": [{"key": "owner", "value": "v"}]},
    ]});
    let page = recorded("DescribeTasks", &tasks.to_string());
    let found = &coverage(&guest("owner.wasm"), &page)["objects"]["EcsTask"];
    assert_eq!(paths(&found["read"]), ["tasks[].tags"], "{found:#}");
    assert_eq!(paths(&found["unread"]), ["tasks[].unknown"], "{found:#}");
    assert_eq!(found["unfilled"], json!(["COST_CENTER"]));
    assert_eq!(found["filled"]["OWNER"], 1);
}

#[test]
fn a_module_that_does_not_say_what_it_reads_may_read_everything() {
    let tasks = json!({"tasks": [{"taskArn": "arn:0", "unknown": {"to": "it"}}], "beside": 1});
    let page = recorded("DescribeTasks", &tasks.to_string());
    let found = &coverage(&guest("evil.wasm"), &page)["objects"]["EcsTask"];
    assert_eq!(
        paths(&found["read"]),
        ["tasks[].taskArn", "tasks[].unknown", "beside"],
        "{found:#}"
    );
    assert_eq!(paths(&found["unread"]), [""; 0]);
}

/// AWS puts the tags of a task definition beside it.
#[test]
fn a_task_definition_and_what_stands_around_it_are_covered() {
    let body = root().join("tests/pages/aws-examples/describe-task-definition-1.json");
    let mut body: Value = serde_json::from_slice(&std::fs::read(body).unwrap()).unwrap();
    body["tags"] = json!([{"key": "a", "value": "b"}]);
    body["family"] = json!("beside");
    let page = recorded("DescribeTaskDefinition", &body.to_string());
    let found = &coverage(&stock("task-definition"), &page)["objects"]["EcsTaskDefinition"];
    let read = paths(&found["read"]);
    assert!(
        read.contains(&"taskDefinition.family") && read.contains(&"tags"),
        "{found:#}"
    );
    assert!(paths(&found["unread"]).contains(&"family"), "{found:#}");
}

#[test]
fn a_module_is_timed_against_the_stock_mapping() {
    let ended = run(mapper(&["bench", "--json"]).arg(guest("owner.wasm"))).with(0);
    let speeds: Value = serde_json::from_str(&ended.stdout).unwrap();
    let speed = &speeds["EcsTask"];
    assert_eq!(
        (&speed["pages"], &speed["objects"]),
        (&1.into(), &100.into())
    );
    for side in ["module", "stock"] {
        assert!(
            speed[side]["page_microseconds"].as_f64().unwrap() > 0.0,
            "{speed}"
        );
        assert!(
            speed[side]["records_per_second"].as_f64().unwrap() > 1.0,
            "{speed}"
        );
    }
    let (_folder, pages) = file("pages.jsonl", recorded("DescribeClusters", "{}").as_bytes());
    let ended = run(mapper(&["bench"])
        .arg(guest("owner.wasm"))
        .arg("--pages")
        .arg(pages))
    .with(1);
    assert!(
        ended.stderr.contains("no page is of an object"),
        "{}",
        ended.stderr
    );
}
