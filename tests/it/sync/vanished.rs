//! An object that is listed and gone before it is described leaves a tombstone; no other object is lost.

use std::time::Duration;

use portolan_tests::simulator::{Rules, Scope, VanishRule, Vanishing, World};
use serde_json::Value;

use crate::support::{OBJECTS, Site, wait_until};

fn gone(objects: &[Vanishing]) -> Rules {
    let rule = |object: &Vanishing| VanishRule {
        scope: Scope::default(),
        object: object.clone(),
    };
    Rules {
        vanished: objects.iter().map(rule).collect(),
        ..Rules::default()
    }
}

/// All tombstones of an object.
fn tombstones(report: &Value, object: &str) -> Vec<Value> {
    let scopes = report["scopes"].as_array().unwrap();
    let mine = scopes.iter().filter(|scope| scope["object"] == object);
    mine.filter_map(|scope| scope["tombstones_detail"].as_array())
        .flatten()
        .cloned()
        .collect()
}

/// Syncs a small world from which one object has vanished, and returns its tombstone.
#[track_caller]
fn one_tombstone(object: Vanishing, name: &str, part_of_arn: &str) -> Value {
    let site = Site::new(World::small(1), gone(&[object]));
    site.sync(&[]).with(0);
    let (report, truth) = (site.report(), site.simulator.truth());
    assert_eq!(
        (&report["complete"], &report["status"]),
        (&true.into(), &"complete".into())
    );
    let expected = [
        truth[0].clusters,
        truth[0].services,
        truth[0].running_tasks,
        truth[0].active_revisions,
    ];
    for (object, expected) in OBJECTS.iter().zip(expected) {
        assert_eq!(report["objects"][object]["written"], expected, "{object}");
        assert_eq!(site.records(object).len() as u64, expected, "{object}");
    }
    let tombstones = tombstones(&report, name);
    assert_eq!(tombstones.len(), 1, "{tombstones:?}");
    assert_eq!(tombstones[0]["reason"], "MISSING");
    let arn = tombstones[0]["arn"].as_str().unwrap();
    assert!(arn.contains(part_of_arn), "{arn}");
    assert!(!site.records(name).contains_key(arn));
    tombstones[0].clone()
}

#[test]
fn a_service_in_failures_is_a_tombstone() {
    one_tombstone(Vanishing::Service(3), "EcsService", ":service/");
}

#[test]
fn a_task_in_failures_is_a_tombstone() {
    one_tombstone(Vanishing::Task(5), "EcsTask", ":task/");
}

#[test]
fn a_task_that_the_answer_passes_over_is_a_tombstone() {
    let tombstone = one_tombstone(Vanishing::TaskWithoutTrace(5), "EcsTask", ":task/");
    assert!(
        tombstone["detail"]
            .as_str()
            .unwrap()
            .contains("neither described nor"),
        "{tombstone}"
    );
}

#[test]
fn a_revision_that_is_refused_is_a_tombstone() {
    let revision = Vanishing::TaskDefinition {
        family: 2,
        revision: 3,
    };
    one_tombstone(revision, "EcsTaskDefinition", ":task-definition/");
}

#[test]
fn a_cluster_takes_its_services_and_tasks_with_it() {
    let site = Site::new(World::small(1), gone(&[Vanishing::Cluster(1)]));
    site.sync(&[]).with(0);
    let report = site.report();
    assert_eq!(
        (
            site.records("EcsCluster").len(),
            site.records("EcsService").len(),
            site.records("EcsTask").len()
        ),
        (1, 8, 20)
    );
    let cluster = tombstones(&report, "EcsCluster")[0]["arn"].clone();
    for object in ["EcsService", "EcsTask"] {
        let scopes = report["scopes"].as_array().unwrap();
        let scope = scopes
            .iter()
            .find(|scope| scope["object"] == object && scope["cluster"] == cluster)
            .unwrap();
        assert_eq!(scope["tombstones_detail"][0]["arn"], cluster, "{object}");
    }
}

#[test]
fn a_cluster_that_vanishes_midway_leaves_tombstones_only() {
    let rules = Rules {
        latency: Duration::from_millis(30),
        ..Rules::default()
    };
    let site = Site::new(World::small(1), rules);
    let mut child = site
        .sync_command(&["--page-size", "2", "--parallel-requests", "1"])
        .spawn()
        .unwrap();
    wait_until("tasks are described", || site.calls("DescribeTasks") > 2);
    let rule = VanishRule {
        scope: Scope::default(),
        object: Vanishing::Cluster(0),
    };
    site.simulator
        .change_rules(|rules| rules.vanished.push(rule));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let report = site.report();
    let tasks = &report["objects"]["EcsTask"];
    assert!(tasks["tombstones"].as_u64().unwrap() > 0, "{tasks}");
    assert!(
        site.records("EcsTask").len() < 40,
        "the rest of the cluster's tasks is gone"
    );
    assert_eq!(
        (&tasks["failed"], &tasks["rejected"]),
        (&0.into(), &0.into())
    );
}
