//! The actions of the policy, one by one: each is needed, and no other is.

use std::collections::BTreeSet;

use portolan_page::object::{Object, Operation};
use portolan_tests::simulator::{Denial, Rules, Shape, World};
use serde_json::Value;

use crate::support::{Ended, Site, portolan, run};

/// The operations that the policy for an object allows, and those of them that are optional.
fn policy(object: Object) -> [BTreeSet<&'static str>; 2] {
    let mut command = portolan();
    let policy = run(command.args(["iam-policy", "--objects", object.name()])).with(0);
    let policy: Value = serde_json::from_str(&policy.stdout).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    ["PortolanReadsEcs", "PortolanReadsTagsOptional"].map(|sid| {
        let named = statements.iter().filter(|it| it["Sid"] == sid);
        let actions = named.flat_map(|it| it["Action"].as_array().unwrap());
        actions
            .map(|action| {
                let mut all = Operation::ALL.into_iter();
                all.find(|it| *action == it.action()).unwrap().name()
            })
            .collect()
    })
}

/// A world with some of every object.
fn world() -> World {
    let shape = Shape {
        clusters: 3,
        services: 30,
        running_tasks: 12,
        families: 4,
        active_revisions: 2,
        ..Shape::default()
    };
    World::single(3, shape)
}

/// A sync where only these operations are allowed.
fn allowed(object: Object, operations: &BTreeSet<&str>) -> (Ended, Value, Site) {
    let others = Operation::ALL.into_iter().map(Operation::name);
    let others = others.filter(|name| !operations.contains(name));
    let denial = |operation: &str| Denial {
        operation: Some(operation.to_owned()),
        ..Denial::default()
    };
    let rules = Rules {
        denials: others.map(denial).collect(),
        ..Rules::default()
    };
    let site = Site::new(world(), rules);
    let ended = site.sync(&["--objects", object.name()]);
    let report = site.report();
    (ended, report, site)
}

#[test]
fn every_object_needs_the_actions_of_its_policy_and_no_others() {
    for object in Object::ALL {
        let [needed, optional] = policy(object);
        assert!(!needed.is_empty(), "{object}");
        let all: BTreeSet<&str> = needed.union(&optional).copied().collect();
        let (ended, report, site) = allowed(object, &all);
        assert_eq!(
            (ended.status, &report["complete"]),
            (0, &true.into()),
            "{object}"
        );
        assert!(!site.records(object.name()).is_empty(), "{object}");
        for missing in &needed {
            let rest: BTreeSet<&str> = all.iter().copied().filter(|it| it != missing).collect();
            let (ended, report, _) = allowed(object, &rest);
            assert_ne!(ended.status, 0, "{object} without {missing}");
            assert_eq!(report["complete"], false, "{object} without {missing}");
            let action = Operation::ALL.into_iter().find(|it| it.name() == *missing);
            let action = action.unwrap().action();
            assert!(ended.stderr.contains(&action), "{object}: {}", ended.stderr);
        }
        if !optional.is_empty() {
            let (ended, report, _) = allowed(object, &needed);
            assert_eq!(
                (ended.status, &report["complete"]),
                (0, &true.into()),
                "{object}"
            );
        }
    }
}

#[test]
fn without_the_optional_action_tags_are_unknown_and_nothing_else_is_missing() {
    let object = Object::EcsTaskDefinition;
    let [needed, optional] = policy(object);
    assert_eq!(optional, BTreeSet::from(["GetResources"]));
    let all = needed.union(&optional).copied().collect();
    let (_, with, site) = allowed(object, &all);
    let records = site.records(object.name());
    assert!(records.values().any(|record| record.get("TAGS").is_some()));
    let (ended, without, site) = allowed(object, &needed);
    let warned = ended
        .stderr
        .matches("tags of task definitions cannot be read")
        .count();
    assert_eq!(warned, 1, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("Allow tag:GetResources"),
        "{}",
        ended.stderr
    );
    for (report, tags) in [(&with, "tagging-api"), (&without, "not-read")] {
        let scopes = report["scopes"].as_array().unwrap();
        assert!(
            scopes
                .iter()
                .all(|it| it["tags"] == tags && it["complete"] == true)
        );
        assert_eq!(report["status"], "complete");
    }
    for (uid, mut record) in site.records(object.name()) {
        let members = record.as_object_mut().unwrap();
        assert_eq!(members.remove("TAGS"), None, "{uid}");
        let mut whole = records[&uid].clone();
        whole.as_object_mut().unwrap().remove("TAGS");
        for record in [&mut record, &mut whole] {
            record.as_object_mut().unwrap().remove("LAST_CAPTURED");
        }
        assert_eq!(record, whole);
    }
}
