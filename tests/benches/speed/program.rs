//! Runs `portolan map` as a user would.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use portolan_tests::pages::describe_tasks_page;
use serde_json::json;

use crate::{median, row};

const RUNS: usize = 25;
const GOAL: Duration = Duration::from_millis(60);

/// A program of the workspace. `make build` puts it beside the folder of this one.
pub(crate) fn portolan() -> Command {
    let own = std::env::current_exe().unwrap();
    let program: PathBuf = own.parent().unwrap().parent().unwrap().join("portolan");
    assert!(
        program.is_file(),
        "{} is not built; run `make build` first",
        program.display()
    );
    Command::new(program)
}

pub(crate) fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.jsonl");
    let context = json!({
        "account_id": "123456789012",
        "region": "us-west-2",
        "sync_timestamp": "2026-11-21T01:32:00.123Z",
    });
    let line =
        json!({"operation": "DescribeTasks", "context": context, "body": describe_tasks_page(100)});
    std::fs::write(&file, line.to_string()).unwrap();

    let run = || {
        let start = Instant::now();
        let output = portolan()
            .arg("map")
            .arg(&file)
            .arg("--cache-folder")
            .arg(folder.path())
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        let time = start.elapsed();
        assert!(output.status.success(), "{}", output.status);
        assert_eq!(
            output.stdout.iter().filter(|byte| **byte == b'\n').count(),
            100
        );
        time
    };
    run(); // It fills the cache.
    let time = median((0..RUNS).map(|_| run()).collect());
    let figure = format!("{:.0} ms", time.as_secs_f64() * 1e3);
    row(
        "`portolan map` of that page, compiled code cached",
        &figure,
        "under 60 ms",
        time < GOAL,
    );
}
