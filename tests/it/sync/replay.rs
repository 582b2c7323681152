//! `--record`, and `portolan map` of its recording.

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::examples::recorded;
use crate::support::{Ended, Site, by_uid, json_lines, portolan, run};

/// A sync of the small world, with its recording.
fn recording() -> (Site, PathBuf) {
    let site = Site::small();
    let file = site.folder.path().join("pages.jsonl");
    site.sync(&["--record", file.to_str().unwrap(), "--page-size", "7"])
        .with(0);
    (site, file)
}

/// `portolan map` of lines on standard input.
fn map(lines: &str) -> Ended {
    let mut map = portolan();
    map.args(["map", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = map.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let lines = lines.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let ended = child.wait_with_output().unwrap().into();
    writer.join().unwrap().unwrap();
    ended
}

fn cluster(name: &str) -> Value {
    json!({"clusterArn": format!("arn:aws:ecs:us-west-2:123456789012:cluster/{name}"), "clusterName": name, "status": "ACTIVE"})
}

/// A recorded page of clusters.
fn page_of(names: &[&str]) -> String {
    let clusters: Vec<Value> = names.iter().map(|name| cluster(name)).collect();
    recorded(
        "DescribeClusters",
        &json!({"clusters": clusters, "failures": []}).to_string(),
    )
}

fn names(ended: &Ended) -> Vec<String> {
    json_lines(&ended.stdout)
        .iter()
        .map(|record| record["NAME"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_recording_gives_the_records_of_its_sync() {
    let (site, file) = recording();
    let ended = run(portolan().arg("map").arg(&file)).with(0);
    let mut synced = std::collections::BTreeMap::new();
    for object in crate::support::OBJECTS {
        synced.extend(site.records(object));
    }
    assert_eq!(by_uid(&ended.stdout), synced, "LAST_CAPTURED included");
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_recording_has_one_line_for_each_page() {
    let (site, file) = recording();
    let lines = json_lines(&std::fs::read_to_string(file).unwrap());
    for operation in [
        "DescribeClusters",
        "DescribeServices",
        "DescribeTasks",
        "DescribeTaskDefinition",
    ] {
        let recorded = lines
            .iter()
            .filter(|line| line["operation"] == operation)
            .count();
        assert_eq!(recorded as u64, site.calls(operation), "{operation}");
    }
    for line in &lines {
        assert_eq!(line["context"]["account_id"], "123456789012");
        assert_eq!(line["context"]["region"], "us-east-1");
        assert_eq!(
            line["context"]["sync_timestamp"],
            site.report()["captured_at"]
        );
        assert!(
            serde_json::from_str::<Value>(line["body"].as_str().unwrap())
                .unwrap()
                .is_object()
        );
    }
}

#[test]
fn records_come_in_the_order_of_the_pages() {
    let ended = map(&format!(
        "{}\n{}\n{}\n",
        page_of(&["c", "a"]),
        page_of(&["z"]),
        page_of(&["b"])
    ))
    .with(0);
    assert_eq!(names(&ended), ["c", "a", "z", "b"]);
}

#[test]
fn a_line_that_is_no_page_is_named_and_the_rest_goes_on() {
    let bad = [
        "garbage",
        "[]",
        "{}",
        "",
        "null",
        "\u{1F980} {\"operation\":\"DescribeTasks\"}",
        &recorded("DeleteCluster", "{}"),
        &recorded("ListTasks", "{\"taskArns\":[]}"),
        &recorded("DescribeTasks", "<html>"),
        &recorded("DescribeTasks", "{\"tasks\":["),
        &page_of(&["x"]).replace("sync_timestamp", "timestamp"),
        &page_of(&["x"])
            .replace("\"body\":\"", "\"body\":[\"")
            .replace("}\",\"context", "}\"],\"context"),
    ];
    for line in bad {
        let ended = map(&format!(
            "{}\n{line}\n{}\n",
            page_of(&["before"]),
            page_of(&["after"])
        ))
        .with(3);
        assert_eq!(names(&ended), ["before", "after"], "{line}");
        let issues = json_lines(&ended.stderr);
        assert_eq!(issues.len(), 1, "{line}: {issues:?}");
        assert_eq!(
            (&issues[0]["line"], &issues[0]["severity"]),
            (&2.into(), &"error".into()),
            "{line}"
        );
        assert!(
            issues[0]["message"].as_str().unwrap().contains("line 2"),
            "{line}: {issues:?}"
        );
    }
}

#[test]
fn every_bad_line_of_many_is_named() {
    let ended = map(&format!("[]\n{}\n{{}}\nx\n", page_of(&["one"]))).with(3);
    let numbers: Vec<u64> = json_lines(&ended.stderr)
        .iter()
        .map(|issue| issue["line"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [1, 3, 4]);
    assert_eq!(names(&ended), ["one"]);
}

#[test]
fn bytes_that_are_no_text_are_a_bad_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pages.jsonl");
    let mut bytes = b"\xff\xfe{}\n\0\n".to_vec();
    bytes.extend(page_of(&["one"]).bytes());
    std::fs::write(&file, bytes).unwrap();
    let ended = run(portolan().arg("map").arg(&file)).with(3);
    assert_eq!(
        (names(&ended), json_lines(&ended.stderr).len()),
        (vec!["one".to_owned()], 2)
    );
}

#[test]
fn an_object_that_is_rejected_costs_only_itself() {
    let body = json!({"clusters": [cluster("a"), {"clusterArn": 7}, {"clusterName": "no ARN"}, cluster("b")]});
    let ended = map(&recorded("DescribeClusters", &body.to_string())).with(0);
    assert_eq!(names(&ended), ["a", "b"]);
    let issues = json_lines(&ended.stderr);
    let rejected: Vec<_> = issues
        .iter()
        .filter(|issue| issue["severity"] == "rejected")
        .map(|issue| issue["source_index"].clone())
        .collect();
    assert_eq!(rejected, [1, 2], "{issues:?}");
    assert!(
        issues
            .iter()
            .all(|issue| issue["line"] == 1 && issue["object"] == "EcsCluster"),
        "{issues:?}"
    );
}

#[test]
fn members_that_nobody_knows_are_ignored() {
    let line = page_of(&["a"]).replacen('{', "{\"recorded_by\":\"somebody\",\"n\":[1],", 1);
    assert_eq!(names(&map(&line).with(0)), ["a"]);
}

#[test]
fn nothing_to_map_is_no_error() {
    let ended = map("").with(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
}

#[test]
fn a_recording_that_is_not_there_is_an_error() {
    let ended = run(portolan().args(["map", "/nowhere/pages.jsonl"])).with(1);
    assert!(
        ended.stderr.contains("cannot read /nowhere/pages.jsonl"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_reader_that_goes_away_ends_mapping_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pages.jsonl");
    let page = recorded(
        "DescribeTasks",
        &portolan_tests::pages::describe_tasks_page(100),
    );
    std::fs::write(&file, format!("{page}\n").repeat(20)).unwrap();
    let mut map = portolan();
    let mut child = map
        .arg("map")
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert_eq!((ended.status, ended.stderr.as_str()), (1, ""));
}
