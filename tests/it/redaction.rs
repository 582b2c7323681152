//! Values of environment variables stay in the host, and secrets are never shown.

mod events;
mod grants;
/// Members that a module does not read.
mod reads;
/// The scan of values for secrets.
mod secrets;

use std::path::Path;

use portolan_tests::simulator::{Denial, Fault, FaultRule, Rules, World};

use crate::support::{Ended, SECRET, Site, run};

/// Fails the test if a text is anywhere in the output, or in any file of the folder.
#[track_caller]
pub(crate) fn nowhere(needle: &str, ended: &Ended, folder: &Path) {
    for (name, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        assert!(!text.contains(needle), "{needle} in {name}");
    }
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let is_in = bytes
                .windows(needle.len())
                .any(|window| window == needle.as_bytes());
            assert!(!is_in, "{needle} in {}", path.display());
        }
    }
}

/// A sync with every option that could reveal a secret.
fn loud_sync(site: &Site) -> Ended {
    let recording = site.folder.path().join("pages.jsonl");
    let mut sync = site.sync_command(&[
        "--log",
        "trace",
        "--summary",
        "--record",
        recording.to_str().unwrap(),
    ]);
    sync.args([
        "--option",
        "EcsTask.fetchStoppedTasks=true,EcsTaskDefinition.status=ALL",
        "--maximum-retries",
        "2",
    ]);
    // Variables that users try when they want more than --log gives.
    run(sync.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full"))
}

#[test]
fn environment_values_leave_the_host_on_no_way() {
    let site = Site::new(World::small(1).with_canary("CANARY-4711"), Rules::default());
    let ended = loud_sync(&site).with(0);
    assert_eq!(site.records("EcsTaskDefinition").len(), 24);
    nowhere("CANARY-4711", &ended, site.folder.path());
    let recording = std::fs::read_to_string(site.folder.path().join("pages.jsonl")).unwrap();
    assert!(
        recording.contains("environment"),
        "the pages have no environment, so that this test says nothing"
    );
}

#[test]
fn environment_values_are_in_no_error_either() {
    for fault in [
        Fault::CutJson,
        Fault::TruncatedBody,
        Fault::Html,
        Fault::EmptyObject,
        Fault::InternalFailure,
    ] {
        let rules = Rules {
            faults: vec![FaultRule::rate(fault.clone(), 0.6)],
            ..Rules::default()
        };
        let site = Site::new(World::small(1).with_canary("CANARY-4711"), rules);
        let ended = loud_sync(&site);
        assert!(
            ended.stderr.contains("failed") || ended.stderr.contains("answer"),
            "{fault:?} left no trace: {}",
            ended.stderr
        );
        nowhere("CANARY-4711", &ended, site.folder.path());
        nowhere(SECRET, &ended, site.folder.path());
    }
}

#[test]
fn records_in_a_pipe_have_no_environment_values() {
    let site = Site::new(World::small(1).with_canary("CANARY-4711"), Rules::default());
    let mut sync = site.command("sync");
    let ended = run(sync.args(["--output", "-", "--log", "trace"])).with(0);
    assert!(ended.stdout.lines().count() > 50);
    nowhere("CANARY-4711", &ended, site.folder.path());
}

#[test]
fn replaying_a_foreign_recording_withholds_values_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pages.jsonl");
    let definition = |wrong: &str| {
        let body = format!(
            r#"{{"taskDefinition":{{"taskDefinitionArn":"arn:aws:ecs:us-west-2:123456789012:task-definition/a:1","family":"a","revision":1,"containerDefinitions":[{{"name":"a","environment":[{{"name":"KEY","value":"CANARY-4711"}}]{wrong}}}]}}}}"#
        );
        crate::examples::recorded("DescribeTaskDefinition", &body)
    };
    let lines = [
        definition(""),
        definition(",\"cpu\":\"wrong\""),
        definition(",\"cpu\":"),
        definition(",\"environment\":\"CANARY-4711\""),
    ];
    std::fs::write(&file, lines.join("\n")).unwrap();
    let ended = run(crate::support::portolan()
        .args(["map", "--log", "trace"])
        .arg(&file))
    .with(3);
    std::fs::remove_file(&file).unwrap();
    assert!(!ended.stdout.is_empty() && !ended.stderr.is_empty());
    nowhere("CANARY-4711", &ended, folder.path());
}

#[test]
fn secret_keys_are_never_shown() {
    let denials = vec![Denial {
        operation: Some("ListTasks".into()),
        ..Denial::default()
    }];
    let role = "arn:aws:iam::123456789012:role/Read";
    let site = Site::new(
        World::small(1).with_role(role, Some("external-4711")),
        Rules {
            denials,
            ..Rules::default()
        },
    );
    for (arguments, status) in [
        (vec![], 3),
        (
            vec!["--assume-role-arn", role, "--external-id", "external-4711"],
            3,
        ),
        (vec!["--assume-role-arn", role], 1),
    ] {
        let mut sync = site.sync_command(&["--log", "trace"]);
        let ended = run(sync
            .args(arguments)
            .env("AWS_SESSION_TOKEN", "t0ken-4711")
            .env("RUST_LOG", "trace"))
        .with(status);
        nowhere(SECRET, &ended, site.folder.path());
        nowhere("t0ken-4711", &ended, site.folder.path());
    }
    let mut check = site.command("check");
    let ended = run(check.args(["--log", "trace"])).with(3);
    nowhere(SECRET, &ended, site.folder.path());
}
