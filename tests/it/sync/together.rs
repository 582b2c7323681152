//! Several syncs into one folder at the same time: the output is always that of one of them.

use std::path::Path;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::support::{OBJECTS, Site, json_lines};

/// Each has another number of objects and records, so that a mixture would show.
const SYNCS: [&[&str]; 3] = [
    &[],
    &["--option", "EcsTask.fetchStoppedTasks=true"],
    &["--objects", "EcsCluster,EcsTask"],
];

const ROUNDS: usize = 4;

/// A report, and the records of each object.
type Outcome = (Value, Vec<(String, Vec<Value>)>);

/// The content that a reader may trust: the report is read before and after the data, and is the same both
/// times.
fn read(folder: &Path) -> Option<Outcome> {
    let report = std::fs::read(folder.join("report.json")).ok()?;
    let mut data = Vec::new();
    for object in OBJECTS {
        if let Ok(text) = std::fs::read_to_string(folder.join(format!("{object}.jsonl"))) {
            data.push((object.to_owned(), text));
        }
    }
    if std::fs::read(folder.join("report.json")).ok()? != report {
        return None;
    }
    let data = data
        .into_iter()
        .map(|(object, text)| (object, json_lines(&text)));
    Some((serde_json::from_slice(&report).unwrap(), data.collect()))
}

/// Fails the test unless report and data are of one sync.
fn check((report, data): &(Value, Vec<(String, Vec<Value>)>)) {
    let objects = report["objects"].as_object().unwrap();
    let found: Vec<&str> = data.iter().map(|(object, _)| object.as_str()).collect();
    assert_eq!(objects.keys().collect::<Vec<_>>(), found);
    for (object, records) in data {
        assert_eq!(objects[object]["written"], records.len(), "{object}");
        for record in records {
            assert_eq!(record["LAST_CAPTURED"], report["captured_at"], "{object}");
        }
    }
}

#[test]
fn data_and_report_are_always_of_one_sync() {
    let site = Site::small();
    let (done, mut seen) = (AtomicBool::new(false), 0);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while !done.load(Ordering::Relaxed) {
                if let Some(content) = read(&site.output()) {
                    check(&content);
                    seen += 1;
                }
            }
            seen
        });
        let rounds = scope.spawn(|| {
            for _ in 0..ROUNDS {
                let start = |arguments: &&[&str]| site.sync_command(arguments).spawn().unwrap();
                let children: Vec<Child> = SYNCS.iter().map(start).collect();
                for mut child in children {
                    assert_eq!(child.wait().unwrap().code(), Some(0));
                }
                check(&read(&site.output()).unwrap());
                let left_over = site.files().into_iter().find(|name| name.starts_with('.'));
                assert_eq!(left_over, None);
            }
        });
        let ended = rounds.join();
        done.store(true, Ordering::Relaxed);
        seen = reader.join().unwrap();
        ended.unwrap();
    });
    assert!(seen > 0, "nothing was read while syncs ran");
}
