//! A hundred thousand revisions; one in a hundred is new since the sync before.

use portolan_tests::simulator::{Rules, Shape, Simulator, World};

use crate::quotas::{BURST, REFILL_PER_SECOND, enforced, ratio};
use crate::sync::{at_the_same_place, run};
use crate::{note, row};

const GAIN_GOAL: f64 = 50.0;

/// Always uses all revisions. Filling the cache under quotas would take 84 minutes, so it is filled without
/// them: the least time of a first sync is computed from the buckets, and the time of the second one is
/// measured.
pub(crate) fn measure(_: bool) {
    let shape = Shape {
        families: 990,
        active_revisions: 100,
        ..Shape::default()
    };
    let grown = Shape {
        families: 1_000,
        ..shape.clone()
    };
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("revisions.redb");
    let only = ["--objects", "EcsTaskDefinition", "--quota-share", "1"];
    let cached = [&only[..], &["--revision-cache", cache.to_str().unwrap()]].concat();
    let unpaced = ["--quotas", "none"];

    let simulator = Simulator::start(World::single(1, shape), Rules::default()).unwrap();
    let first = run(&simulator, &[&cached[..], &unpaced].concat());
    note(
        "99,000 revisions into the cache, without quotas",
        &format!("{:.1} s", first.seconds()),
    );
    let simulator = at_the_same_place(simulator, World::single(1, grown), enforced(0.0));
    let second = run(&simulator, &cached);
    ratio(
        "100,000 revisions, 1,000 of them new, quotas enforced",
        &second,
        second.floor_seconds(),
    );
    // A first sync makes as many List calls, and one call for each revision.
    let calls = second.calls_of_revisions() - 1_000 + second.written();
    let floor = (calls as f64 - BURST) / REFILL_PER_SECOND;
    let gain = floor / second.seconds();
    row(
        "  the floor of a first sync to it (computed, measured)",
        &format!("{floor:.0} s, {gain:.1}"),
        "at least 50",
        gain >= GAIN_GOAL,
    );
    simulator.change_rules(|rules| *rules = Rules::default());
    let plain = run(&simulator, &[&only[..], &unpaced].concat());
    let is_same = second.lines() == plain.lines();
    row(
        "  records with and without the cache",
        "compared",
        "equal",
        is_same,
    );
}
