//! `--checkpoint`: a killed sync resumes where it stopped.

mod world;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use portolan_tests::simulator::{Rules, Shape, Simulator, World};

use crate::support::{Ended, OBJECTS, Site, figure, names_in, portolan_at, run, wait_until};

/// Number of kills in the test of random moments, unless PORTOLAN_TEST_KILLS sets another one.
const KILLS: u64 = 8;

fn shape() -> Shape {
    Shape {
        clusters: 3,
        services: 40,
        running_tasks: 150,
        stopped_tasks: 10,
        families: 12,
        active_revisions: 4,
        inactive_revisions: 1,
        ..Shape::default()
    }
}

/// A world whose sync lasts about a second.
fn slow() -> Site {
    let rules = Rules {
        latency: Duration::from_millis(20),
        ..Rules::default()
    };
    Site::new(World::single(7, shape()), rules)
}

/// Small pages and few requests in flight, for many moments to be killed in.
const SLOWLY: [&str; 4] = ["--page-size", "10", "--parallel-requests", "2"];

fn checkpoint(site: &Site) -> PathBuf {
    site.folder.path().join("checkpoint")
}

fn command(site: &Site, arguments: &[&str]) -> Command {
    let mut sync = site.sync_command(&SLOWLY);
    sync.args(arguments)
        .arg("--checkpoint")
        .arg(checkpoint(site))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    sync
}

