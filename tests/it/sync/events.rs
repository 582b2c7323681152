//! Audit events: each sync writes its window, and asks only for what no earlier one read.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use portolan_machine::clock::milliseconds;
use portolan_tests::simulator::{DEFAULT_EVENT_NAMES, Event, Rules, SINGLE_ACCOUNT, Shape, World};

use crate::support::{REGION, Site, json_lines, run, wait_until};

const HOUR: u64 = 3_600;
const DAY: i64 = 24 * 3_600;
/// CloudTrail delivers late, so this much is asked for again.
const LATE: u64 = 15 * 60;
const ECS: &str = "ecs.amazonaws.com";

fn site() -> Site {
    let shape = Shape {
        clusters: 2,
        services: 4,
        running_tasks: 6,
        families: 2,
        active_revisions: 2,
        ..Shape::default()
    };
    Site::new(World::single(3, shape), Rules::default())
}

const ONLY: [&str; 2] = ["--objects", "EcsAuditEvent"];

fn with_store(site: &Site, arguments: &[&str]) -> Vec<String> {
    let store = site.folder.path().join("revisions.redb");
    let own = ["--revision-cache", store.to_str().unwrap()];
    let all = [&ONLY[..], &own, arguments].concat();
    all.into_iter().map(str::to_owned).collect()
}

fn since(hours: u64) -> String {
    format!("EcsAuditEvent.since={hours}h")
}

/// What a sync asked for, as `(name, from, to)` in seconds since 1970.
type Asked = BTreeSet<(String, u64, u64)>;

/// Runs a sync over a window of hours. Returns its time in milliseconds, and what it asked for.
#[track_caller]
fn sync(site: &Site, hours: u64, arguments: &[String]) -> (u64, Asked) {
    let before = site.simulator.requests().len();
    let option = since(hours);
    let mut command = site.sync_command(&["--option", &option]);
    run(command.args(arguments)).with(0);
    let report = site.report();
    assert_eq!(report["complete"], true);
    let captured_at = milliseconds(report["captured_at"].as_str().unwrap()).unwrap();
    let requests = site.simulator.requests();
    let lookups = requests[before..]
        .iter()
        .filter(|it| it.operation == "LookupEvents" && it.answer == "OK");
    let asked = lookups.map(|it| {
        let name = &it.body["LookupAttributes"][0]["AttributeValue"];
        let time = |member: &str| it.body[member].as_u64().unwrap();
        let name = name.as_str().unwrap().to_owned();
        (name, time("StartTime"), time("EndTime"))
    });
    (captured_at.unsigned_abs(), asked.collect())
}

fn written(site: &Site) -> BTreeSet<String> {
    site.records("EcsAuditEvent").into_keys().collect()
}

/// ECS's events of these names in a window of milliseconds.
fn events(site: &Site, names: &[&str], window: (u64, u64)) -> Vec<Event> {
    let place = (SINGLE_ACCOUNT, REGION);
    let seconds = window.0.div_ceil(1_000)..=window.1 / 1_000;
    let named = names.iter();
    let all = named.flat_map(|name| site.simulator.events(place, name, seconds.clone()));
    all.filter(|event| event.source == ECS).collect()
}

/// Whether a sync wrote every event of its window that was delivered when it began, and none that was not when it
/// ended.
#[track_caller]
fn wrote_its_window(site: &Site, names: &[&str], captured_at: u64, hours: u64) {
    let window = (captured_at - hours * HOUR * 1_000, captured_at);
    let (written, end) = (written(site), site.simulator.time());
    let events = events(site, names, window);
    assert!(events.len() > 5, "{} events", events.len());
    let delivered = |by: u64| -> BTreeSet<String> {
        let there = events.iter().filter(|event| event.delivered_at <= by);
        there.map(|event| event.id.clone()).collect()
    };
    let (least, most) = (delivered(captured_at / 1_000), delivered(end));
    let missing: Vec<_> = least.difference(&written).collect();
    let foreign: Vec<_> = written.difference(&most).collect();
    assert!(
        missing.is_empty() && foreign.is_empty(),
        "{missing:?} {foreign:?}"
    );
}

