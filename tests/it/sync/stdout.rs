//! `--output -`: data for a pipe.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::time::{Duration, Instant};

use portolan_tests::simulator::{Denial, Rules, Shape, World};
use serde_json::{Map, Value};

use super::interrupt::signal;
use crate::support::{OBJECTS, Site, json_lines, run, wait_until};

#[test]
fn each_record_is_one_line_that_names_its_object() {
    let site = Site::small();
    let mut sync = site.command("sync");
    let ended = run(sync.args(["--output", "-"])).with(0);
    assert_eq!(ended.stderr, "");
    let mut piped: BTreeMap<String, BTreeMap<String, Map<String, Value>>> = BTreeMap::new();
    for line in json_lines(&ended.stdout) {
        assert_eq!(line.as_object().unwrap().len(), 2, "{line}");
        let object = line["object"].as_str().unwrap().to_owned();
        let mut record = line["attributes"].as_object().unwrap().clone();
        record.remove("LAST_CAPTURED").unwrap();
        piped
            .entry(object)
            .or_default()
            .insert(record["UID"].as_str().unwrap().to_owned(), record);
    }
    assert_eq!(piped.keys().collect::<Vec<_>>(), OBJECTS);
    site.sync(&[]).with(0);
    let written = site.all_records();
    let piped: BTreeMap<String, Value> = piped
        .into_values()
        .flatten()
        .map(|(uid, record)| (uid, Value::Object(record)))
        .collect();
    assert_eq!(piped, written);
}

#[test]
fn piped_records_can_be_validated() {
    let site = Site::small();
    let lines = site.folder.path().join("all.jsonl");
    let mut sync = site.command("sync");
    run(sync
        .args(["--output", "-"])
        .stdout(std::fs::File::create(&lines).unwrap()))
    .with(0);
    let mut validate = site.command("validate");
    run(validate.arg(&lines)).with(0);
    let spoiled = std::fs::read_to_string(&lines)
        .unwrap()
        .replacen("\"UID\":", "\"UUID\":", 1);
    std::fs::write(&lines, spoiled).unwrap();
    let mut validate = site.command("validate");
    let ended = run(validate.arg(&lines)).with(1);
    assert!(
        ended.stdout.contains("all.jsonl:1: ") && ended.stdout.contains("UID"),
        "{}",
        ended.stdout
    );
}

#[test]
fn problems_go_to_standard_error() {
    let denials = vec![Denial {
        operation: Some("ListServices".into()),
        ..Denial::default()
    }];
    let site = Site::new(
        World::small(1),
        Rules {
            denials,
            ..Rules::default()
        },
    );
    let mut sync = site.command("sync");
    let ended = run(sync.args(["--output", "-", "--summary"])).with(3);
    assert_eq!(json_lines(&ended.stdout).len(), 2 + 40 + 16);
    assert!(ended.stderr.contains("ListServices"), "{}", ended.stderr);
}

#[test]
fn an_interrupt_ends_a_sync_whose_reader_sleeps() {
    let shape = Shape {
        clusters: 2,
        running_tasks: 4000,
        ..Shape::default()
    };
    let site = Site::new(World::single(1, shape), Rules::default());
    let mut sync = site.command("sync");
    let mut child = sync
        .args(["--output", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The queue between fetching and writing is short, so fetching stops if the pipe is not read.
    let calls = || site.calls("DescribeTasks");
    wait_until("a full pipe", || {
        let before = calls();
        std::thread::sleep(Duration::from_millis(400));
        before > 0 && before == calls()
    });
    assert!(
        calls() < 40,
        "all tasks were fetched although the pipe was not read"
    );
    let start = Instant::now();
    signal("INT", &child);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_reader_that_goes_away_ends_the_sync_quietly() {
    let shape = Shape {
        clusters: 2,
        running_tasks: 4000,
        ..Shape::default()
    };
    let site = Site::new(World::single(1, shape), Rules::default());
    let mut sync = site.command("sync");
    let mut child = sync
        .args(["--output", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.starts_with("{\"object\":\"Ecs"), "{line}");
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(
        !stderr.contains("panic") && stderr.lines().count() <= 1,
        "{stderr}"
    );
}
