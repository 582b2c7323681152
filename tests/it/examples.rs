//! Every page that AWS documents, through `portolan map`: adding a page with its expected records to
//! tests/pages/aws-examples adds a case, and so does adding a line to a file of tests/pages/inventory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use portolan_page::object::Object;
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
    documented_pages_give_the_expected_records(&[], str::to_owned);
}

/// The same with these arguments, for example with other mappers, of what both sides are said to have.
pub(crate) fn documented_pages_give_the_expected_records(
    arguments: &[&str],
    shared: fn(&str) -> String,
) {
    let shared = |lines: &str| {
        let lines = lines.lines().map(|line| shared(line) + "\n");
        json_lines(&lines.collect::<String>())
    };
    let lines = |records: &[Value]| {
        let records = records.iter().map(|record| format!("{record}\n"));
        shared(&records.collect::<String>())
    };
    let (mut recording, mut all) = (String::new(), Vec::new());
    for (name, path) in pages() {
        let line = recorded(operation(&name), &std::fs::read_to_string(&path).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pages.jsonl");
        std::fs::write(&file, format!("{line}\n")).unwrap();
        let ended = run(portolan().arg("map").arg(&file).args(arguments)).with(0);
        let expected = lines(&expected(&path));
        assert_eq!(shared(&ended.stdout), expected, "{name}");
        assert_eq!(ended.stderr, "", "{name}");
        all.extend(expected);
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
    assert_eq!(shared(&ended.stdout), all, "the order is the pages' order");
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

/// The object whose Describe response the cases of a file are; `task-definition` is not one of `task`.
fn described(file: &Path) -> Object {
    let name = file.file_stem().unwrap().to_str().unwrap();
    let begins = |object: &Object| name.starts_with(object.word());
    let objects = Object::ALL.into_iter().filter(begins);
    objects.max_by_key(|object| object.word().len()).unwrap()
}

/// The lines that say something of a case, whose number is that of its line and of its account.
fn of_case(lines: &[Value], is_of: impl Fn(&Value) -> bool) -> Vec<Value> {
    lines.iter().filter(|line| is_of(line)).cloned().collect()
}

#[test]
fn every_case_of_the_inventory_holds() {
    let folder = root().join("tests/pages/inventory");
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let is_case = |path: &PathBuf| path.extension().is_some_and(|it| it == "jsonl");
    for file in files.filter(is_case) {
        let cases = json_lines(&std::fs::read_to_string(&file).unwrap());
        let object = described(&file);
        let operation = object.describe_operation().to_string();
        let account = |number: usize| format!("{number:012}");
        let pages = cases.iter().enumerate().map(|(number, case)| {
            let mut page: Value =
                serde_json::from_str(&recorded(&operation, &case["body"].to_string())).unwrap();
            page["context"]["account_id"] = account(number + 1).into();
            format!("{page}\n")
        });
        let folder = tempfile::tempdir().unwrap();
        let recording = folder.path().join("pages.jsonl");
        std::fs::write(&recording, pages.collect::<String>()).unwrap();
        let only = ["map", "--objects", object.name()];
        let ended = run(portolan().args(only).arg(&recording)).with(0);
        let (records, issues) = (json_lines(&ended.stdout), json_lines(&ended.stderr));
        for (number, case) in (1..).zip(&cases) {
            let about = format!("{}:{number}, {}", file.display(), case["about"]);
            let mut made = of_case(&records, |it| it["ACCOUNT_ID"] == account(number));
            for record in &mut made {
                for given in ["CLOUD_PROVIDER", "ACCOUNT_ID", "REGION", "LAST_CAPTURED"] {
                    record.as_object_mut().unwrap().remove(given).unwrap();
                }
                // Of what has no ARN, the account makes one.
                let uid = record["UID"].as_str().unwrap();
                record["UID"] = uid.replace(&account(number), "123456789012").into();
            }
            assert_eq!(json!(made), case["records"], "{about}");
            for (told, severity) in [("rejected", "rejected"), ("warned", "warning")] {
                let said = |it: &Value| it["line"] == number && it["severity"] == severity;
                let said = of_case(&issues, said);
                let paths: Vec<_> = said.iter().map(|issue| &issue["path"]).collect();
                let expected = case.get(told).cloned().unwrap_or(json!([]));
                assert_eq!(json!(paths), expected, "{about}");
            }
        }
    }
}
