//! Runs `portolan sync` as a user would, and measures it.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use portolan_tests::simulator::{BASE_ACCESS_KEY, Rules, Simulator, World};
use portolan_tests::usage::{Usage, watch};
use serde_json::Value;
use tempfile::TempDir;

/// A sync that has ended.
pub(crate) struct Sync {
    pub(crate) usage: Usage,
    pub(crate) report: Value,
    output: TempDir,
}

/// A program of the workspace. `make build` puts it beside the folder of this one.
fn portolan() -> Command {
    let own = std::env::current_exe().unwrap();
    let program: PathBuf = own.parent().unwrap().parent().unwrap().join("portolan");
    assert!(
        program.is_file(),
        "{} is not built; run `make build` first",
        program.display()
    );
    Command::new(program)
}

pub(crate) fn run(simulator: &Simulator, arguments: &[&str]) -> Sync {
    let output = tempfile::tempdir().unwrap();
    let child = portolan()
        .args(["sync", "--regions", "us-east-1", "--endpoint-url"])
        .arg(simulator.url())
        .arg("--output")
        .arg(output.path())
        .args(arguments)
        .env("AWS_ACCESS_KEY_ID", BASE_ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", "any-secret-will-do")
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let usage = watch(child).unwrap();
    assert!(usage.status.success(), "portolan sync: {}", usage.status);
    let report = std::fs::read(output.path().join("report.json")).unwrap();
    Sync {
        usage,
        report: serde_json::from_slice(&report).unwrap(),
        output,
    }
}

/// A simulator of another world at the endpoint of an earlier one, because the revision cache keys by
/// endpoint.
pub(crate) fn at_the_same_place(simulator: Simulator, world: World, rules: Rules) -> Simulator {
    let port = simulator.url().rsplit_once(':').unwrap().1.parse().unwrap();
    drop(simulator);
    // The listener of the earlier one closes in the background.
    for _ in 0..100 {
        if let Ok(simulator) = Simulator::start_on(port, world.clone(), rules.clone()) {
            return simulator;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("port {port} does not come free");
}

impl Sync {
    /// Every line of every file of records, sorted, without LAST_CAPTURED.
    pub(crate) fn lines(&self) -> Vec<String> {
        let captured_at = self.report["captured_at"].as_str().unwrap();
        let mut lines = Vec::new();
        for object in self.report["objects"].as_object().unwrap().keys() {
            let file = self.output.path().join(format!("{object}.jsonl"));
            let text = std::fs::read_to_string(file).unwrap();
            lines.extend(text.lines().map(|line| line.replace(captured_at, "")));
        }
        lines.sort();
        lines
    }

    /// The floor of the slowest action group in the report, in seconds.
    pub(crate) fn floor_seconds(&self) -> f64 {
        let groups = self.report["quotas"].as_array().unwrap().iter();
        let floor_ms = groups
            .map(|group| group["floor_ms"].as_u64().unwrap())
            .max();
        floor_ms.unwrap() as f64 / 1e3
    }

    /// Calls for revisions that AWS did not throttle.
    pub(crate) fn calls_of_revisions(&self) -> u64 {
        let groups = self.report["quotas"].as_array().unwrap();
        let group = groups
            .iter()
            .find(|group| group["group"] == "task-definition-read")
            .unwrap();
        group["calls"].as_u64().unwrap() - group["throttles"].as_u64().unwrap()
    }

    /// Records of all objects together.
    pub(crate) fn written(&self) -> u64 {
        let objects = self.report["objects"].as_object().unwrap().values();
        objects
            .map(|counts| counts["written"].as_u64().unwrap())
            .sum()
    }

    /// A figure of all action groups together.
    pub(crate) fn sum(&self, figure: &str) -> u64 {
        let groups = self.report["quotas"].as_array().unwrap().iter();
        groups.map(|group| group[figure].as_u64().unwrap()).sum()
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.usage.time.as_secs_f64()
    }
}
