//! `portolan sync --assess`, `assess`, `findings` and `controls`, as people and pipelines run them.

use std::collections::BTreeMap;
use std::process::Command;

use portolan_tests::simulator::{Denial, Rules, Scope, World};
use serde_json::Value;

use crate::support::{Site, portolan, read_json, root, run};

/// The findings of an output, by UID.
fn findings(site: &Site) -> BTreeMap<String, Value> {
    site.records("Finding")
}

fn assess(site: &Site, arguments: &[&str]) -> crate::support::Ended {
    run(portolan().arg("assess").arg(site.output()).args(arguments))
}

/// A world that was synced and judged, with every result.
fn judged() -> Site {
    let site = Site::small();
    let ended = site.sync(&["--assess", "--results", "all"]).with(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    site
}

#[test]
fn a_sync_judges_what_it_wrote_and_a_later_one_takes_the_findings_with_it() {
    let site = judged();
    let all = findings(&site);
    let of = |result: &str| all.values().filter(|it| it["RESULT"] == result).count();
    assert!(of("PASS") > 100 && of("FAIL") > 100, "{}", all.len());
    let files =
        ["Finding.jsonl", "assessment.json", "report.json"].map(|it| site.output().join(it));
    run(portolan().arg("validate").args(&files)).with(0);
    // The same records, judged again.
    assess(&site, &["--results", "all"]).with(0);
    assert_eq!(findings(&site), all);
    assess(&site, &[]).with(0);
    assert_eq!(findings(&site).len(), of("FAIL") + of("NOT_EVALUATED"));
    site.sync(&[]).with(0);
    assert!(!files[0].exists() && !files[1].exists());
    let ended = assess(&site, &[]).with(3);
    assert_eq!(ended.stdout, "", "objects were not synced");
}

#[test]
fn statuses_say_what_failed_and_what_is_missing() {
    let site = judged();
    assess(&site, &["--fail-on", "critical"]).with(4);
    assess(&site, &["--fail-on", "low", "--standard", "prowler"]).with(4);
    let mutes = site.folder.path().join("mutes.toml");
    let mute = |until: &str| {
        format!(
            "[[mutes]]\ncontrol = '*'\nsubject = '*'\nreason = 'r'\nauthor = 'a'\nuntil = {until}\n"
        )
    };
    std::fs::write(&mutes, mute("2999-01-01")).unwrap();
    let muted = ["--fail-on", "low", "--mutes", mutes.to_str().unwrap()];
    let ended = assess(&site, &muted).with(0);
    assert_eq!(ended.stderr, "");
    let all = findings(&site);
    assert!(
        all.values()
            .all(|it| it["MUTED"] == true && it["MUTED_UNTIL"] == "2999-01-01")
    );
    std::fs::write(&mutes, mute("2001-01-01")).unwrap();
    let ended = assess(&site, &muted).with(4);
    assert!(
        ended.stderr.contains("ended on 2001-01-01"),
        "{}",
        ended.stderr
    );
    std::fs::write(&mutes, "[[mutes]]\ncontrol = 'TD.1'").unwrap();
    let ended = assess(&site, &muted).with(2);
    assert!(
        ended.stderr.contains("missing field `subject`"),
        "{}",
        ended.stderr
    );
    // Of a denied world, what is missing is told before what failed is not.
    let rules = Rules {
        denials: vec![Denial {
            scope: Scope::default(),
            operation: Some("ListTasks".into()),
        }],
        ..Rules::default()
    };
    let site = Site::new(World::small(1), rules);
    site.sync(&["--assess"]).with(3);
    let summary = crate::support::read_json(&site.output().join("assessment.json"));
    let controls = summary["controls"].as_array().unwrap();
    let tasks = controls
        .iter()
        .find(|it| it["control_id"] == "TK.3")
        .unwrap();
    assert_eq!(tasks["subjects_complete"], false, "{tasks}");
    assert!(
        tasks["reason"].as_str().unwrap().contains("EcsTask"),
        "{tasks}"
    );
    site.sync(&["--assess", "--fail-on", "critical"]).with(4);
}

#[test]
fn changes_are_told_and_removals_are_proven() {
    let site = judged();
    let output = site.output();
    let since = ["--changes-since", output.to_str().unwrap()];
    assess(&site, &since).with(0);
    let feed = output.join("Finding.changes.jsonl");
    assert_eq!(std::fs::read_to_string(&feed).unwrap(), "");
    // An earlier assessment in which another result stood, one finding was not there, and one was too many.
    let file = output.join("Finding.jsonl");
    let before = std::fs::read_to_string(&file).unwrap();
    let mut lines: Vec<Value> = before
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let fails = |line: &Value| line["CONTROL_ID"] == "TD.6" && line["RESULT"] == "FAIL";
    let changed = lines.iter().position(fails).unwrap();
    lines[changed]["RESULT"] = "NOT_EVALUATED".into();
    let added = lines.remove(changed + 1);
    let mut gone = lines[0].clone();
    gone["RESULT"] = "FAIL".into();
    let uid = format!("{}@gone", gone["CONTROL_ID"].as_str().unwrap());
    gone["UID"] = uid.clone().into();
    lines.push(gone);
    let changed = lines[changed]["UID"].clone();
    let text: String = lines.iter().map(|it| format!("{it}\n")).collect();
    std::fs::write(&file, text).unwrap();
    let ended = site.sync(&["--assess", since[0], since[1]]).with(0);
    assert_eq!(ended.stderr, "");
    run(portolan().arg("validate").arg(&feed)).with(0);
    let feed = std::fs::read_to_string(&feed).unwrap();
    let told: Vec<(String, Value)> = feed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| {
            (
                line["change"].as_str().unwrap().to_owned(),
                line["uid"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("changed".into(), changed),
            ("added".into(), added["UID"].clone()),
            ("removed".into(), uid.into()),
        ]
    );
}

#[test]
fn a_failure_that_runs_is_not_over_where_its_control_has_no_answer() {
    let site = judged();
    let output = site.output();
    let kept = site.folder.path().join("kept");
    std::fs::create_dir(&kept).unwrap();
    assess(
        &site,
        &[
            "--trusted-registries",
            "quay.io/nobody",
            "--revisions",
            "all",
        ],
    )
    .with(0);
    for name in ["Finding.jsonl", "assessment.json"] {
        std::fs::copy(output.join(name), kept.join(name)).unwrap();
    }
    let runs = |it: &&Value| it["CONTROL_ID"] == "TK.1/TD.20";
    assert!(findings(&site).values().any(|it| runs(&it)));
    // Neither the list of registries nor the old revisions are asked about now.
    assess(&site, &["--changes-since", kept.to_str().unwrap()]).with(0);
    let changes = &read_json(&output.join("assessment.json"))["changes"];
    assert_eq!(changes["removed"], 0, "{changes}");
    assert!(
        changes["removals_withheld"].as_u64() > Some(18),
        "{changes}"
    );
}

#[test]
fn an_export_replaces_no_device_and_follows_links() {
    let site = judged();
    let at = |name: &str| site.folder.path().join(name);
    std::fs::write(at("target.csv"), "").unwrap();
    std::os::unix::fs::symlink(at("target.csv"), at("link.csv")).unwrap();
    let pipe = at("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    let [link, pipe] = [at("link.csv"), pipe].map(|file| format!("csv={}", file.display()));
    assess(&site, &["--export", &link, "--export", &pipe]).with(0);
    let table = std::fs::read_to_string(at("target.csv")).unwrap();
    assert!(table.starts_with("UID,") && at("link.csv").is_symlink());
    assert_eq!(reader.join().unwrap(), table);
}

#[test]
fn what_would_have_no_effect_is_refused() {
    let site = judged();
    let refused = |ended: crate::support::Ended, says: &str| {
        let said = ended.with(2).stderr;
        assert!(said.contains(says), "{said}");
    };
    refused(site.sync(&["--fail-on", "high"]), "without --assess");
    refused(assess(&site, &["--regions", "eu-west-1"]), "makes no sync");
    refused(
        assess(&site, &["--carry", "REGION"]),
        "attribute REGION of its own",
    );
    refused(
        assess(&site, &["--mutes", "nowhere.toml"]),
        "not a file of mutes",
    );
    refused(
        assess(&site, &["--changes-since", "nowhere"]),
        "no Finding.jsonl",
    );
    let stock = root().join("guest-mappers/built/controls-cluster.wasm");
    refused(
        assess(&site, &["--assessors", stock.to_str().unwrap()]),
        "have the control CL.1",
    );
    let shown = |arguments: &[&str]| {
        run(portolan()
            .arg("findings")
            .arg(site.output())
            .args(arguments))
    };
    refused(shown(&["--control", "TD.44"]), "did you mean TD.4?");
    refused(
        shown(&["--object", "EcsServices"]),
        "did you mean EcsService?",
    );
    let ended = assess(&site, &["--fail-on", "critical"]).with(4);
    assert!(
        ended.stderr.contains("failures are critical or worse"),
        "{}",
        ended.stderr
    );
}

#[test]
fn standard_output_has_findings_last() {
    let site = Site::small();
    let mut sync = site.command("sync");
    let ended = run(sync.args(["--assess", "--output", "-"])).with(0);
    let lines = ended.stdout.lines();
    let objects = lines.map(|line| serde_json::from_str::<Value>(line).unwrap()["object"].clone());
    let objects: Vec<Value> = objects.collect();
    let first = objects
        .iter()
        .position(|object| object == "Finding")
        .unwrap();
    assert!(first > 100 && objects[first..].iter().all(|object| object == "Finding"));
    let file = site.folder.path().join("lines.jsonl");
    std::fs::write(&file, ended.stdout).unwrap();
    run(portolan().arg("validate").arg(file)).with(0);
}

#[test]
fn people_find_what_concerns_them() {
    let site = judged();
    let shown = |arguments: &[&str]| {
        let ended = run(portolan()
            .arg("findings")
            .arg(site.output())
            .args(arguments));
        ended.with(0).stdout
    };
    let all = shown(&["--json"]);
    let all: Vec<Value> = all
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let severities: Vec<&str> = all
        .iter()
        .map(|it| it["SEVERITY"].as_str().unwrap())
        .collect();
    assert!(severities.starts_with(&["critical"]) && severities.ends_with(&["informational"]));
    assert_eq!(shown(&["--where", "OWNER=nobody"]), "");
    let tagged = shown(&[
        "--object",
        "EcsService",
        "--where",
        "TAGS.team=platform",
        "--csv",
    ]);
    assert!(
        tagged.lines().count() > 2 && tagged.starts_with("UID,"),
        "{tagged}"
    );
    // The same control under the name of a standard, whatever its case.
    assert_eq!(
        shown(&["--control", "ecs.8"]),
        shown(&["--control", "td.9"])
    );
    let calls = shown(&["--control", "AU.2", "--details"]);
    assert!(
        calls.contains(" by arn:aws:") && calls.contains("  evidence  "),
        "{calls}"
    );
    let counts = shown(&["--count", "--control", "TD.*"]);
    assert!(
        counts.contains("TD.19") && counts.lines().count() < 24,
        "{counts}"
    );
}

#[test]
fn what_runs_is_found_by_its_own_attributes() {
    let site = judged();
    let shown = |arguments: &[&str]| {
        let ended = run(portolan()
            .arg("findings")
            .arg(site.output())
            .args(arguments));
        ended.with(0).stdout
    };
    let services = site.records("EcsService");
    let (uid, service) = services
        .iter()
        .find(|(_, it)| it["RUNNING_COUNT"].as_u64() > Some(0))
        .unwrap();
    let name = format!("NAME={}", service["NAME"].as_str().unwrap());
    let of_one = shown(&[
        "--running",
        "--severity",
        "medium",
        "--where",
        &name,
        "--json",
    ]);
    assert!(of_one.lines().count() > 2, "{of_one}");
    assert!(
        of_one.lines().all(|line| line.contains(uid.as_str())),
        "{of_one}"
    );
    // What a service runs is found by an attribute of its tasks too.
    let tasks = shown(&["--control", "TK.1", "--where", "SOURCE_STATUS=RUNNING"]);
    assert!(tasks.contains("TK.1/TD."), "{tasks}");
    let nowhere = site.folder.path().join("nowhere");
    run(portolan().arg("findings").arg(&nowhere)).with(2);
    run(portolan().args(["controls", "TD.6", "TK.1"])).with(0);
    let ended = run(portolan().args(["controls", "TD.66"])).with(2);
    assert!(
        ended.stderr.contains("did you mean TD.6?"),
        "{}",
        ended.stderr
    );
}
