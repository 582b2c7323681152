//! Values in the parameters and responses of audit events.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use portolan_tests::simulator::{Fault, FaultRule, Rules, World};

use super::nowhere;
use crate::support::{Site, run, wait_until};

const CANARY: &str = "CANARY-4711";

fn site() -> Site {
    Site::new(World::small(1).with_canary(CANARY), Rules::default())
}

/// Everything that zstd has packed in a file, wherever it stands.
pub(super) fn unpacked(file: &Path) -> String {
    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    let bytes = std::fs::read(file).unwrap();
    let mut all = Vec::new();
    for (at, _) in bytes.windows(4).enumerate().filter(|it| it.1 == MAGIC) {
        let frame = zstd::stream::read::Decoder::new(&bytes[at..]).unwrap();
        // What comes before the end of a frame counts, whether or not it is a whole one.
        let _ = frame.single_frame().read_to_end(&mut all);
        all.push(b'\n');
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// A packed file has the events that would hold the canary, but not the canary.
#[track_caller]
fn are_kept_without_values(file: &Path) {
    let (text, shown) = (unpacked(file), file.display());
    for event in ["RegisterTaskDefinition", "ExecuteCommand", "RunTask"] {
        assert!(text.contains(event), "{shown} has no {event}");
    }
    assert!(text.contains("environment"), "{shown}");
    assert!(!text.contains(CANARY), "a value in {shown}");
}

fn loud(site: &Site, arguments: &[&str]) -> Command {
    let file = |name: &str| site.folder.path().join(name);
    let mut sync = site.sync_command(&["--log", "trace", "--summary", "--objects", "all"]);
    sync.args(["--option", "EcsAuditEvent.since=7d"])
        .arg("--revision-cache")
        .arg(file("revisions.redb"))
        .args(arguments)
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full");
    sync
}

#[test]
fn they_leave_the_host_on_no_way() {
    let site = site();
    let folder = site.folder.path();
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (checkpoint, recording) = (file("checkpoint"), file("pages.jsonl"));
    site.simulator
        .change_rules(|rules| rules.latency = Duration::from_millis(10));
    let mut child = loud(&site, &["--checkpoint", &checkpoint])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("lookups", || site.calls("LookupEvents") >= 60);
    child.kill().unwrap();
    child.wait().unwrap();
    are_kept_without_values(&folder.join("checkpoint/pages"));

    site.simulator
        .change_rules(|rules| rules.latency = Duration::ZERO);
    let ended = run(&mut loud(&site, &["--checkpoint", &checkpoint])).with(0);
    assert!(site.report()["resumed"]["objects"].as_u64() > Some(100));
    nowhere(CANARY, &ended, folder);
    are_kept_without_values(&folder.join("revisions.events.redb"));

    // What was kept comes back, and so does what is asked for.
    let ended = run(&mut loud(&site, &["--record", &recording])).with(0);
    nowhere(CANARY, &ended, folder);
    let names: BTreeSet<String> = site
        .records("EcsAuditEvent")
        .into_values()
        .map(|record| record["EVENT_NAME"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        names.contains("ExecuteCommand") && names.len() > 20,
        "{names:?}"
    );
    let recorded = std::fs::read_to_string(&recording).unwrap();
    for blank in [
        r#"\"command\":\"\""#,
        r#"\"tokenValue\":\"\""#,
        r#"\"splunk-token\":\"\""#,
        r#"\"com.example.api-token\":\"\""#,
        r#"\"value\":\"\""#,
    ] {
        let plain = blank.replace('\\', "");
        let is_there = recorded.contains(blank) || recorded.contains(&plain);
        assert!(is_there, "the recording has no {plain}");
    }
}

#[test]
fn they_are_in_no_error_either() {
    for fault in [
        Fault::CutJson,
        Fault::TruncatedBody,
        Fault::WrongType,
        Fault::NullMember,
        Fault::RepeatedWrongType,
    ] {
        let site = site();
        let faults = vec![FaultRule::next("LookupEvents", fault.clone(), 12)];
        site.simulator.change_rules(|rules| rules.faults = faults);
        let ended = run(&mut loud(&site, &["--maximum-retries", "1"]));
        let is_told = ended.stderr.contains("failed") || ended.stderr.contains("rejected");
        assert!(is_told, "{fault:?} left no trace: {}", ended.stderr);
        nowhere(CANARY, &ended, site.folder.path());
    }
}
