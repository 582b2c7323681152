//! moto's server is an independent ECS: every object that its own API lists must arrive, without any
//! environment value.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::redaction::nowhere;
use crate::support::{Ended, by_uid, portolan_at, python, read_json, root, run};

const CANARY: &str = "CANARY-moto-0815";
/// moto assigns every key pair that it did not issue to its default account.
const ACCOUNTS: [&str; 2] = ["123456789012", "222222222222"];
const REGIONS: &str = "us-east-1,eu-west-1";
/// Every object in moto, and its lists in truth.py.
const OBJECTS: [(&str, &[&str]); 6] = [
    ("EcsCluster", &["clusters"]),
    ("EcsService", &["services"]),
    ("EcsTask", &["running_tasks", "stopped_tasks"]),
    (
        "EcsTaskDefinition",
        &["active_task_definitions", "inactive_task_definitions"],
    ),
    ("EcsContainerInstance", &["container_instances"]),
    ("EcsAccountSetting", &["account_settings"]),
];

/// A running moto server, stopped on drop.
pub(crate) struct Moto {
    process: Child,
    url: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        // The server may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Moto {
    pub(crate) fn start() -> Self {
        let mut process = Command::new(python())
            .arg("-B")
            .arg(root().join("tests/moto/server.py"))
            .args(["-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let url = loop {
            let Some(Ok(line)) = lines.next() else {
                panic!("moto ended before it listened: {said}")
            };
            if let Some((_, url)) = line.split_once("Running on ") {
                let is_of_url = |each: char| each.is_ascii_alphanumeric() || ":/.".contains(each);
                break url.chars().take_while(|each| is_of_url(*each)).collect();
            }
            said.push_str(&line);
        };
        // moto logs every request, and a full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url }
    }

    /// Runs a script of tests/moto against the server.
    pub(crate) fn script(&self, name: &str, arguments: &[&str]) -> Ended {
        let script = root().join("tests/moto").join(name);
        run(Command::new(python())
            .arg("-B")
            .arg(script)
            .arg(&self.url)
            .args(arguments))
        .with(0)
    }

    pub(crate) fn portolan(&self, command: &str) -> Command {
        let mut run = portolan_at(&self.url);
        run.arg(command)
            .env("PORTOLAN_REGIONS", REGIONS)
            .env("AWS_ACCESS_KEY_ID", "testing");
        run
    }

    fn sync(&self, output: &Path, arguments: &[&str]) -> Ended {
        let recording = output.with_extension("pages.jsonl");
        let mut sync = self.portolan("sync");
        sync.args(["--objects", &objects()])
            .arg("--output")
            .arg(output)
            .arg("--record")
            .arg(recording)
            .args(["--log", "trace"]);
        let options = "EcsTask.fetchStoppedTasks=true,EcsTaskDefinition.status=ALL";
        run(sync.args(["--option", options]).args(arguments)).with(0)
    }
}

/// The objects to sync: container instances are not among the defaults.
fn objects() -> String {
    OBJECTS.map(|(object, _)| object).join(",")
}

fn role(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/PortolanRead")
}

/// The content of some accounts in moto, by account and Region.
fn truth(moto: &Moto, accounts: &[&str]) -> Vec<Value> {
    let mut truth: Vec<Value> = serde_json::from_str(&moto.script("truth.py", &[]).stdout).unwrap();
    truth.retain(|place| accounts.contains(&place["account"].as_str().unwrap()));
    truth
}

fn records(output: &Path, object: &str) -> BTreeMap<String, Value> {
    by_uid(&std::fs::read_to_string(output.join(format!("{object}.jsonl"))).unwrap())
}

#[track_caller]
fn assert_whole(moto: &Moto, output: &Path, accounts: &[&str]) {
    let truth = truth(moto, accounts);
    for (object, lists) in OBJECTS {
        let lists = truth
            .iter()
            .flat_map(|place| lists.iter().map(|list| place[*list].as_array().unwrap()));
        let arns: BTreeSet<String> = lists
            .flatten()
            .map(|arn| arn.as_str().unwrap().to_owned())
            .collect();
        let written: BTreeSet<String> = records(output, object).into_keys().collect();
        assert!(!arns.is_empty(), "moto has no {object}");
        assert_eq!(written, arns, "{object}");
    }
    let described = truth.iter().map(|place| &place["described"]);
    for (object, described) in described.flat_map(|it| it.as_object().unwrap()) {
        let records = records(output, object);
        for (arn, attributes) in described.as_object().unwrap() {
            for (name, value) in attributes.as_object().unwrap() {
                assert_eq!(&records[arn][name], value, "{name} of {arn}");
            }
        }
    }
    let report = read_json(&output.join("report.json"));
    assert_eq!(
        (&report["complete"], &report["status"]),
        (&true.into(), &"complete".into())
    );
    let files = OBJECTS
        .iter()
        .map(|(object, _)| output.join(format!("{object}.jsonl")));
    let mut validate = moto.portolan("validate");
    run(validate.args(files).arg(output.join("report.json"))).with(0);
}

#[test]
fn every_object_of_moto_arrives() {
    let moto = Moto::start();
    moto.script("populate.py", &["--canary", CANARY]);
    let folder = tempfile::tempdir().unwrap();

    let both = folder.path().join("both");
    let roles = ACCOUNTS.map(role).join(",");
    let ended = moto.sync(&both, &["--assume-role-arn", &roles]);
    assert_whole(&moto, &both, &ACCOUNTS);
    nowhere(CANARY, &ended, folder.path());

    let base = folder.path().join("base");
    let ended = moto.sync(&base, &["--page-size", "10"]);
    assert_whole(&moto, &base, &ACCOUNTS[..1]);
    nowhere(CANARY, &ended, folder.path());

    let other = folder.path().join("other");
    moto.sync(&other, &["--assume-role-arn", &role(ACCOUNTS[1])]);
    assert_whole(&moto, &other, &ACCOUNTS[1..]);

    let recording = base.with_extension("pages.jsonl");
    assert!(
        std::fs::read_to_string(&recording)
            .unwrap()
            .contains("environment"),
        "moto's pages have no environment"
    );
    let mut replayed = moto.portolan("map");
    let replayed = run(replayed.args(["--objects", &objects()]).arg(&recording)).with(0);
    let synced: BTreeMap<String, Value> = OBJECTS
        .iter()
        .flat_map(|(object, _)| records(&base, object))
        .collect();
    assert_eq!(by_uid(&replayed.stdout), synced);

    let mut check = moto.portolan("check");
    let check = run(check.args(["--objects", &objects(), "--assume-role-arn", &roles])).with(0);
    assert!(
        check.stdout.contains(ACCOUNTS[0]) && check.stdout.contains(ACCOUNTS[1]),
        "{}",
        check.stdout
    );
}