/// Sets the clock to five minutes after an event that is delivered later. Returns its id.
fn before_a_late_delivery(site: &Site) -> String {
    let now = site.simulator.time();
    let place = (SINGLE_ACCOUNT, REGION);
    let soon = site
        .simulator
        .events(place, "RunTask", now + HOUR..=now + 90 * 24 * HOUR);
    let is_late = |it: &&Event| it.source == ECS && it.delivered_at - it.time >= 600;
    let late = soon.iter().rev().find(is_late).unwrap();
    let offset = late.time + 300 - now;
    site.simulator
        .change_rules(|rules| rules.clock_offset_seconds = i64::try_from(offset).unwrap());
    late.id.clone()
}

fn a_day_later(site: &Site) {
    site.simulator
        .change_rules(|rules| rules.clock_offset_seconds += DAY);
}

#[test]
fn each_day_writes_its_window_and_asks_for_what_is_new() {
    let site = site();
    let (late, arguments) = (before_a_late_delivery(&site), with_store(&site, &[]));
    let names = DEFAULT_EVENT_NAMES;
    let (mut last, asked) = sync(&site, 36, &arguments);
    let from = (last - 36 * HOUR * 1_000) / 1_000;
    assert_eq!(asked.len(), names.len());
    assert!(
        asked
            .iter()
            .all(|it| it.1 == from && it.2 == last / 1_000 + 1)
    );
    wrote_its_window(&site, &names, last, 36);
    assert!(!written(&site).contains(&late), "it was delivered already");
    for day in [1, 2] {
        a_day_later(&site);
        let (captured_at, asked) = sync(&site, 36, &arguments);
        let new = (last / 1_000 - LATE, captured_at / 1_000 + 1);
        assert_eq!(asked.len(), names.len(), "each name once");
        assert!(asked.iter().all(|it| (it.1, it.2) == new), "{asked:?}");
        wrote_its_window(&site, &names, captured_at, 36);
        assert_eq!(
            written(&site).contains(&late),
            day == 1,
            "36 hours, day {day}"
        );
        last = captured_at;
    }
}

#[test]
fn a_wider_window_asks_for_its_older_part_only() {
    let site = site();
    let names = ["RunTask", "UpdateCluster"];
    let chosen = ["--option", "EcsAuditEvent.names=RunTask,UpdateCluster"];
    let arguments = with_store(&site, &chosen);
    let (first, _) = sync(&site, 24, &arguments);
    let (second, asked) = sync(&site, 72, &arguments);
    wrote_its_window(&site, &names, second, 72);
    let begin = first - 24 * HOUR * 1_000;
    let parts = [
        (second - 72 * HOUR * 1_000, begin),
        (first - LATE * 1_000, second),
    ];
    let parts = parts.map(|(from, to)| (from / 1_000, to / 1_000 + 1));
    let expected = names.map(|name| parts.map(|(from, to)| (name.to_owned(), from, to)));
    assert_eq!(asked, expected.into_iter().flatten().collect());
    // A narrower one forgets nothing of what was read.
    let (third, asked) = sync(&site, 1, &arguments);
    assert_eq!(asked.len(), 2);
    let inside = (third - HOUR * 1_000, third);
    assert!(written(&site).len() <= events(&site, &names, inside).len());
    let (fourth, asked) = sync(&site, 72, &arguments);
    wrote_its_window(&site, &names, fourth, 72);
    let again = third / 1_000 - LATE;
    assert!(asked.iter().all(|it| it.1 == again), "{asked:?}");
}

