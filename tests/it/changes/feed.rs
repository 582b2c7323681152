//! The content of a change feed.

use serde_json::{Map, Value, json};

use super::{counts, earlier_tasks, feed, rewrite, said, sync_again};
use crate::support::{Site, json_lines, run};

#[test]
fn the_same_folder_is_base_and_output() {
    let site = Site::small();
    site.sync(&[]).with(0);
    let [new, other, gone] = earlier_tasks(&site);
    let ended = sync_again(&site, &[]).with(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    let lines = feed(&site.output(), "EcsTask");
    let told: Vec<Value> = lines.iter().map(said).collect();
    assert_eq!(
        told,
        [
            json!({"object": "EcsTask", "change": "added", "uid": new}),
            json!({"object": "EcsTask", "change": "changed", "uid": other, "changed_attributes": ["GROUP"]}),
            json!({"object": "EcsTask", "change": "removed", "uid": gone}),
        ]
    );
    let records = site.records("EcsTask");
    assert_eq!(records.len(), 40, "the full records are there too");
    for line in &lines[..2] {
        assert_eq!(line["attributes"], records[line["uid"].as_str().unwrap()]);
    }
    assert_eq!(lines[2].get("attributes"), None);
    for object in ["EcsCluster", "EcsService", "EcsTaskDefinition"] {
        assert_eq!(feed(&site.output(), object), Vec::<Value>::new());
    }
    assert_eq!(site.files().len(), 4 + 4 + 1);
    let report = site.report();
    assert_eq!(counts(&report, "EcsTask"), [1, 1, 38, 1, 0]);
    assert_eq!(counts(&report, "EcsService"), [0, 0, 16, 0, 0]);
}

#[test]
fn feeds_follow_their_schema() {
    let site = Site::small();
    site.sync(&[]).with(0);
    earlier_tasks(&site);
    sync_again(&site, &[]).with(0);
    let file = site.output().join("EcsTask.changes.jsonl");
    let report = site.output().join("report.json");
    run(site.command("validate").arg(&file).arg(&report)).with(0);
    let text = std::fs::read_to_string(&file).unwrap();
    for (from, to, told) in [
        ("\"change\":\"removed\"", "\"change\":\"lost\"", "change"),
        ("\"uid\":", "\"id\":", "uid"),
        ("\"TASK_ARN\":", "\"ARN\":", "TASK_ARN"),
    ] {
        std::fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let ended = run(site.command("validate").arg(&file)).with(1);
        assert!(ended.stdout.contains(told), "{}", ended.stdout);
    }
}

#[test]
fn what_changes_by_itself_is_no_change() {
    let site = Site::small();
    site.sync(&[]).with(0);
    let age = |records: &mut Vec<Value>| {
        for record in records {
            record["RUNNING_COUNT"] = json!(1_000);
            record["LAST_CAPTURED"] = json!("2020-01-01T00:00:00.000Z");
            if let Some(tags) = record.get("TAGS").and_then(Value::as_object) {
                let reversed: Map<String, Value> = tags.clone().into_iter().rev().collect();
                record["TAGS"] = Value::Object(reversed);
            }
        }
    };
    let tagged = |record: &Value| {
        record["TAGS"]
            .as_object()
            .is_some_and(|tags| tags.len() > 1)
    };
    assert!(site.records("EcsService").values().any(tagged));
    rewrite(&site, "EcsService", age);
    sync_again(&site, &[]).with(0);
    assert_eq!(counts(&site.report(), "EcsService"), [0, 0, 16, 0, 0]);
    rewrite(&site, "EcsService", age);
    sync_again(&site, &["--volatile-attributes", "LAST_CAPTURED"]).with(0);
    assert_eq!(counts(&site.report(), "EcsService"), [0, 16, 0, 0, 0]);
    for line in feed(&site.output(), "EcsService") {
        assert_eq!(line["changed_attributes"], json!(["RUNNING_COUNT"]));
    }
}

#[test]
fn standard_output_says_of_every_record_what_it_is() {
    let site = Site::small();
    site.sync(&[]).with(0);
    let [new, other, gone] = earlier_tasks(&site);
    let mut sync = site.command("sync");
    sync.args(["--output", "-", "--changes-since"])
        .arg(site.output());
    let lines = json_lines(&run(&mut sync).with(0).stdout);
    let of = |change: &str| -> Vec<&str> {
        let lines = lines.iter().filter(|line| line["change"] == change);
        lines.map(|line| line["uid"].as_str().unwrap()).collect()
    };
    assert_eq!((of("added"), of("changed")), (vec![&*new], vec![&*other]));
    assert_eq!(of("removed"), [&*gone]);
    assert_eq!(of("unchanged").len(), 2 + 16 + 38 + 16);
    assert_eq!(lines.len(), of("unchanged").len() + 3);
    let file = site.folder.path().join("all.jsonl");
    let text: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&file, text.concat()).unwrap();
    run(site.command("validate").arg(&file)).with(0);
}

#[test]
fn two_outputs_are_compared_without_aws() {
    let site = Site::small();
    site.sync(&[]).with(0);
    earlier_tasks(&site);
    let old = site.folder.path().join("old");
    std::fs::create_dir(&old).unwrap();
    for name in site.files() {
        std::fs::copy(site.output().join(&name), old.join(&name)).unwrap();
    }
    sync_again(&site, &[]).with(0);
    site.simulator.reset();
    let mut changes = site.command("changes");
    let ended = run(changes.arg(&old).arg(site.output())).with(0);
    let mut lines = json_lines(&ended.stdout);
    lines.sort_by_key(|line| line["change"].to_string());
    assert_eq!(lines, feed(&site.output(), "EcsTask"));
    assert_eq!(site.simulator.counts(), []);
}
