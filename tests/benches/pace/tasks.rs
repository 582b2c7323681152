//! A million tasks: memory that does not grow with them, and tasks per second.

use portolan_tests::simulator::{Rules, Shape, Simulator, World};

use crate::sync::run;
use crate::{note, row};

const PEAK_GOAL_MEBIBYTES: u64 = 200;
/// A tenth more is noise of the allocator, or a page that waits in a queue.
const GROWTH_GOAL: f64 = 1.1;

pub(crate) fn measure(_: bool) {
    let small = peak_kibibytes(100_000);
    let large = peak_kibibytes(1_000_000);
    row(
        "  peak of a million",
        &format!("{} MiB", large / 1024),
        "under 200 MiB",
        large / 1024 < PEAK_GOAL_MEBIBYTES,
    );
    let growth = large as f64 / small as f64;
    row(
        "  memory for ten times the tasks",
        &format!("{growth:.2}"),
        "at most 1.1",
        growth <= GROWTH_GOAL,
    );
}

fn peak_kibibytes(tasks: u64) -> u64 {
    let shape = Shape {
        clusters: 100,
        services: 10_000,
        running_tasks: tasks,
        families: 10,
        active_revisions: 2,
        ..Shape::default()
    };
    let simulator = Simulator::start(World::single(1, shape), Rules::default()).unwrap();
    let sync = run(&simulator, &["--quotas", "none", "--objects", "EcsTask"]);
    assert_eq!(sync.written(), tasks);
    note(
        &format!("{tasks} tasks, no quotas, no latency"),
        &format!(
            "{:.0} s, {} MiB",
            sync.seconds(),
            sync.usage.peak_kibibytes / 1024
        ),
    );
    note(
        "  tasks a second; processor time per 10,000 tasks",
        &format!(
            "{:.0}; {:.2} s",
            tasks as f64 / sync.seconds(),
            sync.usage.processor.as_secs_f64() * 10_000.0 / tasks as f64
        ),
    );
    sync.usage.peak_kibibytes
}
