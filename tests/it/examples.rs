//! Every page in AWS's documentation, through `portolan map`. A page with its expected records in
//! tests/pages/aws-examples is a case.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{json_lines, portolan, root, run};

const ACCOUNT_ID: &str = "123456789012";

fn folder() -> PathBuf {
    root().join("tests/pages/aws-examples")
}

/// `describe-task-definition-1` is a page of DescribeTaskDefinition.
fn operation(name: &str) -> &'static str {
    let kinds = [
        ("describe-clusters", "DescribeClusters"),
        ("describe-services", "DescribeServices"),
        ("describe-task-definition", "DescribeTaskDefinition"),
        ("describe-tasks", "DescribeTasks"),
    ];
    kinds
        .into_iter()
        .find(|(part, _)| name.contains(part))
        .unwrap()
        .1
}

/// A line of a recording, as a user could write it.
pub(crate) fn recorded(operation: &str, body: &str) -> String {
    let context = json!({"account_id": ACCOUNT_ID, "region": "us-west-2", "sync_timestamp": "2026-11-21T01:32:00.123Z"});
    json!({"operation": operation, "context": context, "body": body}).to_string()
}

/// The expected records of one page.
fn expected(page: &Path) -> Vec<Value> {
    let mut records =
        json_lines(&std::fs::read_to_string(page.with_extension("expected.jsonl")).unwrap());
    for record in &mut records {
        record["ACCOUNT_ID"] = ACCOUNT_ID.into();
    }
    records
}

fn pages() -> BTreeMap<String, PathBuf> {
    let paths = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let pages = paths.filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    pages
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path))
        .collect()
}

#[test]
fn every_documented_page_gives_the_expected_records() {
    documented_pages_give_the_expected_records(&[]);
}

/// Runs the same check with these arguments, for example with other mappers.
pub(crate) fn documented_pages_give_the_expected_records(arguments: &[&str]) {
    let (mut recording, mut all) = (String::new(), Vec::new());
    for (name, path) in pages() {
        let line = recorded(operation(&name), &std::fs::read_to_string(&path).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pages.jsonl");
        std::fs::write(&file, format!("{line}\n")).unwrap();
        let ended = run(portolan().arg("map").arg(&file).args(arguments)).with(0);
        assert_eq!(json_lines(&ended.stdout), expected(&path), "{name}");
        assert_eq!(ended.stderr, "", "{name}");
        all.extend(expected(&path));
        recording.push_str(&line);
        recording.push('\n');
    }
    assert!(
        all.len() > 8,
        "only {} records are expected at all",
        all.len()
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pages.jsonl");
    std::fs::write(&file, recording).unwrap();
    let ended = run(portolan().arg("map").arg(&file).args(arguments)).with(0);
    assert_eq!(
        json_lines(&ended.stdout),
        all,
        "the order is the pages' order"
    );
}

#[test]
fn every_documented_page_has_valid_records() {
    for (name, path) in pages() {
        let object = match operation(&name) {
            "DescribeClusters" => "EcsCluster",
            "DescribeServices" => "EcsService",
            "DescribeTasks" => "EcsTask",
            _ => "EcsTaskDefinition",
        };
        let lines: Vec<String> = expected(&path).iter().map(Value::to_string).collect();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("records.jsonl");
        std::fs::write(&file, lines.join("\n")).unwrap();
        run(portolan().args(["validate", "--object", object]).arg(&file)).with(0);
    }
}
