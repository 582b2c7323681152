//! `--detect-secrets`: what leaves are names of variables and detectors, and never a value.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use portolan_page::with_secret_suspects;
use portolan_tests::simulator::{Fault, FaultRule, Rules, World};
use serde::Deserialize;
use serde_json::{Value, json};

use super::events::unpacked;
use super::nowhere;
use crate::support::{Ended, Site, json_lines, root, run, wait_until};

/// A line of `tests/secrets/values.jsonl`.
#[derive(Deserialize)]
struct Case {
    about: String,
    name: String,
    value: Vec<String>,
    detectors: Vec<String>,
}

impl Case {
    fn value(&self) -> String {
        self.value.concat()
    }
}

fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(root().join("tests/secrets/values.jsonl")).unwrap();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The detectors that find a secret in a variable.
fn detectors(name: &str, value: &str) -> Vec<String> {
    let variable = json!({"name": name, "value": value});
    let body = json!({"taskDefinition": {"containerDefinitions": [{"environment": [variable]}]}});
    let scanned = with_secret_suspects(Bytes::from(body.to_string()));
    assert!(scanned.is_whole);
    let body: Value = serde_json::from_slice(&scanned.body).unwrap();
    let suspects = &body["taskDefinition"]["containerDefinitions"][0]["secretSuspects"];
    let suspects = suspects.as_array().into_iter().flatten();
    suspects
        .map(|suspect| {
            assert_eq!(suspect["name"], name);
            suspect["detector"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn detectors_find_secrets_and_leave_ordinary_values_alone() {
    let mut wrong = Vec::new();
    let mut met = BTreeSet::new();
    for case in cases() {
        let found = detectors(&case.name, &case.value());
        met.extend(case.detectors.clone());
        if found != case.detectors {
            let (about, name) = (case.about, case.name);
            wrong.push(format!(
                "{about} in {name}: {found:?}, not {:?}",
                case.detectors
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Every rule has a case.
    assert_eq!(met.len(), 75, "{met:?}");
}

/// The arguments of a sync of everything that has environment values.
const OBJECTS: [&str; 2] = [
    "--objects",
    "EcsTask,EcsTaskDefinition,EcsContainerDefinition",
];

fn file(site: &Site, name: &str) -> PathBuf {
    site.folder.path().join(name)
}

fn sync(site: &Site, arguments: &[&str]) -> Ended {
    let mut sync = site.sync_command(&["--log", "trace", "--summary"]);
    sync.args(OBJECTS)
        .arg("--revision-cache")
        .arg(file(site, "revisions.redb"))
        .args(arguments)
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full");
    run(&mut sync)
}

/// The word of the report, which every place has to agree on.
fn secrets(site: &Site) -> String {
    let report = site.report();
    let scopes = report["scopes"].as_array().unwrap().iter();
    let words: BTreeSet<&str> = scopes
        .filter(|scope| scope["object"] == "EcsContainerDefinition")
        .map(|scope| scope["secrets"].as_str().unwrap())
        .collect();
    assert_eq!(words.len(), 1, "{words:?}");
    words.first().unwrap().to_string()
}

/// The suspects of each container definition that has some.
fn suspects(site: &Site) -> Vec<Value> {
    let records = site.records("EcsContainerDefinition").into_values();
    records
        .filter_map(|record| record.get("SECRET_SUSPECTS").cloned())
        .collect()
}

/// A world in which every environment value, and much else, has this text.
fn site(canary: &str) -> Site {
    Site::new(World::small(1).with_canary(canary), Rules::default())
}

/// A world whose every environment value has a secret of every format, and these secrets. The others need a value
/// of their own.
fn site_of_all() -> (Site, Vec<String>) {
    let secrets: Vec<String> = cases()
        .iter()
        .filter(|case| case.detectors.iter().any(|it| !is_general(it)))
        .map(Case::value)
        .collect();
    (site(&format!("{} ", secrets.join(" "))), secrets)
}

fn is_general(detector: &str) -> bool {
    ["generic-credential", "high-entropy-string"].contains(&detector)
}

/// What must be nowhere of a value: its lines, without the words around.
fn needles(secrets: &[String]) -> impl Iterator<Item = &str> {
    let words = secrets
        .iter()
        .flat_map(|it| it.split([' ', '\n', '"', '\\']));
    words.filter(|word| word.len() > 20)
}

/// Runs a sync, and kills it when it has described some revisions and not all.
fn kill_half_way(site: &Site, arguments: &[&str]) {
    let latency = Duration::from_millis(100);
    let rules = &site.simulator;
    rules.change_rules(|rules| rules.latency = latency);
    let mut sync = site.sync_command(arguments);
    sync.args(OBJECTS)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut killed = sync.spawn().unwrap();
    wait_until("descriptions", || site.calls("DescribeTaskDefinition") >= 9);
    std::thread::sleep(latency);
    killed.kill().unwrap();
    killed.wait().unwrap();
    rules.change_rules(|rules| rules.latency = Duration::ZERO);
}

#[test]
fn values_with_secrets_leave_the_host_on_no_way() {
    let (site, secrets_of_site) = site_of_all();
    let recording = file(&site, "pages.jsonl");
    let checkpoint = file(&site, "checkpoint");
    let detect = [
        "--detect-secrets",
        "--checkpoint",
        checkpoint.to_str().unwrap(),
    ];
    kill_half_way(&site, &detect);
    let kept = unpacked(&checkpoint.join("pages"));
    assert!(
        kept.contains("secretSuspects"),
        "the checkpoint has no suspects"
    );

    let mut arguments = detect.to_vec();
    arguments.extend(["--record", recording.to_str().unwrap()]);
    let ended = sync(&site, &arguments).with(0);
    assert!(site.report()["resumed"]["objects"].as_u64() > Some(0));
    assert_eq!(secrets(&site), "scanned");
    let found = suspects(&site);
    let texts: Vec<&str> = found[0]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for case in cases() {
        for detector in case.detectors.iter().filter(|it| !is_general(it)) {
            let is_found = texts
                .iter()
                .any(|text| text.ends_with(&format!(": {detector}")));
            assert!(is_found, "{detector}: {texts:?}");
        }
    }
    let revisions = unpacked(&file(&site, "revisions.redb"));
    assert!(revisions.contains("secretSuspects") && revisions.contains("url-password"));
    assert!(
        std::fs::read_to_string(&recording)
            .unwrap()
            .contains("secretSuspects")
    );
    for needle in needles(&secrets_of_site) {
        nowhere(needle, &ended, site.folder.path());
        assert!(
            !kept.contains(needle) && !revisions.contains(needle),
            "{needle}"
        );
    }
}

#[test]
fn values_with_secrets_are_in_no_error_either() {
    let secret = "postgres://app:CANARY-s3cr3t@db/";
    for fault in [Fault::CutJson, Fault::TruncatedBody, Fault::WrongType] {
        let site = site(secret);
        let faults = vec![FaultRule::next("DescribeTaskDefinition", fault.clone(), 8)];
        site.simulator.change_rules(|rules| rules.faults = faults);
        let ended = sync(&site, &["--detect-secrets", "--maximum-retries", "1"]);
        nowhere("CANARY-s3cr3t", &ended, site.folder.path());
    }
}

#[test]
fn known_revisions_are_described_again_until_they_are_scanned() {
    let site = site("postgres://app:CANARY-s3cr3t@db/");
    let calls = || site.calls("DescribeTaskDefinition");
    sync(&site, &[]).with(0);
    let revisions = calls();
    assert_eq!(
        (secrets(&site).as_str(), suspects(&site).len()),
        ("not-scanned", 0)
    );
    sync(&site, &["--detect-secrets"]).with(0);
    assert_eq!(calls(), 2 * revisions);
    assert_eq!(site.report()["revision_cache"]["refreshed"], revisions);
    let found = suspects(&site);
    assert_eq!(
        (secrets(&site).as_str(), found.is_empty()),
        ("scanned", false)
    );

    sync(&site, &["--detect-secrets"]).with(0);
    assert_eq!((calls(), suspects(&site)), (2 * revisions, found));
    // What an earlier sync found is none of the business of a sync that does not ask for it.
    let recording = file(&site, "pages.jsonl");
    sync(
        &site,
        &[
            "--revision-tags",
            "never",
            "--record",
            recording.to_str().unwrap(),
        ],
    )
    .with(0);
    assert_eq!((calls(), suspects(&site).len()), (2 * revisions, 0));
    assert_eq!(secrets(&site), "not-scanned");
    let recorded = std::fs::read_to_string(recording).unwrap();
    assert!(recorded.contains("environment") && !recorded.contains("secretSuspects"));
}

#[test]
fn suspects_that_the_server_sends_are_not_passed_on() {
    let site = site("no secret");
    let faults = vec![FaultRule::next(
        "DescribeTaskDefinition",
        Fault::ForeignSuspects,
        99,
    )];
    site.simulator.change_rules(|rules| rules.faults = faults);
    let recording = file(&site, "pages.jsonl");
    for arguments in [&[][..], &["--detect-secrets"]] {
        let record = ["--record", recording.to_str().unwrap()];
        sync(&site, &[arguments, &record].concat()).with(0);
        assert_eq!(suspects(&site).len(), 0);
        assert!(
            !std::fs::read_to_string(&recording)
                .unwrap()
                .contains("foreign")
        );
        assert!(!unpacked(&file(&site, "revisions.redb")).contains("foreign"));
    }
}

#[test]
fn a_sync_that_could_not_scan_a_value_says_so() {
    let site = site(&"x".repeat(70_000));
    let ended = sync(&site, &["--detect-secrets"]).with(0);
    assert_eq!(secrets(&site), "not-scanned");
    assert!(
        ended.stderr.contains("could not be scanned"),
        "{}",
        ended.stderr
    );
}

#[test]
fn td_10_is_judged_where_values_were_scanned() {
    let site = site("postgres://app:CANARY-s3cr3t@db/");
    for (arguments, is_judged) in [(&[][..], false), (&["--detect-secrets"], true)] {
        sync(&site, arguments).with(0);
        let ended = run(site
            .command("assess")
            .arg(site.output())
            .args(["--results", "all"]));
        let text = std::fs::read_to_string(site.output().join("Finding.jsonl")).unwrap();
        let findings = json_lines(&text);
        let findings = findings.iter().filter(|it| it["CONTROL_ID"] == "TD.10");
        let results: BTreeSet<&str> = findings.map(|it| it["RESULT"].as_str().unwrap()).collect();
        let expected: &[&str] = if is_judged { &["FAIL"] } else { &[] };
        assert_eq!(Vec::from_iter(results), expected, "{}", ended.stderr);
        let assessment = crate::support::read_json(&site.output().join("assessment.json"));
        let mut counts = assessment["controls"].as_array().unwrap().iter();
        let counts = counts.find(|it| it["control_id"] == "TD.10").unwrap();
        assert_eq!(counts["not_configured"].is_null(), is_judged, "{counts}");
    }
}
