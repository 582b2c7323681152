//! `portolan plan`: its numbers match the sync that follows, and it makes no expensive call.

use std::collections::BTreeMap;

use portolan_tests::simulator::{Denial, Rules, Scope, Shape, World};
use serde_json::{Value, json};

use crate::support::{Site, run};

fn site(rules: Rules) -> Site {
    let shape = Shape {
        clusters: 3,
        services: 40,
        running_tasks: 350,
        families: 5,
        active_revisions: 30,
        ..Shape::default()
    };
    Site::new(World::single(1, shape), rules)
}

fn plan(site: &Site, arguments: &[&str]) -> Value {
    let mut plan = site.command("plan");
    let ended = run(plan.args(arguments).arg("--json")).with(0);
    serde_json::from_str(&ended.stdout).unwrap()
}

/// The simulator's clusters count up to two pending tasks more than they list.
#[track_caller]
fn assert_counts_tasks(scope: &Value) {
    let tasks = scope["objects"]["EcsTask"].as_u64().unwrap();
    assert!((350..=356).contains(&tasks), "{tasks} tasks");
}

fn calls(site: &Site) -> BTreeMap<String, u64> {
    let counts = site.simulator.counts();
    counts
        .into_iter()
        .filter(|count| count.operation != "GetCallerIdentity")
        .map(|count| (count.operation, count.calls))
        .collect()
}

#[test]
fn a_plan_names_the_calls_of_the_sync() {
    for arguments in [
        &[][..],
        &["--page-size", "7"],
        &["--objects", "EcsService,EcsTask"],
    ] {
        let site = site(Rules::default());
        let plan = plan(&site, arguments);
        site.simulator.reset();
        site.sync(arguments).with(0);
        let mut planned = plan["scopes"][0]["operations"].clone();
        let mut calls = calls(&site);
        // Revisions without tags take no place in its pages, so the plan has the most.
        if let Some(called) = calls.remove("GetResources") {
            let planned = planned.as_object_mut().unwrap().remove("GetResources");
            assert_eq!(planned, Some(json!(2)), "150 revisions");
            assert!((1..=2).contains(&called), "{called} calls");
        }
        assert_eq!(planned, json!(calls), "{arguments:?}");
    }
}

#[test]
fn a_plan_asks_only_what_is_cheap() {
    let site = site(Rules::default());
    plan(&site, &[]);
    let expected = json!({"DescribeClusters": 1, "ListClusters": 1, "ListTaskDefinitions": 2});
    assert_eq!(json!(calls(&site)), expected);
}

#[test]
fn a_plan_says_how_long_quotas_make_it_take() {
    let site = site(Rules::default());
    let plan = plan(&site, &["--quotas", "aws", "--quota-share", "1"]);
    let scope = &plan["scopes"][0];
    assert_counts_tasks(scope);
    assert_eq!(scope["slowest"], "task-definition-read");
    let group = &scope["groups"]["task-definition-read"];
    // 150 revisions in two pages; 50 calls are free.
    assert_eq!(*group, json!({"calls": 152, "floor_ms": 5_100}));
    assert_eq!(plan["floor_ms"], 5_100);
    let mut text = site.command("plan");
    let ended = run(text.args(["--quotas", "aws", "--quota-share", "1"])).with(0);
    assert!(
        ended.stdout.contains("152 calls  at least 6 s  (slowest)"),
        "{}",
        ended.stdout
    );
}

/// Nobody may take silence for absence.
#[test]
fn what_is_never_read_is_named() {
    let site = Site::small();
    let plan = plan(&site, &[]);
    let named = plan["not_read"].as_array().unwrap();
    assert!(named.iter().any(|it| it == "daemons"), "{named:?}");
    site.sync(&[]).with(0);
    assert_eq!(site.report()["not_read"], plan["not_read"]);
    let text = run(&mut site.command("plan")).with(0).stdout;
    let names: Vec<_> = named.iter().map(|it| it.as_str().unwrap()).collect();
    let line = format!("\nnot read: {}\n", names.join(", "));
    assert!(text.contains(&line), "{text}");
}

#[test]
fn what_cannot_be_counted_is_told() {
    let site = site(Rules {
        denials: vec![Denial {
            scope: Scope::default(),
            operation: Some("ListTaskDefinitions".into()),
        }],
        ..Rules::default()
    });
    let ended = run(site.command("plan").arg("--json")).with(3);
    assert!(
        ended
            .stderr
            .contains("not counted: 123456789012 us-east-1: ListTaskDefinitions"),
        "{}",
        ended.stderr
    );
    let plan: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(plan["complete"], false);
    let scope = &plan["scopes"][0];
    assert_counts_tasks(scope);
    for counts in [&scope["objects"], &scope["operations"]] {
        let names = counts.as_object().unwrap().keys();
        assert!(
            names
                .into_iter()
                .all(|name| !name.contains("TaskDefinition")),
            "{counts}"
        );
    }
}

#[test]
fn a_plan_says_what_the_revision_cache_saves() {
    let site = site(Rules::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("revisions.redb");
    let arguments = ["--revision-cache", file.to_str().unwrap()];
    let before = plan(&site, &arguments);
    assert_eq!(before["scopes"][0].get("known_revisions"), None);
    assert!(!file.exists(), "a plan keeps nothing");
    site.sync(
        &[
            &arguments[..],
            &["--option", "EcsTaskDefinition.scope=latest"],
        ]
        .concat(),
    )
    .with(0);
    site.simulator.reset();
    let after = plan(&site, &arguments);
    let scope = &after["scopes"][0];
    assert_eq!(scope["known_revisions"], 5);
    assert_eq!(scope["objects"]["EcsTaskDefinition"], 150);
    assert_eq!(scope["operations"]["DescribeTaskDefinition"], 145);
    site.simulator.reset();
    site.sync(&arguments).with(0);
    assert_eq!(site.calls("DescribeTaskDefinition"), 145);
}
