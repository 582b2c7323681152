//! Under enforced token buckets: how near to the floor, and how often throttled.

use portolan_tests::simulator::{Rules, Simulator, Throttling};

use crate::sync::{Sync, run};
use crate::{account, note, row};

const RATIO_GOAL: f64 = 1.05;
const THROTTLES_GOAL: f64 = 0.02;
const REFILL_PER_SECOND: f64 = 20.0;

pub(crate) fn measure(is_full: bool) {
    for share in ["1", "0.9"] {
        let sync = sync(is_full, share, 0.0);
        let floor = floor_seconds(&sync);
        ratio(&format!("Quotas enforced, share {share}"), &sync, floor);
        let throttles = sync.sum("throttles");
        row("  throttled", &throttles.to_string(), "0", throttles == 0);
    }
    let sync = sync(is_full, "0.9", 0.5);
    let calls = calls_of_revisions(&sync) as f64;
    // A full bucket once, then what the other client leaves of the refill.
    let floor = (calls - 50.0) / (REFILL_PER_SECOND / 2.0);
    ratio("Another client takes half, share 0.9", &sync, floor);
    let throttled = sync.sum("throttles") as f64 / sync.sum("calls") as f64;
    row(
        "  throttled",
        &format!("{:.2} %", throttled * 100.0),
        "at most 2 %",
        throttled <= THROTTLES_GOAL,
    );
}

/// Syncs an account, of which nothing may be missing.
fn sync(is_full: bool, share: &str, other_clients_share: f64) -> Sync {
    let (world, shape) = account(is_full);
    let rules = Rules {
        throttling: Some(Throttling {
            other_clients_share,
        }),
        ..Rules::default()
    };
    let simulator = Simulator::start(world, rules).unwrap();
    let sync = run(&simulator, &["--quota-share", share]);
    let revisions = shape.families * shape.active_revisions;
    let expected = shape.clusters + shape.services + shape.running_tasks + revisions;
    assert_eq!(sync.written(), expected, "something is missing");
    sync
}

fn ratio(what: &str, sync: &Sync, floor_seconds: f64) {
    note(
        what,
        &format!("{:.1} s of {floor_seconds:.1} s", sync.seconds()),
    );
    let ratio = sync.seconds() / floor_seconds;
    row(
        "  wall time of the process to the floor",
        &format!("{ratio:.3}"),
        "at most 1.05",
        ratio <= RATIO_GOAL,
    );
}

/// The floor of the slowest action group, as the report has it.
fn floor_seconds(sync: &Sync) -> f64 {
    let groups = sync.report["quotas"].as_array().unwrap().iter();
    let floor_ms = groups
        .map(|group| group["floor_ms"].as_u64().unwrap())
        .max();
    floor_ms.unwrap() as f64 / 1e3
}

/// Calls for revisions that AWS let through.
fn calls_of_revisions(sync: &Sync) -> u64 {
    let groups = sync.report["quotas"].as_array().unwrap();
    let group = groups
        .iter()
        .find(|group| group["group"] == "task-definition-read")
        .unwrap();
    group["calls"].as_u64().unwrap() - group["throttles"].as_u64().unwrap()
}
