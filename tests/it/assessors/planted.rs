//! A world without faults for the stock controls, and the same world with one fault: `tests/planted`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use portolan_machine::clock;
use portolan_tests::simulator::{Rules, Simulator, World};
use serde_json::Value;

use crate::support::{json_lines, portolan, portolan_at, read_json, root, run};

const REGION: &str = "us-gov-west-1";
/// What the UIDs of ECS begin with.
const ARN: &str = "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:";

#[test]
fn a_faultless_world_has_no_failure() {
    let found = results(&world());
    let mut answers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for ((control, subject), result) in &found {
        assert!(
            result != "FAIL" && result != "NOT_EVALUATED",
            "{control} {subject}: {result}"
        );
        answers.entry(control).or_default().insert(result);
    }
    let passing = answers
        .iter()
        .filter(|(_, results)| results.contains("PASS"));
    let passing: BTreeSet<_> = passing.map(|(control, _)| control.to_string()).collect();
    // These ask of shells, of hosts' networks, of Windows and of what runs a definition that fails.
    let others = ["CL.3", "TD.2", "TD.2c", "TD.8", "TK.1"].map(str::to_owned);
    assert_eq!(passing, &controls() - &others.into());
}

#[test]
fn a_planted_fault_is_found_and_nothing_else() {
    let text = std::fs::read_to_string(root().join("tests/planted/cases.jsonl")).unwrap();
    let cases = json_lines(&text);
    let planted: BTreeSet<_> = cases.iter().map(|case| text_of(&case["control"])).collect();
    assert_eq!(planted, controls());
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    wrong.lock().unwrap().extend(difference(case));
                }
            });
        }
    });
    assert_eq!(wrong.into_inner().unwrap(), Vec::<String>::new());
}

/// What a case finds other than it should.
fn difference(case: &Value) -> Option<String> {
    let mut answers = world();
    merge(&mut answers, &case["plant"]);
    let found = results(&answers).into_iter();
    let found = found.filter(|(_, result)| result == "FAIL");
    let found = found.map(|((control, subject), _)| format!("{control}@{subject}"));
    let found: BTreeSet<_> = found.collect();
    let (control, about) = (text_of(&case["control"]), &case["about"]);
    let expected: BTreeSet<_> = case["fails"]
        .as_array()
        .unwrap()
        .iter()
        .map(text_of)
        .collect();
    let names_it = |fail: &String| fail.split(['@', '/']).next() == Some(control.as_str());
    assert!(expected.iter().any(names_it), "{control}: {about}");
    (found != expected).then(|| {
        let (more, less) = (&found - &expected, &expected - &found);
        format!("{control}, {about}: also {more:?}, but not {less:?}")
    })
}

fn world() -> Value {
    read_json(&root().join("tests/planted/world.json"))
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The ids of the stock controls.
fn controls() -> BTreeSet<String> {
    let listed = run(portolan().arg("controls")).with(0).stdout;
    let first = |line: &str| line.split(' ').next().unwrap().to_owned();
    listed.lines().map(first).collect()
}

/// A JSON merge patch (RFC 7386), except that an object patches the elements of a list by their numbers.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    for (key, patch) in patch {
        match target {
            Value::Array(elements) => merge(&mut elements[key.parse::<usize>().unwrap()], patch),
            _ if patch.is_null() => _ = target.as_object_mut().unwrap().remove(key),
            _ => merge(&mut target[key.as_str()], patch),
        }
    }
}

/// The answer of each control for each subject in the world that gives these answers to calls.
fn results(answers: &Value) -> BTreeMap<(String, String), String> {
    let folder = tempfile::tempdir().unwrap();
    let answers = answers.as_object().unwrap().iter();
    let rules = Rules {
        answers: answers
            .map(|(call, answer)| (call.clone(), sent(answer)))
            .collect(),
        ..Rules::default()
    };
    let simulator = Simulator::start(World::small(1), rules).unwrap();
    let ended = run(&mut sync(&simulator, folder.path()));
    let report = read_json(&folder.path().join("report.json"));
    assert_eq!(report["complete"], true, "{ended:#?} {report:#}");
    let lines = std::fs::read_to_string(folder.path().join("Finding.jsonl")).unwrap();
    let findings = json_lines(&lines).into_iter().map(|finding| {
        let subject = text_of(&finding["SUBJECT_UID"]);
        // Events have ids of their own.
        let subject = match text_of(&finding["SUBJECT_OBJECT"]).as_str() {
            "EcsAuditEvent" => text_of(&finding["SUBJECT_NAME"]),
            _ => subject.strip_prefix(ARN).unwrap_or(&subject).to_owned(),
        };
        (
            (text_of(&finding["CONTROL_ID"]), subject),
            text_of(&finding["RESULT"]),
        )
    });
    findings.collect()
}

fn sync(simulator: &Simulator, folder: &Path) -> Command {
    let mut sync = portolan_at(simulator.url());
    sync.args(["sync", "--assess", "--results", "all", "--regions", REGION])
        .arg("--detect-secrets")
        .args(["--trusted-registries", "docker.io/library", "--output"])
        .arg(folder);
    sync
}

/// An answer as AWS sends it: what happened in the last hour has its time, and records of events are texts.
fn sent(answer: &Value) -> Value {
    let time = clock::before(&clock::now(), Duration::from_secs(3_600)).unwrap();
    let seconds = clock::milliseconds(&time).unwrap() / 1_000;
    let answer = answer.to_string().replace("NOW_TEXT", &time);
    let answer = answer.replace("\"NOW\"", &seconds.to_string());
    let mut answer: Value = serde_json::from_str(&answer).unwrap();
    for event in answer["Events"].as_array_mut().into_iter().flatten() {
        event["CloudTrailEvent"] = event["CloudTrailEvent"].to_string().into();
    }
    answer
}
