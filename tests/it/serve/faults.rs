//! Kills at random moments, and a disk that is full for a while.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::json;

use super::{Served, command, walk::tomorrow};
use crate::support::{Site, figure, run, wait_until};
use portolan_tests::simulator::{Rules, World};

/// What a reader sees, as far as no scan changes it: events come and go with the hours.
fn picture(served: &Served) -> [i64; 3] {
    let steady = |path: &str| {
        let counts = served.get(path)["counts"].as_array().unwrap().clone();
        let counts = counts.iter().filter(|it| it["value"] != "EcsAuditEvent");
        counts.map(|it| it["count"].as_i64().unwrap()).sum()
    };
    [
        steady("/v1/objects/counts?by=object"),
        steady("/v1/findings/counts?by=object"),
        steady("/v1/findings/counts?by=object&result=FAIL"),
    ]
}

#[test]
fn whatever_was_acknowledged_survives_a_kill_at_any_moment() {
    let rules = Rules {
        latency: Duration::from_millis(20),
        ..Rules::default()
    };
    let mut served = Served::new(Site::new(World::small(1), rules));
    let credential = served.credential("keys");
    let began = Instant::now();
    let task = served.register("it", &credential);
    served.ended(&task);
    let longest = began.elapsed() + Duration::from_millis(200);
    let whole = picture(&served);
    assert!(whole[0] > 200 && whole[1] > 300, "{whole:?}");
    let mut random = Rng::with_seed(figure("PORTOLAN_TEST_FUZZ_SEED", 1));
    let mut mutes = BTreeSet::new();
    for kill in 0..figure("PORTOLAN_TEST_SERVE_KILLS", 3) {
        served.ask("POST", &format!("/v1/aws/ecs/tasks/{task}/scan"), None);
        let moment = Instant::now() + longest.mul_f64(random.f64());
        while Instant::now() < moment {
            let subject = format!("arn:mine-{kill}-{}", mutes.len());
            let mute =
                json!({"control": "*", "subject": subject, "reason": "known", "until": tomorrow()});
            served.ask("POST", "/v1/mutes", Some(&mute));
            mutes.insert(subject);
        }
        served.end("-KILL");
        served.restart();
        // The last whole picture is there at once, whatever became of the scan.
        assert_eq!(picture(&served), whole, "kill {kill}");
        let kept = served.all("/v1/mutes");
        let kept: BTreeSet<String> = kept
            .iter()
            .map(|it| it["subject"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(kept, mutes, "kill {kill}");
        let scan = served.ended(&task);
        assert_eq!(scan["state"], "complete", "kill {kill}: {scan}");
        assert_eq!(picture(&served), whole, "kill {kill}");
        let folders = std::fs::read_dir(super::data(&served.site).join("scans")).unwrap();
        assert_eq!(folders.count(), 0, "kill {kill}");
    }
    let changed = served.all("/v1/findings?change=new,reopened,resolved");
    let mut objects = changed.iter().map(|it| &it["finding"]["SUBJECT_OBJECT"]);
    assert!(
        objects.all(|object| object == "EcsAuditEvent"),
        "{changed:?}"
    );
}

/// A limit on the sizes of files fails writes as a full disk does, and needs no privileges.
fn limit(served: &Served, bytes: &str) -> bool {
    let id = served.process.id().to_string();
    let limit = format!("--fsize={bytes}:unlimited");
    let limited = Command::new("prlimit")
        .args(["--pid", &id, &limit])
        .status();
    limited.is_ok_and(|status| status.success())
}

#[test]
fn a_full_disk_stops_a_scan_and_nothing_else_and_it_goes_on_by_itself() {
    let served = Served::small();
    let credential = served.credential("keys");
    if !limit(&served, "900000") {
        // Bypasses the test's output capture, so that the line is visible.
        let _ = writeln!(std::io::stderr(), "SKIPPED: this machine has no prlimit");
        return;
    }
    let task = served.register("it", &credential);
    let newest = || served.get(&format!("/v1/scans?task={task}&limit=1"))["items"][0].clone();
    wait_until("the scan is put back", || {
        let scan = newest();
        scan["state"] == "queued" && scan["reason"].is_string()
    });
    assert_eq!(picture(&served), [0, 0, 0], "{}", newest());
    run(Command::new("curl").args(["--fail", "--silent", &format!("{}/readyz", served.url)]))
        .with(0);
    assert!(limit(&served, "unlimited"));
    let scan = served.ended(&task);
    assert_eq!(scan["state"], "complete", "{scan}");
    assert!(picture(&served)[0] > 200);
}

#[test]
fn processes_that_open_a_new_store_at_once_take_turns() {
    let site = Site::small();
    let tokens: Vec<_> = (0..8)
        .map(|each| {
            let mut create = command(&site);
            create.args(["token", "create", &format!("t{each}"), "--role", "viewer"]);
            create
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for token in tokens {
        let ended = token.wait_with_output().unwrap();
        assert!(
            ended.status.success(),
            "{}",
            String::from_utf8_lossy(&ended.stderr)
        );
    }
}
