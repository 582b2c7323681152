//! Every object by itself through every stage, so that a missing part shows, whether the object is fetched by
//! default or not.

use std::process::Stdio;
use std::time::Duration;

use portolan_machine::clock::milliseconds;
use portolan_page::object::{Object, Operation};
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
        let report = site.report();
        let scopes = report["scopes"].as_array().unwrap();
        let others = scopes.iter().filter_map(|it| it["other_service"].as_u64());
        let others: u64 = others.sum();
        assert_eq!(others > 0, object == Object::EcsAuditEvent, "{object}");
        let counts = &report["objects"][object.name()];
        let listed = records.len() as u64 + others;
        assert_eq!(counts["listed"], listed, "{object}");
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
        let expected = expected.map(|(change, uid)| (json!(change), uid));
        let mut expected = Vec::from(expected);
        if object == Object::EcsAuditEvent {
            // What is in no window any more has happened all the same. New ones may have happened since.
            expected.pop();
            told.retain(|it| it.0 != "added" || expected.contains(it));
        }
        assert_eq!(told, expected, "{object}");
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
            let mut known = Operation::ALL.into_iter();
            let Some(operation) = known.find(|it| it.name() == count.operation) else {
                assert_eq!(count.operation, "GetCallerIdentity");
                continue;
            };
            let planned = &plan["scopes"][0]["operations"][&count.operation];
            let planned = planned.as_u64().unwrap();
            let is_as_planned = match operation {
                // One for each name at least.
                Operation::LookupEvents => planned <= count.calls,
                // Revisions without tags take no place in its pages.
                Operation::GetResources => planned >= count.calls,
                _ => planned == count.calls,
            };
            let calls = count.calls;
            assert!(is_as_planned, "{object}: {operation} {planned} {calls}");
            operations.push(operation.action());
        }
        let policy = run(portolan().arg("iam-policy").args(only)).with(0);
        let policy: Value = serde_json::from_str(&policy.stdout).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        let actions = statements.iter().map(|it| it["Action"].as_array().unwrap());
        let mut allowed: Vec<&str> = actions
            .flatten()
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
        let now = site.simulator.time();
        let expected = without_time(site, object, now);
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
        let second = match object {
            // Before the first page of settings comes one with those of the caller.
            Object::EcsAccountSetting => 3,
            // The first revisions wait for the first page of tags.
            Object::EcsTaskDefinition => 8,
            _ => 2,
        };
        wait_until("the second Describe call", || {
            site.calls(object.describe_operation().name()) >= second
        });
        child.kill().unwrap();
        child.wait().unwrap();
        site.sync(&arguments).with(0);
        assert_eq!(without_time(site, object, now), expected, "{object}");
        assert!(before > 0, "{object} is described");
        let kept = &site.report()["resumed"]["objects"];
        assert!(kept.as_u64().unwrap_or(0) > 0, "{object}: {kept} kept");
    });
}

/// The records, without events of which an earlier or a later sync need not know.
fn without_time(site: &Site, object: Object, now: u64) -> Vec<Value> {
    let records = site.records(object.name()).into_values();
    let now_ms = i64::try_from(now * 1_000).unwrap();
    let hour_ms = 3_600_000;
    let known = now_ms - 23 * hour_ms..now_ms - hour_ms;
    records
        .filter(|record| {
            let time = record.get("EVENT_TIME").and_then(Value::as_str);
            time.is_none_or(|time| known.contains(&milliseconds(time).unwrap()))
        })
        .map(|mut record| {
            let time = record.as_object_mut().unwrap().remove("LAST_CAPTURED");
            assert!(time.is_some(), "{record}");
            record
        })
        .collect()
}