fn kill(mut child: Child) {
    // After SIGKILL the program runs no more code.
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Kills a sync after this number of calls for revisions.
fn killed_after(site: &Site, revisions: u64, arguments: &[&str]) {
    let child = command(site, arguments).spawn().unwrap();
    wait_until("revisions", || {
        site.calls("DescribeTaskDefinition") >= revisions
    });
    kill(child);
    assert!(!site.output().join("report.json").exists(), "it has ended");
    site.simulator
        .change_rules(|rules| rules.latency = Duration::ZERO);
}

/// Every line of every file of records, sorted, with a word in place of this LAST_CAPTURED.
fn lines(folder: &Path, captured_at: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for object in OBJECTS {
        let text = std::fs::read_to_string(folder.join(format!("{object}.jsonl"))).unwrap();
        lines.extend(text.lines().map(|line| {
            assert!(line.contains(captured_at), "another LAST_CAPTURED: {line}");
            format!("{object} {}", line.replace(captured_at, "CAPTURED"))
        }));
    }
    lines.sort();
    lines
}

fn own_lines(site: &Site) -> Vec<String> {
    lines(
        &site.output(),
        site.report()["captured_at"].as_str().unwrap(),
    )
}

/// The result of a sync that is not killed.
fn undisturbed(world: World, arguments: &[&str]) -> Vec<String> {
    let site = Site::new(world, Rules::default());
    site.sync(arguments).with(0);
    own_lines(&site)
}

/// The LAST_CAPTURED of a checkpoint, if it holds one.
fn captured_at(site: &Site) -> Option<String> {
    let bytes = std::fs::read(checkpoint(site).join("pages")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let (_, rest) = text.split_once(r#""captured_at":""#)?;
    Some(rest.split('"').next()?.to_owned())
}

/// Runs the sync to its end, which must equal that of an undisturbed one.
fn goes_on(site: &Site, arguments: &[&str], expected: &[String]) -> Ended {
    let began = captured_at(site);
    let ended: Ended = command(site, arguments).output().unwrap().into();
    let ended = ended.with(0);
    let report = site.report();
    assert_eq!(report["complete"], true);
    if let Some(began) = began {
        assert_eq!(report["captured_at"], began);
        assert!(report["resumed"]["objects"].is_u64(), "{report}");
    }
    assert!(own_lines(site) == expected, "the records are not the same");
    let objects = report["objects"].as_object().unwrap();
    for (object, counts) in objects {
        assert_eq!(counts["listed"], counts["written"], "{object}");
        assert_eq!(counts["described"], counts["written"], "{object}");
    }
    assert_eq!(names_in(&checkpoint(site)), ["lock"]);
    ended
}

/// Every record byte for byte, except LAST_CAPTURED, which has to be that of the first start.
#[test]
fn a_sync_killed_at_any_moment_ends_with_the_records_of_one_that_is_not() {
    let kills = figure("PORTOLAN_TEST_KILLS", KILLS);
    let scopes: [&[&str]; 5] = [
        &["--option", "EcsTask.fetchStoppedTasks=true"],
        &["--option", "EcsTaskDefinition.status=ALL"],
        &["--option", "EcsTaskDefinition.scope=latest"],
        &["--option", "EcsTaskDefinition.scope=in-use"],
        &["--option", "EcsTaskDefinition.scope=current"],
    ];
    let expected = scopes.map(|scope| undisturbed(World::single(7, shape()), scope));
    let site = slow();
    let start = Instant::now();
    command(&site, scopes[0]).output().unwrap();
    let lasts = start.elapsed();
    let (mut resumed, mut seed) = (0_u64, 4711_u64);
    for number in 0..kills {
        let scope = number as usize % scopes.len();
        // Some are killed twice.
        for _ in 0..=number % 2 {
            let child = command(&site, scopes[scope]).spawn().unwrap();
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            std::thread::sleep(lasts.mul_f64((seed >> 33) as f64 / f64::from(1_u32 << 31)));
            kill(child);
        }
        goes_on(&site, scopes[scope], &expected[scope]);
        let objects = site.report()["resumed"]["objects"].as_u64();
        resumed += u64::from(objects.unwrap_or(0) > 0);
    }
    assert!(
        resumed > kills / 4,
        "{resumed} of {kills} had anything to go on with"
    );
}

#[test]
fn what_is_kept_is_not_asked_for_again() {
    let site = slow();
    let only = ["--objects", "EcsTaskDefinition"];
    killed_after(&site, 30, &only);
    site.simulator.reset();
    let ended: Ended = command(&site, &only)
        .arg("--summary")
        .output()
        .unwrap()
        .into();
    let ended = ended.with(0);
    let kept = site.report()["resumed"]["objects"].as_u64().unwrap();
    // Two were in flight, and up to one for each describer and worker behind them.
    assert!((20..48).contains(&kept), "{kept} kept of 30");
    assert_eq!(site.calls("DescribeTaskDefinition"), 48 - kept);
    assert_eq!(site.records("EcsTaskDefinition").len(), 48);
    let line = format!("resumed: {kept} objects");
    assert!(ended.stderr.contains(&line), "{}", ended.stderr);
}

#[test]
fn a_sync_of_something_else_does_not_go_on() {
    let site = slow();
    killed_after(&site, 20, &[]);
    let before = std::fs::read(checkpoint(&site).join("pages")).unwrap();
    let other: [(&[&str], &str); 4] = [
        (&["--objects", "EcsTask"], "objects differ"),
        (
            &["--option", "EcsTaskDefinition.status=ALL"],
            "option differ",
        ),
        (&["--shard", "1/2"], "shard differ"),
        (&["--regions", "eu-west-1"], "regions differ"),
    ];
    for (arguments, what) in other {
        let ended: Ended = command(&site, arguments).output().unwrap().into();
        let ended = ended.with(2);
        assert!(ended.stderr.contains(what), "{}", ended.stderr);
    }
    assert_eq!(
        site.files().len(),
        0,
        "the killed sync's part is cleaned up"
    );
    assert!(std::fs::read(checkpoint(&site).join("pages")).unwrap() == before);
    goes_on(&site, &[], &undisturbed(World::single(7, shape()), &[]));
}

#[test]
fn other_speeds_and_places_for_output_are_the_same_sync() {
    let site = slow();
    killed_after(&site, 20, &[]);
    let arguments = ["--page-size", "100", "--maximum-retries", "3"];
    let elsewhere = site.folder.path().join("elsewhere");
    let mut sync = site.command("sync");
    sync.args(arguments)
        .arg("--checkpoint")
        .arg(checkpoint(&site))
        .arg("--output")
        .arg(&elsewhere);
    run(&mut sync).with(0);
    let report = crate::support::read_json(&elsewhere.join("report.json"));
    assert_ne!(report["resumed"]["objects"], 0);
    let captured_at = report["captured_at"].as_str().unwrap();
    let expected = undisturbed(World::single(7, shape()), &[]);
    assert!(lines(&elsewhere, captured_at) == expected);
}

#[test]
fn a_torn_end_is_cut_off_without_a_word() {
    let site = slow();
    killed_after(&site, 20, &[]);
    let path = checkpoint(&site).join("pages");
    let pages = std::fs::read(&path).unwrap();
    std::fs::write(&path, &pages[..pages.len() - 7]).unwrap();
    let expected = undisturbed(World::single(7, shape()), &[]);
    assert_eq!(goes_on(&site, &[], &expected).stderr, "");
}

#[test]
fn damage_in_the_middle_costs_a_warning_and_what_comes_after() {
    let site = slow();
    killed_after(&site, 20, &[]);
    let path = checkpoint(&site).join("pages");
    let mut pages = std::fs::read(&path).unwrap();
    let middle = pages.len() / 2;
    pages[middle] ^= 1;
    std::fs::write(&path, pages).unwrap();
    let expected = undisturbed(World::single(7, shape()), &[]);
    let ended = goes_on(&site, &[], &expected);
    assert!(
        ended.stderr.contains("is damaged after"),
        "{}",
        ended.stderr
    );
    assert_ne!(site.report()["resumed"]["objects"], 0);
}

#[test]
fn two_syncs_do_not_share_a_checkpoint() {
    let site = slow();
    let first = command(&site, &[]).spawn().unwrap();
    wait_until("a call", || site.calls("ListClusters") > 0);
    let mut second = site.command("sync");
    second
        .arg("--output")
        .arg(site.folder.path().join("other"))
        .arg("--checkpoint")
        .arg(checkpoint(&site));
    let ended = run(&mut second).with(1);
    assert!(
        ended.stderr.contains("another sync uses"),
        "{}",
        ended.stderr
    );
    let first: Ended = first.wait_with_output().unwrap().into();
    first.with(0);
}

#[test]
fn a_sync_that_is_partial_ends_what_it_kept() {
    let rules = super::faults::always(
        "DescribeServices",
        portolan_tests::simulator::Fault::InternalFailure,
    );
    let site = Site::new(World::single(7, shape()), rules);
    let ended: Ended = command(&site, &["--maximum-retries", "0"])
        .output()
        .unwrap()
        .into();
    ended.with(3);
    assert_eq!(names_in(&checkpoint(&site)), ["lock"]);
    site.simulator
        .change_rules(|rules| *rules = Rules::default());
    let ended: Ended = command(&site, &[]).output().unwrap().into();
    ended.with(0);
    assert!(site.report()["resumed"].is_null());
}

/// Expired credentials must not lose the work of hours, nor replace the last output by a part of the new one.
#[test]
fn a_sync_that_can_do_nothing_leaves_what_is_kept() {
    let site = slow();
    killed_after(&site, 20, &[]);
    let pages = std::fs::read(checkpoint(&site).join("pages")).unwrap();
    let mut sync = command(&site, &[]);
    let ended = run(sync.env("AWS_ACCESS_KEY_ID", "AKIANOBODY")).with(1);
    assert!(!ended.stderr.contains("panic"), "{}", ended.stderr);
    assert_eq!(site.files(), ["report.json"], "no records");
    assert!(std::fs::read(checkpoint(&site).join("pages")).unwrap() == pages);
    // The same with credentials that reach the account, where every call is then refused.
    site.simulator.change_rules(|rules| {
        rules.denials = vec![portolan_tests::simulator::Denial::default()];
    });
    let ended: Ended = command(&site, &[]).output().unwrap().into();
    ended.with(1);
    site.simulator.change_rules(|rules| rules.denials.clear());
    goes_on(&site, &[], &undisturbed(World::single(7, shape()), &[]));
}

#[test]
fn an_interrupt_says_how_to_go_on() {
    let site = slow();
    let child = command(&site, &[]).spawn().unwrap();
    wait_until("revisions", || site.calls("DescribeTaskDefinition") >= 20);
    super::signal("INT", &child);
    let ended: Ended = child.wait_with_output().unwrap().into();
    let ended = ended.with(1);
    assert!(
        ended.stderr.contains("run the same command again"),
        "{}",
        ended.stderr
    );
    goes_on(&site, &[], &undisturbed(World::single(7, shape()), &[]));
}
