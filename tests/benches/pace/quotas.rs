//! Measures enforced token buckets: the distance to the floor, and the number of throttles.

use portolan_tests::simulator::{Rules, Shape, Simulator, Throttling, World};

use crate::sync::{Sync, at_the_same_place, run};
use crate::{account, note, row};

const RATIO_GOAL: f64 = 1.05;
const THROTTLES_GOAL: f64 = 0.02;
pub(crate) const REFILL_PER_SECOND: f64 = 20.0;
/// Size of the bucket for task definitions.
pub(crate) const BURST: f64 = 50.0;

pub(crate) fn measure(is_full: bool) {
    second_sync(is_full);
    let (world, shape) = account(is_full);
    let sync = sync(
        &start(world.clone(), 0.0),
        &shape,
        &["--quota-share", "0.9"],
    );
    ratio("Quotas enforced, share 0.9", &sync, sync.floor_seconds());
    unthrottled(&sync);
    let sync = sync_beside_another(world, &shape);
    let calls = sync.calls_of_revisions() as f64;
    // A full bucket once, then the part of the refill that the other client leaves.
    let floor = (calls - BURST) / (REFILL_PER_SECOND / 2.0);
    ratio("Another client takes half, share 0.9", &sync, floor);
    let throttled = sync.sum("throttles") as f64 / sync.sum("calls") as f64;
    row(
        "  throttled",
        &format!("{:.2} %", throttled * 100.0),
        "at most 2 %",
        throttled <= THROTTLES_GOAL,
    );
}

/// The whole quota: a first sync, and a second one with all revisions but a hundredth in its cache.
fn second_sync(is_full: bool) {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("revisions.redb");
    let share = ["--quota-share", "1", "--revision-cache"];
    let arguments = [&share[..], &[cache.to_str().unwrap()]].concat();
    let (world, shape) = account(is_full);
    let simulator = start(world, 0.0);
    let cold = sync(&simulator, &shape, &arguments);
    ratio(
        "Quotas enforced, share 1, cold",
        &cold,
        cold.floor_seconds(),
    );
    unthrottled(&cold);
    let grown = Shape {
        families: shape.families + shape.families / 100,
        ..shape
    };
    let world = World::single(1, grown.clone());
    let simulator = at_the_same_place(simulator, world, enforced(0.0));
    let warm = sync(&simulator, &grown, &arguments);
    ratio(
        "Quotas enforced, share 1, warm, 1 % of revisions new",
        &warm,
        warm.floor_seconds(),
    );
    unthrottled(&warm);
    note(
        "  cold to warm, wall time",
        &format!("{:.0}", cold.seconds() / warm.seconds()),
    );
    simulator.change_rules(|rules| *rules = Rules::default());
    let plain = sync(&simulator, &grown, &["--quotas", "none"]);
    let is_same = warm.lines() == plain.lines();
    row(
        "  records with and without the cache",
        "compared",
        "equal",
        is_same,
    );
}

fn unthrottled(sync: &Sync) {
    let throttles = sync.sum("throttles");
    row("  throttled", &throttles.to_string(), "0", throttles == 0);
}

fn sync_beside_another(world: World, shape: &Shape) -> Sync {
    sync(&start(world, 0.5), shape, &["--quota-share", "0.9"])
}

pub(crate) fn enforced(other_clients_share: f64) -> Rules {
    Rules {
        throttling: Some(Throttling {
            other_clients_share,
        }),
        ..Rules::default()
    }
}

fn start(world: World, other_clients_share: f64) -> Simulator {
    Simulator::start(world, enforced(other_clients_share)).unwrap()
}

/// Syncs an account; the output has to be complete.
fn sync(simulator: &Simulator, shape: &Shape, arguments: &[&str]) -> Sync {
    let sync = run(simulator, arguments);
    let revisions = shape.families * shape.active_revisions;
    let expected = shape.clusters + shape.services + shape.running_tasks + revisions;
    assert_eq!(sync.written(), expected, "something is missing");
    sync
}

pub(crate) fn ratio(what: &str, sync: &Sync, floor_seconds: f64) {
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