/// CloudTrail has more than 90 days behind a gap, and events are deleted nowhere else.
#[test]
fn a_gap_is_asked_for_whole() {
    let site = site();
    let names = ["RunTask", "StopTask"];
    let chosen = ["--option", "EcsAuditEvent.names=RunTask,StopTask"];
    let arguments = with_store(&site, &chosen);
    sync(&site, 24, &arguments);
    for _ in 0..3 {
        a_day_later(&site);
    }
    let (captured_at, asked) = sync(&site, 24, &arguments);
    let from = (captured_at - 24 * HOUR * 1_000) / 1_000;
    assert!(asked.iter().all(|it| it.1 == from), "{asked:?}");
    wrote_its_window(&site, &names, captured_at, 24);
    // What was read before the gap does not count as read without one.
    let (captured_at, asked) = sync(&site, 96, &arguments);
    let oldest = (captured_at - 96 * HOUR * 1_000) / 1_000;
    assert!(
        asked.iter().any(|it| it.1 == oldest && it.2 == from + 1),
        "{asked:?}"
    );
    wrote_its_window(&site, &names, captured_at, 96);
}

#[test]
fn without_a_store_the_whole_window_is_asked_for() {
    let site = site();
    let chosen = ["--option", "EcsAuditEvent.names=RunTask,StopTask"];
    let arguments: Vec<String> = [&ONLY[..], &chosen]
        .concat()
        .iter()
        .map(|it| (*it).to_owned())
        .collect();
    for _ in 0..2 {
        let (captured_at, asked) = sync(&site, 36, &arguments);
        let window = (captured_at / 1_000 - 36 * HOUR, captured_at / 1_000 + 1);
        assert_eq!(asked.len(), 2);
        assert!(asked.iter().all(|it| (it.1, it.2) == window), "{asked:?}");
        wrote_its_window(&site, &["RunTask", "StopTask"], captured_at, 36);
    }
}

/// Whatever was read before the end counts only if the output stands.
#[test]
fn a_killed_sync_loses_none() {
    let site = site();
    let names = DEFAULT_EVENT_NAMES;
    let arguments = with_store(&site, &[]);
    let hours = since(36);
    for calls in [1, 7, 28] {
        a_day_later(&site);
        site.simulator.reset();
        site.simulator
            .change_rules(|rules| rules.latency = Duration::from_millis(20));
        let mut command = site.sync_command(&["--option", &hours]);
        command
            .args(&arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        wait_until("lookups", || site.calls("LookupEvents") >= calls);
        child.kill().unwrap();
        child.wait().unwrap();
        site.simulator
            .change_rules(|rules| rules.latency = Duration::ZERO);
        let (captured_at, _) = sync(&site, 36, &arguments);
        wrote_its_window(&site, &names, captured_at, 36);
    }
}

#[test]
fn an_event_is_never_removed() {
    let site = site();
    let arguments = with_store(&site, &[]);
    sync(&site, 24, &arguments);
    let first = written(&site);
    a_day_later(&site);
    let output = site.output().to_str().unwrap().to_owned();
    let since = ["--changes-since".to_owned(), output];
    sync(&site, 24, &[arguments, since.into()].concat());
    let left = first.difference(&written(&site)).count();
    assert!(left > 20, "{left} are out of the window");
    let feed = std::fs::read_to_string(site.output().join("EcsAuditEvent.changes.jsonl")).unwrap();
    let changes = json_lines(&feed);
    assert!(!changes.is_empty() && changes.iter().all(|line| line["change"] == "added"));
    let counts = &site.report()["changes"]["objects"]["EcsAuditEvent"];
    assert_eq!(counts["removed"], 0);
    assert_eq!(counts["removals_withheld"], left);
}

#[test]
fn only_the_chosen_names_are_looked_up() {
    let site = site();
    let names = ["ListClusters", "TagResource"];
    let chosen = ["--option", "EcsAuditEvent.names=TagResource,ListClusters"];
    let (captured_at, asked) = sync(&site, 24, &with_store(&site, &chosen));
    let asked: Vec<&str> = asked.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(asked, names);
    wrote_its_window(&site, &names, captured_at, 24);
    let options = &site.report()["options"];
    assert_eq!(options["EcsAuditEvent.names"], "ListClusters,TagResource");
    assert_eq!(options["EcsAuditEvent.since"], "24h");
}
