//! `portolan validate` and `portolan schema`, for people and programs.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{OBJECTS, Site, portolan, root, run};

/// A changed record of a cluster, in a file of that object.
fn cluster(site: &Site, change: impl Fn(&str) -> String) -> PathBuf {
    site.sync(&["--objects", "EcsCluster"]).with(0);
    let path = site.output().join("EcsCluster.jsonl");
    let lines = std::fs::read_to_string(&path).unwrap();
    let (first, rest) = lines.split_once('\n').unwrap();
    std::fs::write(&path, format!("{first}\n{}", change(rest))).unwrap();
    path
}

#[test]
fn what_is_wrong_is_named_by_file_line_and_path() {
    type Change = fn(&str) -> String;
    let cases: [(Change, &str); 7] = [
        (|line| line.replacen("\"UID\":", "\"UUID\":", 1), "UID"),
        (
            |line| line.replacen("\"NAME\":\"", "\"NAME\":7,\"X\":\"", 1),
            "/NAME",
        ),
        (|line| line.replacen('{', "{\"UNKNOWN\":1,", 1), "UNKNOWN"),
        (
            |line| line.replacen('{', "{\"NAME\":\"twice\",", 1),
            "each attribute once",
        ),
        (|_| "garbage\n".to_owned(), "not JSON"),
        (|_| "[]\n".to_owned(), "flat JSON object"),
        (
            |line| {
                line.replacen(
                    "\"ACCOUNT_ID\":\"123456789012\"",
                    "\"ACCOUNT_ID\":[\"SECRET\"]",
                    1,
                )
            },
            "/ACCOUNT_ID",
        ),
    ];
    for (change, says) in cases {
        let site = Site::small();
        let path = cluster(&site, change);
        let ended = run(portolan().arg("validate").arg(&path)).with(1);
        let place = format!("{}:2: EcsCluster:", path.display());
        assert!(ended.stdout.starts_with(&place), "{}", ended.stdout);
        assert!(
            ended.stdout.contains(says),
            "no `{says}` in {}",
            ended.stdout
        );
        assert!(
            !ended.stdout.contains("SECRET"),
            "values are not repeated: {}",
            ended.stdout
        );
    }
}

#[test]
fn a_spoiled_report_is_not_valid() {
    let site = Site::small();
    site.sync(&[]).with(0);
    let path = site.output().join("report.json");
    run(portolan().arg("validate").arg(&path)).with(0);
    let text = std::fs::read_to_string(&path).unwrap().replacen(
        "\"complete\": true",
        "\"complete\": 1",
        1,
    );
    std::fs::write(&path, text).unwrap();
    run(portolan().arg("validate").arg(&path)).with(1);
}

#[test]
fn a_report_is_known_by_what_it_holds() {
    let site = Site::small();
    site.sync(&[]).with(0);
    let report = std::fs::read_to_string(site.output().join("report.json")).unwrap();
    let renamed = site.folder.path().join("monday.json");
    let compact: Value = serde_json::from_str(&report).unwrap();
    for text in [report, compact.to_string()] {
        std::fs::write(&renamed, &text).unwrap();
        let ended = run(portolan().arg("validate").arg(&renamed)).with(0);
        assert_eq!(ended.stdout, "");
        let spoiled = text.replacen("\"status\"", "\"state\"", 1);
        std::fs::write(&renamed, spoiled).unwrap();
        let ended = run(portolan().arg("validate").arg(&renamed)).with(1);
        assert!(ended.stdout.contains(": report: "), "{}", ended.stdout);
    }
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let ended = run(portolan().args(["validate", "/nowhere/EcsTask.jsonl"])).with(1);
    assert!(
        ended.stderr.contains("cannot read /nowhere/EcsTask.jsonl"),
        "{}",
        ended.stderr
    );
}

#[test]
fn schemas_are_printed_as_they_are_committed() {
    for name in OBJECTS.into_iter().chain(["config", "manifest", "report"]) {
        let ended = run(portolan().args(["schema", name])).with(0);
        let file = root().join(format!("schemas/{name}.schema.json"));
        let committed: Value = crate::support::read_json(&file);
        assert_eq!(
            serde_json::from_str::<Value>(&ended.stdout).unwrap(),
            committed,
            "{name}"
        );
    }
}

#[test]
fn an_unknown_schema_names_the_nearest() {
    let ended = run(portolan().args(["schema", "EcsTasks"])).with(2);
    assert!(ended.stderr.contains("EcsTask"), "{}", ended.stderr);
}
