//! Time and memory of `portolan assess` on one core, for ten times the subjects each time. Runs only where it is
//! named: making the largest output alone takes minutes.

use std::path::Path;
use std::process::{Command, Stdio};

use portolan_tests::simulator::{BASE_ACCESS_KEY, Rules, Shape, Simulator, World};
use portolan_tests::usage::{Usage, watch};

use crate::program::portolan;
use crate::{note, row};

/// Families, of one revision and two containers on average; those of the middle are what the goals are about.
const FAMILIES: [u64; 3] = [2_500, 25_000, 250_000];
const GOAL_SECONDS: f64 = 60.0;
const GOAL_MEBIBYTES: u64 = 200;
/// A tenth more than in proportion is noise of the machine.
const GROWTH_GOAL: f64 = 11.0;

pub(crate) fn measure() {
    let largest =
        std::env::var("PORTOLAN_BENCH_LARGEST").map_or(FAMILIES[1], |it| it.parse().unwrap());
    let mut before: Option<f64> = None;
    for families in FAMILIES.into_iter().filter(|families| *families <= largest) {
        let output = tempfile::tempdir().unwrap();
        sync(families, output.path());
        let usage = assess(output.path());
        let seconds = usage.processor.as_secs_f64();
        let peak = usage.peak_kibibytes / 1024;
        let findings = std::fs::read_to_string(output.path().join("assessment.json")).unwrap();
        let findings: serde_json::Value = serde_json::from_str(&findings).unwrap();
        let counts = findings["controls"].as_array().unwrap().iter();
        let answers: u64 = counts
            .flat_map(|it| it["results"].as_object().unwrap().values())
            .filter_map(serde_json::Value::as_u64)
            .sum();
        let what = format!(
            "Assessment of {families} task definitions, {} tasks",
            families * 4
        );
        let is_goal = families == FAMILIES[1];
        let goal = |text| if is_goal { text } else { "" };
        row(
            &what,
            &format!("{seconds:.1} s"),
            goal("under 60 s"),
            !is_goal || seconds < GOAL_SECONDS,
        );
        row(
            "  peak memory",
            &format!("{peak} MiB"),
            goal("under 200 MiB"),
            !is_goal || peak < GOAL_MEBIBYTES,
        );
        note("  answers", &answers.to_string());
        if let Some(before) = before {
            let growth = seconds / before;
            row(
                "  time for ten times the subjects",
                &format!("{growth:.1}"),
                "at most 11",
                growth <= GROWTH_GOAL,
            );
        }
        before = Some(seconds);
    }
}

/// Four tasks and a fifth of a service for each definition.
fn sync(families: u64, folder: &Path) {
    let shape = Shape {
        clusters: 50,
        services: families / 5,
        running_tasks: families * 4,
        families,
        active_revisions: 1,
        ..Shape::default()
    };
    let simulator = Simulator::start(World::single(1, shape), Rules::default()).unwrap();
    let mut sync = portolan();
    sync.args([
        "sync",
        "--objects",
        "all",
        "--regions",
        "us-east-1",
        "--quotas",
        "none",
    ])
    .args([
        "--option",
        "EcsTaskDefinition.scope=current",
        "--parallel-requests",
        "32",
    ])
    .args(["--endpoint-url", simulator.url(), "--output"])
    .arg(folder)
    .env("AWS_ACCESS_KEY_ID", BASE_ACCESS_KEY)
    .env("AWS_SECRET_ACCESS_KEY", "any-secret-will-do")
    .env("NO_PROXY", "127.0.0.1")
    .stdin(Stdio::null());
    assert!(sync.status().unwrap().success());
}

/// Assesses on the first processor only.
fn assess(folder: &Path) -> Usage {
    let program = portolan();
    let mut assess = Command::new("taskset");
    assess.args(["-c", "0"]).arg(program.get_program());
    assess.arg("assess").arg(folder);
    // Modules may have to be compiled the first time.
    let mut warm = portolan();
    warm.arg("controls").stdout(Stdio::null());
    assert!(warm.status().unwrap().success());
    let usage = watch(assess.spawn().unwrap()).unwrap();
    assert!(
        matches!(usage.status.code(), Some(0 | 3)),
        "{}",
        usage.status
    );
    usage
}
