//! Cases from public bug reports. Each is a file in `tests/field/cases`; `case.py` documents the format,
//! serves the described AWS, and runs `portolan` with the arguments of the case.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{program, python, root};

/// Runs the cases of a folder, several at once, because most of them wait.
#[track_caller]
fn hold(folder: &str) {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    let runs: Vec<_> = cases
        .chunks(cases.len().div_ceil(4))
        .map(|chunk| {
            Command::new(python())
                .arg(root().join("tests/field/tools/case.py"))
                .arg("--portolan")
                .arg(program("portolan"))
                .args(chunk)
                .env(
                    "COMPONENTIZE_PY",
                    root().join("target/venv-languages/bin/componentize-py"),
                )
                .current_dir(root())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for run in runs {
        let ended = run.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(ended.status.success(), "{said}");
    }
}

#[test]
fn every_case_of_the_field_holds() {
    hold("tests/field/cases");
}

/// The messages for a user without credentials, with a wrong profile, or without a network: cause and remedy.
#[test]
fn a_newcomer_is_told_the_cause_and_what_to_do() {
    hold("tests/field/newcomer");
}
