//! `--changes-since` and `portolan changes`: the differences from an earlier output.

mod earlier;
mod feed;
mod unfinished;

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Site, json_lines};

/// The lines of an object's change feed, sorted by change and UID.
fn feed(folder: &Path, object: &str) -> Vec<Value> {
    let path = folder.join(format!("{object}.changes.jsonl"));
    let mut lines = json_lines(&std::fs::read_to_string(path).unwrap());
    lines.sort_by_key(|line| (line["change"].to_string(), line["uid"].to_string()));
    lines
}

/// A change line without its record.
fn said(line: &Value) -> Value {
    let mut said = line.clone();
    said.as_object_mut().unwrap().remove("attributes");
    said
}

/// Rewrites the records of an object in the output folder, as if the earlier sync had seen another world.
fn rewrite(site: &Site, object: &str, change: impl FnOnce(&mut Vec<Value>)) {
    let path = site.output().join(format!("{object}.jsonl"));
    let mut records = json_lines(&std::fs::read_to_string(&path).unwrap());
    change(&mut records);
    let lines: Vec<String> = records.iter().map(|record| format!("{record}\n")).collect();
    std::fs::write(path, lines.concat()).unwrap();
}

/// Changes the earlier output: the first task is missing, the second has another group, and there is one task
/// more. Returns their UIDs.
fn earlier_tasks(site: &Site) -> [String; 3] {
    let mut uids = Vec::new();
    rewrite(site, "EcsTask", |records| {
        let new = records.remove(0);
        records[0]["GROUP"] = json!("family:other");
        let mut gone = records[1].clone();
        let uid = format!("{}ff", gone["UID"].as_str().unwrap());
        gone["UID"] = json!(uid);
        for uid in [&new["UID"], &records[0]["UID"], &gone["UID"]] {
            uids.push(uid.as_str().unwrap().to_owned());
        }
        records.push(gone);
    });
    uids.try_into().unwrap()
}

/// The counts of an object in a report: added, changed, unchanged, removed, withheld.
fn counts(report: &Value, object: &str) -> [u64; 5] {
    let counts = &report["changes"]["objects"][object];
    [
        "added",
        "changed",
        "unchanged",
        "removed",
        "removals_withheld",
    ]
    .map(|name| counts[name].as_u64().unwrap_or(u64::MAX))
}

/// Runs a sync with `--changes-since` of its own output folder.
fn sync_again(site: &Site, arguments: &[&str]) -> crate::support::Ended {
    let output = site.output();
    let mut all = vec!["--changes-since", output.to_str().unwrap()];
    all.extend_from_slice(arguments);
    site.sync(&all)
}
