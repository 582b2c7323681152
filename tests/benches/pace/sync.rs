//! `portolan sync` as somebody would call it, watched.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use portolan_tests::simulator::{BASE_ACCESS_KEY, Simulator};
use portolan_tests::usage::{Usage, watch};
use serde_json::Value;

/// A sync that has ended.
pub(crate) struct Sync {
    pub(crate) usage: Usage,
    pub(crate) report: Value,
}

/// A program of the workspace, which `make build` puts beside this one's folder.
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
    }
}

impl Sync {
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
