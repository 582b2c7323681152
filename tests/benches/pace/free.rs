//! Without quotas: only latency and the number of requests in flight should count.

use std::time::Duration;

use portolan_tests::simulator::{Rules, Simulator};

use crate::sync::{Sync, run};
use crate::{account, note, row};

pub(crate) const LATENCY: Duration = Duration::from_millis(20);
const IN_FLIGHT: f64 = 8.0;
const GOAL: f64 = 1.1;

/// Always uses the whole reference account, which takes seconds.
pub(crate) fn measure(_: bool) {
    let (world, shape) = account(true);
    let rules = Rules {
        latency: LATENCY,
        ..Rules::default()
    };
    let simulator = Simulator::start(world, rules).unwrap();
    let sync = run(&simulator, &["--quotas", "none"]);
    let calls = sync.sum("calls");
    let floor = calls as f64 * LATENCY.as_secs_f64() / IN_FLIGHT;
    note(
        "No quotas, 20 ms latency, 8 in flight",
        &format!("{calls} calls, {:.1} s", sync.seconds()),
    );
    let ratio = sync.seconds() / floor;
    row(
        "  wall time to calls x latency / 8",
        &format!("{ratio:.3}"),
        "at most 1.1",
        ratio <= GOAL,
    );
    let per_tasks = |sync: &Sync| {
        let seconds = sync.usage.processor.as_secs_f64();
        format!("{:.2} s", seconds * 10_000.0 / shape.running_tasks as f64)
    };
    note(
        "  processor time of it all, per 10,000 tasks",
        &per_tasks(&sync),
    );
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().to_str().unwrap();
    let kept = run(
        &simulator,
        &["--quotas", "none", "--checkpoint", checkpoint],
    );
    note("  the same with --checkpoint", &per_tasks(&kept));
}
