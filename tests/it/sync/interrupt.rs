//! Ctrl-C and other signals.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use portolan_tests::simulator::{Fault, FaultRule, Frequency, Rules, World};

use crate::guests::answers::{Answer, component};
use crate::support::{Ended, Site, names_in, wait_until};

/// A world whose tasks do not arrive, so that a sync of it never ends by itself.
fn stuck() -> Rules {
    let fault = Fault::SlowBody(Duration::from_secs(60));
    let rule = FaultRule {
        operation: Some("DescribeTasks".into()),
        fault,
        frequency: Frequency::Rate(1.0),
    };
    Rules {
        faults: vec![rule],
        ..Rules::default()
    }
}

/// Starts a sync and waits until some of its records exist and others do not.
fn start(site: &Site, arguments: &[&str]) -> Child {
    let mut sync = site.sync_command(arguments);
    let child = sync
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until("a request that is not answered", || {
        site.calls("DescribeTasks") > 0
    });
    wait_until("task definitions", || {
        site.calls("DescribeTaskDefinition") == 16
    });
    child
}

pub(crate) fn signal(name: &str, child: &Child) {
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -{name} {}", child.id())])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Stops a sync and returns its output.
fn stop(name: &str, child: Child) -> Ended {
    let start = Instant::now();
    signal(name, &child);
    let ended: Ended = child.wait_with_output().unwrap().into();
    let took = start.elapsed();
    assert!(took < Duration::from_secs(2), "{name} took {took:?}");
    ended
}

/// Checks that an interrupted first sync leaves only its folder.
#[track_caller]
fn leaves_nothing(name: &str) {
    let site = Site::new(World::small(1), stuck());
    let recording = site.folder.path().join("pages.jsonl");
    let child = start(&site, &["--record", recording.to_str().unwrap()]);
    let ended = stop(name, child).with(1);
    assert!(ended.stderr.contains("interrupted: "), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("records of this sync"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("are discarded"), "{}", ended.stderr);
    assert_eq!(site.files(), Vec::<String>::new());
    assert_eq!(names_in(site.folder.path()), ["ecs"]);
}

#[test]
fn ctrl_c_leaves_no_file_and_says_what_is_lost() {
    leaves_nothing("INT");
}

#[test]
fn sigterm_leaves_no_file_and_says_what_is_lost() {
    leaves_nothing("TERM");
}

#[test]
fn an_interrupt_leaves_earlier_output_as_it_was() {
    let site = Site::small();
    site.sync(&[]).with(0);
    let before = site.contents();
    site.simulator.reset();
    site.simulator.change_rules(|rules| *rules = stuck());
    let child = start(&site, &[]);
    stop("INT", child).with(1);
    assert!(site.contents() == before, "the output has changed");
}

#[test]
fn an_interrupt_before_the_first_answer_ends_the_sync_too() {
    let site = Site::new(
        World::small(1),
        Rules {
            latency: Duration::from_secs(60),
            ..Rules::default()
        },
    );
    let child = {
        let mut sync = site.sync_command(&[]);
        sync.stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    wait_until("a request", || site.calls("GetCallerIdentity") > 0);
    stop("INT", child).with(1);
    assert_eq!(site.files(), Vec::<String>::new());
}

#[test]
fn what_a_killed_sync_leaves_the_next_one_removes() {
    let site = Site::new(World::small(1), stuck());
    let recording = site.output().join("pages.jsonl");
    let arguments = ["--record", recording.to_str().unwrap()];
    std::fs::create_dir(site.output()).unwrap();
    let mut child = start(&site, &arguments);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        site.files().iter().all(|name| name.starts_with('.')),
        "{:?}",
        site.files()
    );
    site.simulator
        .change_rules(|rules| *rules = Rules::default());
    site.sync(&arguments).with(0);
    let expected = [
        "EcsCluster.jsonl",
        "EcsService.jsonl",
        "EcsTask.jsonl",
        "EcsTaskDefinition.jsonl",
        "pages.jsonl",
        "report.json",
    ];
    assert_eq!(site.files(), expected);
}

#[test]
fn records_in_a_pipe_stay_and_the_rest_is_said_to_be_missing() {
    let site = Site::new(World::small(1), stuck());
    let mut sync = site.command("sync");
    sync.args(["--output", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = sync.spawn().unwrap();
    wait_until("a request that is not answered", || {
        site.calls("DescribeTasks") > 0
    });
    wait_until("task definitions", || {
        site.calls("DescribeTaskDefinition") == 16
    });
    let ended = stop("INT", child).with(1);
    assert!(
        ended.stderr.contains("the rest is missing"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stdout.is_empty() || ended.stdout.ends_with("}\n"),
        "half a line"
    );
}

/// A site whose task mapper hangs as soon as it gets a page, with a time limit of ten minutes.
fn hanging() -> Site {
    let site = Site::small();
    let folder = site.folder.path().join("mappers");
    std::fs::create_dir(&folder).unwrap();
    let module = component(&Answer {
        // The page needs an allocation, which never returns.
        realloc: "(loop $again br $again) unreachable",
        ..Answer::default()
    });
    std::fs::write(folder.join("hanging.wasm"), module).unwrap();
    let config = "[modules.liar]\ntime-milliseconds = 600000\n";
    std::fs::write(site.folder.path().join("portolan.toml"), config).unwrap();
    site
}

/// Checks a sync that has fetched everything while a mapper hangs: it stops as fast, and leaves as little.
#[track_caller]
fn stops_a_hanging_mapper(name: &str) {
    let site = hanging();
    let before = names_in(site.folder.path());
    let recording = site.folder.path().join("pages.jsonl");
    let mut sync = site.sync_command(&["--objects", "EcsTask"]);
    sync.arg("--config")
        .arg(site.folder.path().join("portolan.toml"))
        .arg("--mappers")
        .arg(site.folder.path().join("mappers"))
        .arg("--record")
        .arg(&recording)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = sync.spawn().unwrap();
    wait_until("both pages", || site.calls("DescribeTasks") == 2);
    // By now the last answer is read, and the queue to the mapping threads is closed.
    std::thread::sleep(Duration::from_millis(500));
    let ended = stop(name, child).with(1);
    assert!(ended.stderr.contains("interrupted: "), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("of 40 objects listed so far"),
        "{}",
        ended.stderr
    );
    assert_eq!(site.files(), Vec::<String>::new());
    let mut after = names_in(site.folder.path());
    after.retain(|name| name != "ecs");
    assert_eq!(after, before);
}

#[test]
fn ctrl_c_stops_a_mapper_that_hangs_after_fetching() {
    stops_a_hanging_mapper("INT");
}

#[test]
fn sigterm_stops_a_mapper_that_hangs_after_fetching() {
    stops_a_hanging_mapper("TERM");
}
