//! Every object by itself through every stage, so that a missing part shows, whether the object is fetched by
//! default or not.

use std::process::Stdio;
use std::time::Duration;

use portolan_page::object::Object;
use portolan_tests::simulator::{Rules, Shape, World};
use serde_json::{Value, json};

use crate::support::{Site, by_uid, json_lines, portolan, run, wait_until};

/// A world with enough of everything for several batches.
fn site() -> Site {
    let shape = Shape {
        clusters: 6,
        services: 30,
        running_tasks: 60,
        families: 5,
        active_revisions: 4,
        ..Shape::default()
    };
    Site::new(World::single(3, shape), Rules::default())
}

fn each(test: impl Fn(&Site, Object, [&str; 2])) {
    for object in Object::ALL {
        test(&site(), object, ["--objects", object.name()]);
    }
}

#[test]
fn its_files_recording_and_validation_are_those_of_the_object() {
    each(|site, object, only| {
        let pages = site.folder.path().join("pages.jsonl");
        let recorded = ["--record", pages.to_str().unwrap()];
        site.sync(&[&only[..], &recorded].concat()).with(0);
        let file = format!("{object}.jsonl");
        assert_eq!(site.files(), [file.as_str(), "report.json"]);
        let records = site.records(object.name());
        assert!(records.len() >= 6, "{object}: {} records", records.len());
        let counts = &site.report()["objects"][object.name()];
        assert_eq!(counts["listed"], records.len(), "{object}");
        let mapped = run(portolan().arg("map").args(only).arg(&pages)).with(0);
        assert_eq!(by_uid(&mapped.stdout), records, "{object}");
        run(portolan().arg("validate").arg(site.output().join(file))).with(0);
    });
}

#[test]
fn its_changes_are_told() {
    each(|site, object, only| {
        site.sync(&only).with(0);
        let path = site.output().join(format!("{object}.jsonl"));
        let mut records = json_lines(&std::fs::read_to_string(&path).unwrap());
        let new = records.remove(0);
        records[0]["NAME"] = json!("earlier");
        let mut gone = records[1].clone();
        gone["UID"] = json!(format!("{}ff", gone["UID"].as_str().unwrap()));
        let expected = [
            ("added", new["UID"].clone()),
            ("changed", records[0]["UID"].clone()),
            ("removed", gone["UID"].clone()),
        ];
        records.push(gone);
        let lines: Vec<String> = records.iter().map(|record| format!("{record}\n")).collect();
        std::fs::write(path, lines.concat()).unwrap();
        let output = site.output();
        let since = ["--changes-since", output.to_str().unwrap()];
        site.sync(&[&only[..], &since].concat()).with(0);
        let feed = std::fs::read_to_string(output.join(format!("{object}.changes.jsonl"))).unwrap();
        let mut told: Vec<(Value, Value)> = json_lines(&feed)
            .into_iter()
            .map(|line| (line["change"].clone(), line["uid"].clone()))
            .collect();
        told.sort_by_key(|(change, _)| change.to_string());
        assert_eq!(
            told,
            expected.map(|(change, uid)| (json!(change), uid)),
            "{object}"
        );
    });
}

#[test]
fn its_plan_check_and_policy_are_its_calls() {
    each(|site, object, only| {
        let mut plan = site.command("plan");
        let plan = run(plan.args(only).arg("--json")).with(0);
        let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
        site.simulator.reset();
        site.sync(&only).with(0);
        let mut operations = Vec::new();
        for count in site.simulator.counts() {
            if count.operation != "GetCallerIdentity" {
                let planned = &plan["scopes"][0]["operations"][&count.operation];
                assert_eq!(*planned, count.calls, "{object}: {}", count.operation);
                operations.push(format!("ecs:{}", count.operation));
            }
        }
        let policy = run(portolan().arg("iam-policy").args(only)).with(0);
        let policy: Value = serde_json::from_str(&policy.stdout).unwrap();
        let mut allowed: Vec<&str> = policy["Statement"][0]["Action"]
            .as_array()
            .unwrap()
            .iter()
            .map(|action| action.as_str().unwrap())
            .collect();
        allowed.sort_unstable();
        operations.sort();
        assert_eq!(allowed, operations, "{object}");
        let check = run(site.command("check").args(only)).with(0);
        for operation in &operations {
            let line = format!("ok  {operation}");
            assert!(check.stdout.contains(&line), "{object}: {}", check.stdout);
        }
    });
}

#[test]
fn a_killed_sync_of_it_goes_on() {
    each(|site, object, only| {
        site.sync(&only).with(0);
        let expected = without_time(site, object);
        let before = site.calls(object.describe_operation().name());
        std::fs::remove_dir_all(site.output()).unwrap();
        site.simulator.reset();
        site.simulator
            .change_rules(|rules| rules.latency = Duration::from_millis(30));
        let checkpoint = site.folder.path().join("checkpoint");
        let kept = ["--checkpoint", checkpoint.to_str().unwrap()];
        let slowly = ["--page-size", "5", "--parallel-requests", "1"];
        let arguments = [&only[..], &kept, &slowly].concat();
        let mut sync = site.sync_command(&arguments);
        sync.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = sync.spawn().unwrap();
        wait_until("the second Describe call", || {
            site.calls(object.describe_operation().name()) >= 2
        });
        child.kill().unwrap();
        child.wait().unwrap();
        site.sync(&arguments).with(0);
        assert_eq!(without_time(site, object), expected, "{object}");
        assert!(before > 0, "{object} is described");
        let kept = &site.report()["resumed"]["objects"];
        assert!(kept.as_u64().unwrap_or(0) > 0, "{object}: {kept} kept");
    });
}

fn without_time(site: &Site, object: Object) -> Vec<Value> {
    let records = site.records(object.name()).into_values();
    records
        .map(|mut record| {
            let time = record.as_object_mut().unwrap().remove("LAST_CAPTURED");
            assert!(time.is_some(), "{record}");
            record
        })
        .collect()
}
