//! Overlays: the allowed changes of a record, and the result of others.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::support::{portolan, root, run};

/// Maps tasks with these tags, with the overlay of tests/guests/owner and this configuration.
fn map(configuration: &str, tags: &[Value]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portolan.toml");
    let overlay = root().join("tests/guests/built/owner.wasm");
    let text = format!(
        "overlays = [{:?}]\n{configuration}",
        overlay.to_str().unwrap()
    );
    std::fs::write(&file, text).unwrap();
    let tasks: Vec<Value> = tags
        .iter()
        .enumerate()
        .map(|(index, tags)| json!({"taskArn": format!("arn:{index}"), "group": "g", "tags": tags}))
        .collect();
    let page = json!({
        "operation": "DescribeTasks",
        "context": {"account_id": "123456789012", "region": "us-west-2", "sync_timestamp": "2026-11-21T01:32:00.123Z"},
        "body": json!({"tasks": tasks}).to_string(),
    });
    let mut child = portolan()
        .arg("map")
        .arg("--config")
        .arg(&file)
        .arg("--cache-folder")
        .arg(root().join("target/guests-cache"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // A program that refuses its configuration ends without reading.
    let _ = writeln!(input, "{page}");
    drop(input);
    child.wait_with_output().unwrap()
}

fn tag(key: &str, value: &str) -> Value {
    json!([{"key": "owner", "value": "team-a"}, {"key": key, "value": value}])
}

fn records(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn attributes_are_added_from_tags() {
    let output = map("", &[tag("cost-center", "4711"), json!([])]);
    let records = records(&output);
    assert_eq!(records[0]["OWNER"], "team-a");
    assert_eq!(records[0]["COST_CENTER"], "4711");
    assert_eq!(records[1].get("OWNER"), None);
    assert_eq!(said(&output), "");
}

#[test]
fn a_setting_may_hold_any_text() {
    let settings = r#"[modules.portolan-test-owner]
settings = { owner-tag = 'cost "center"' }"#;
    let output = map(settings, &[tag("cost \"center\"", "4711")]);
    assert_eq!(records(&output)[0]["OWNER"], "4711");
    assert_eq!(said(&output), "");
}

#[test]
fn attributes_can_be_removed() {
    let records = records(&map("", &[tag("misbehave", "remove")]));
    assert_eq!(records[0].get("GROUP"), None);
}

#[test]
fn settings_reach_the_module() {
    let configuration = "[modules.portolan-test-owner.settings]\nowner-tag = 'squad'";
    let records = records(&map(configuration, &[tag("squad", "blue")]));
    assert_eq!(records[0]["OWNER"], "blue");
}

#[test]
fn settings_that_break_their_schema_are_refused() {
    let output = map(
        "[modules.portolan-test-owner.settings]\nowner-tag = 7",
        &[json!([])],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("settings/owner-tag"),
        "{}",
        said(&output)
    );
}

#[test]
fn settings_for_nobody_are_refused() {
    let output = map(
        "[modules.portolan-test-ovner]\nobjects = ['EcsTask']",
        &[json!([])],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("portolan-test-owner"),
        "{}",
        said(&output)
    );
}

/// A misbehaviour of the overlay, and the code of its issue.
const MISBEHAVIOURS: [(&str, &str); 5] = [
    ("change-uid", "overlay-changes-protected"),
    ("wrong-type", "overlay-invalid-record"),
    ("undeclared", "overlay-invalid-record"),
    ("panic", "mapper-crashed"),
    ("hang", "mapper-time-exceeded"),
];

#[test]
fn by_default_a_record_survives_its_overlay() {
    for (misbehaviour, code) in MISBEHAVIOURS {
        let limits = "[modules.portolan-test-owner]\ntime-milliseconds = 100";
        let output = map(
            limits,
            &[tag("misbehave", misbehaviour), tag("cost-center", "1")],
        );
        let records = records(&output);
        assert_eq!(records.len(), 2, "{misbehaviour}: {}", said(&output));
        assert_eq!(
            (&records[0]["UID"], records[0].get("OWNER")),
            (&json!("arn:0"), None),
            "{misbehaviour}"
        );
        assert_eq!(records[1]["OWNER"], "team-a", "{misbehaviour}");
        assert!(
            said(&output).contains(code),
            "{misbehaviour}: {}",
            said(&output)
        );
        assert!(
            said(&output).contains("portolan-test-owner"),
            "{misbehaviour}: {}",
            said(&output)
        );
    }
}

#[test]
fn on_request_a_record_is_rejected_with_its_overlay() {
    for (misbehaviour, code) in MISBEHAVIOURS {
        let policy =
            "[modules.portolan-test-owner]\non-failure = 'reject'\ntime-milliseconds = 100";
        let output = map(
            policy,
            &[tag("misbehave", misbehaviour), tag("cost-center", "1")],
        );
        let records = records(&output);
        assert_eq!(records.len(), 1, "{misbehaviour}: {}", said(&output));
        assert_eq!(records[0]["UID"], "arn:1", "{misbehaviour}");
        let line: Value = serde_json::from_str(said(&output).lines().next().unwrap()).unwrap();
        assert_eq!(
            (&line["severity"], &line["code"]),
            (&json!("rejected"), &json!(code)),
            "{misbehaviour}"
        );
    }
}

/// The error for a module in the wrong setting names the right one.
#[test]
fn a_module_in_the_wrong_setting_is_told_where_it_belongs() {
    let folder = tempfile::tempdir().unwrap();
    let built = root().join("tests/guests/built");
    std::fs::copy(built.join("owner.wasm"), folder.path().join("owner.wasm")).unwrap();
    let mapping = built.join("evil.wasm");
    for (setting, value, says) in [
        ("--mappers", folder.path(), "name it with --overlays"),
        ("--overlays", mapping.as_path(), "name that with --mappers"),
    ] {
        let ended = run(portolan().args(["map", setting]).arg(value)).with(2);
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
        assert!(!ended.stderr.contains("world"), "{}", ended.stderr);
    }
}
