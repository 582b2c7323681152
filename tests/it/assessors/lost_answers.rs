//! Assessments of syncs that lost answers: what was not read is never good news.

use std::collections::BTreeMap;
use std::process::Command;

use portolan_machine::clock;
use portolan_tests::simulator::{Fault, FaultRule, Frequency, Rules, World};
use serde_json::Value;

use crate::support::{Site, by_uid, figure, json_lines, python, read_json, root, run};

/// Shares of all calls that are lost, in thousandths.
const LOST: [u32; 3] = [10, 100, 500];
/// The ages at which events leave the output, in milliseconds: a day, and 90 days for those of settings.
const WINDOWS: [i64; 2] = [86_400_000, 90 * 86_400_000];

#[test]
fn lost_answers_make_nothing_better() {
    let (mut lossy, mut gone) = (0, 0);
    for seed in 1..=figure("PORTOLAN_TEST_SEEDS", 1) {
        let calm = Site::new(World::small(seed), Rules::default());
        let calm_findings = findings(&calm).unwrap();
        for lost in LOST {
            let what = format!("seed {seed}, {lost} of 1,000 calls lost");
            let site = Site::new(World::small(seed), losing(f64::from(lost) / 1_000.0));
            // Where nothing at all could be read, there is nothing to judge.
            let Some(found) = findings(&site) else {
                continue;
            };
            lossy += usize::from(site.report()["complete"] == false);
            agrees_with_the_oracle(&site, &found, &what);
            gone += nothing_is_better(&site, &calm_findings, &found, &what);
        }
    }
    assert!(
        lossy > 0 && gone > 0,
        "{lossy} syncs lost something, {gone} findings were gone"
    );
}

/// Rules that lose a share of the calls, each in one of six ways.
fn losing(share: f64) -> Rules {
    let kinds = [
        Fault::AccessDenied,
        Fault::InternalFailure,
        Fault::ConnectionReset,
        Fault::TruncatedBody,
        Fault::CutJson,
        Fault::EmptyObject,
    ];
    // The first rule that applies counts, so that later ones get what is left.
    let of = |operation: Option<&str>| {
        let rates = (0..kinds.len()).map(|index| {
            let each = share / kinds.len() as f64;
            each / (1.0 - each * index as f64)
        });
        let rules = kinds.iter().zip(rates).map(|(fault, rate)| FaultRule {
            operation: operation.map(str::to_owned),
            fault: fault.clone(),
            frequency: Frequency::Rate(rate),
        });
        rules.collect::<Vec<_>>()
    };
    let operations = [None, Some("LookupEvents"), Some("GetResources")];
    Rules {
        faults: operations.into_iter().flat_map(of).collect(),
        ..Rules::default()
    }
}

/// The findings of a sync without retries; `None` if it could read nothing.
fn findings(site: &Site) -> Option<BTreeMap<String, Value>> {
    let ended = site.sync(&[
        "--assess",
        "--results",
        "all",
        "--carry",
        "EVENT_TIME",
        "--trusted-registries",
        "docker.io/library",
        "--maximum-retries",
        "0",
    ]);
    assert!([0, 1, 3].contains(&ended.status), "{ended:#?}");
    let lines = std::fs::read_to_string(site.output().join("Finding.jsonl"));
    assert_eq!(lines.is_ok(), ended.status != 1, "{ended:#?}");
    Some(by_uid(&lines.ok()?))
}

/// Checks that the oracle, which computes by itself what is complete, has the same findings.
fn agrees_with_the_oracle(site: &Site, found: &BTreeMap<String, Value>, what: &str) {
    let mut oracle = Command::new(python());
    oracle
        .arg("-B")
        .arg(root().join("tests/oracle/controls/findings.py"))
        .arg(site.output())
        .args(["--trusted-registries", "docker.io/library"]);
    let expected = json_lines(&run(&mut oracle).with(0).stdout);
    let mut expected: BTreeMap<_, _> = expected
        .into_iter()
        .map(|finding| (finding["UID"].as_str().unwrap().to_owned(), finding))
        .collect();
    let mut differences = Vec::new();
    for (uid, finding) in found {
        let Some(other) = expected.remove(uid) else {
            differences.push(format!("{uid}: only ours: {finding}"));
            continue;
        };
        for name in [
            "RESULT",
            "VERDICT",
            "SEVERITY",
            "IS_LATEST",
            "RUNNING_TASKS_COUNT",
        ] {
            if finding.get(name) != other.get(name) {
                differences.push(format!("{uid}: {name}: {finding}, the oracle {other}"));
            }
        }
    }
    differences.extend(
        expected
            .into_values()
            .map(|other| format!("only the oracle's: {other}")),
    );
    let (count, shown) = (differences.len(), differences.iter().take(8));
    let shown: Vec<_> = shown.collect();
    assert!(count == 0, "{what}: {count} differences: {shown:#?}");
}

/// Checks that no failure turned into something good, and that every subject that is gone may be missing by the
/// summary. Returns the number of findings that are gone.
fn nothing_is_better(
    site: &Site,
    calm: &BTreeMap<String, Value>,
    found: &BTreeMap<String, Value>,
    what: &str,
) -> usize {
    let assessment = read_json(&site.output().join("assessment.json"));
    let captured_at = clock::milliseconds(assessment["captured_at"].as_str().unwrap()).unwrap();
    let counts = assessment["controls"].as_array().unwrap();
    let mut gone = 0;
    for (uid, before) in calm {
        let Some(now) = found.get(uid) else {
            if has_aged(before, captured_at) {
                continue;
            }
            gone += 1;
            let control = before["CONTROL_ID"].as_str().unwrap();
            let control = control.split('/').next().unwrap();
            let told = counts.iter().find(|counts| {
                counts["control_id"] == control
                    && counts["account_id"] == before["ACCOUNT_ID"]
                    && counts["region"] == before["REGION"]
            });
            let told = told.map(|counts| &counts["subjects_complete"]);
            assert_eq!(told, Some(&Value::Bool(false)), "{what}: {uid} is gone");
            continue;
        };
        let is_good = ["PASS", "NOT_APPLICABLE"].contains(&now["RESULT"].as_str().unwrap());
        assert!(
            !(before["RESULT"] == "FAIL" && is_good),
            "{what}: {before} became {now}"
        );
    }
    gone
}

/// Whether an event left the output since the sync before, because it is too old by now.
fn has_aged(finding: &Value, captured_at: i64) -> bool {
    let time = |name: &str| clock::milliseconds(finding[name].as_str()?);
    let ages = time("EVENT_TIME").zip(time("LAST_CAPTURED"));
    ages.is_some_and(|(time, before)| {
        let mut windows = WINDOWS.iter();
        windows.any(|window| before - time <= *window && captured_at - time > *window - 1_000)
    })
}
