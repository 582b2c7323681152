//! The peak memory of a sync, which must not depend on the number of objects.

use std::process::Stdio;

use portolan_tests::simulator::{BASE_ACCESS_KEY, Rules, Shape, Simulator, World};
use portolan_tests::usage::watch;

use crate::program::portolan;
use crate::{note, row};

/// A tenth more is noise of the allocator, or a page that waits in a queue.
const GROWTH_GOAL: f64 = 1.1;

pub(crate) fn measure() {
    // The first sync may have to compile the stock modules, which takes more memory than any sync.
    peak_kibibytes(100);
    let small = peak_kibibytes(10_000);
    let large = peak_kibibytes(100_000);
    let growth = large as f64 / small as f64;
    row(
        "Memory for ten times the tasks",
        &format!("{growth:.2}"),
        "at most 1.1",
        growth <= GROWTH_GOAL,
    );
}

/// The largest resident size of `portolan sync` in a world of this many tasks.
fn peak_kibibytes(tasks: u64) -> u64 {
    let shape = Shape {
        clusters: 10,
        services: 100,
        running_tasks: tasks,
        families: 10,
        active_revisions: 2,
        ..Shape::default()
    };
    let simulator = Simulator::start(World::single(1, shape), Rules::default()).unwrap();
    let output = tempfile::tempdir().unwrap();
    let child = portolan()
        .args([
            "sync",
            "--regions",
            "us-east-1",
            "--quotas",
            "none",
            "--endpoint-url",
            simulator.url(),
            "--output",
        ])
        .arg(output.path())
        .env("AWS_ACCESS_KEY_ID", BASE_ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", "any-secret-will-do")
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let usage = watch(child).unwrap();
    assert!(usage.status.success(), "portolan sync: {}", usage.status);
    let (peak, time) = (usage.peak_kibibytes, usage.time);
    let written = std::fs::read_to_string(output.path().join("EcsTask.jsonl")).unwrap();
    assert_eq!(written.lines().count() as u64, tasks);
    note(
        &format!(
            "Peak memory of a sync of {tasks} tasks ({:.1} s)",
            time.as_secs_f64()
        ),
        &format!("{} MiB", peak / 1024),
    );
    peak
}
