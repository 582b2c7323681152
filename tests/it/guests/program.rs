use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use super::{arns, body, evil_file};
use crate::support::{portolan, root};

/// A line of a recording.
fn line(body: &Value) -> String {
    let context = json!({
        "account_id": "123456789012",
        "region": "us-west-2",
        "sync_timestamp": "2026-11-21T01:32:00.123Z",
    });
    json!({"operation": "DescribeTasks", "context": context, "body": body.to_string()}).to_string()
}

/// Runs `portolan map` with the mappers of a folder and these pages.
fn map(mappers: &Path, pages: &[Value]) -> Output {
    let mut child = portolan()
        .args(["map", "--mappers"])
        .arg(mappers)
        .arg("--cache-folder")
        .arg(root().join("target/guests-cache"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: Vec<String> = pages.iter().map(line).collect();
    // A program that refuses the mappers ends without reading, so this write may fail.
    let _ = writeln!(input, "{}", lines.join("\n"));
    drop(input);
    child.wait_with_output().unwrap()
}

fn folder(name: &str, module: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), module).unwrap();
    folder
}

fn evil_folder() -> tempfile::TempDir {
    folder("evil.wasm", &std::fs::read(evil_file()).unwrap())
}

fn records(output: &Output) -> Vec<String> {
    let uid = |line: &str| {
        serde_json::from_str::<Value>(line).unwrap()["UID"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    std::str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .map(uid)
        .collect()
}

/// The lines on standard error that are issues.
fn issues(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

#[test]
fn objects_that_break_a_mapper_are_issues_and_the_rest_is_written() {
    let pages = [
        body(&["", "panic", "", "memory-bomb", "against-schema", "silence"]),
        body(&["", ""]),
    ];
    let output = map(evil_folder().path(), &pages);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(records(&output), [arns(&[0, 2]), arns(&[0, 1])].concat());
    let mut codes: Vec<(u64, String)> = issues(&output)
        .iter()
        .map(|issue| {
            (
                issue["source_index"].as_u64().unwrap(),
                issue["code"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    codes.sort();
    let expected = [
        (1, "mapper-crashed"),
        (3, "mapper-memory-exceeded"),
        (4, "invalid-record"),
        (5, "lost-by-mapper"),
    ];
    assert_eq!(
        codes,
        expected.map(|(index, code)| (index, code.to_owned())),
        "{said}"
    );
}

#[test]
fn a_page_that_is_lost_is_an_issue_and_an_exit_status() {
    let output = map(
        evil_folder().path(),
        &[body(&["panic", "panic"]), body(&[""])],
    );
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(records(&output), arns(&[0]));
    assert_eq!(issues(&output)[0]["code"], "mapper-crashed");
    assert_eq!(issues(&output)[0]["line"], 1);
}

#[test]
fn a_flood_of_log_lines_is_cut_and_printable() {
    let mut flooded = body(&[""]);
    flooded["behaviour"] = "log-flood".into();
    let output = map(evil_folder().path(), &[flooded]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(records(&output), arns(&[0]));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.lines().count() <= 110,
        "{} lines",
        said.lines().count()
    );
    assert!(
        !said.contains(|each: char| each.is_control() && each != '\n'),
        "{:?}",
        &said[..200]
    );
}

#[test]
fn a_mapper_that_cannot_be_used_ends_the_program_with_its_name() {
    let wasi =
        r#"(component (import "wasi:cli/environment@0.2.0" (instance (export "get" (func)))))"#;
    for (name, bytes, reason) in [
        (
            "curious.wasm",
            wat::parse_str(wasi).unwrap(),
            "it imports wasi:cli/environment@0.2.0",
        ),
        (
            "core.wasm",
            wat::parse_str("(module)").unwrap(),
            "core module",
        ),
        (
            "garbage.wasm",
            b"garbage".to_vec(),
            "not a WebAssembly file",
        ),
    ] {
        let output = map(folder(name, &bytes).path(), &[body(&[""])]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(output.stdout.is_empty(), "{said}");
        assert!(said.contains(name) && said.contains(reason), "{said}");
    }
}
