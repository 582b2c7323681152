//! A disk that is full. The limit on a file's size stands for it: writing fails in the same way, and no
//! privilege is needed to set one.

use std::process::Command;

use portolan_tests::simulator::{Rules, Shape, World};

use crate::support::{Site, run};

/// Blocks of `ulimit -f` in POSIX.
const BLOCK_BYTES: u64 = 512;

/// A command with a limit on the size of every file that it writes.
pub(super) fn limited(command: &Command, limit_bytes: u64) -> Command {
    let mut shell = Command::new("sh");
    // With the signal ignored, a write past the limit is an error like any other.
    shell.args([
        "-c",
        &format!(
            "trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"",
            limit_bytes / BLOCK_BYTES
        ),
    ]);
    shell
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(std::process::Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

fn busy(running_tasks: u64) -> Site {
    Site::new(
        World::single(
            1,
            Shape {
                clusters: 2,
                running_tasks,
                ..Shape::default()
            },
        ),
        Rules::default(),
    )
}

/// A sync that meets the limit must say so, and leave what an earlier one wrote.
#[track_caller]
fn fails_and_leaves_everything(site: &Site, limit_bytes: u64, arguments: &[&str], file: &str) {
    let before = site.contents();
    let sync = site.sync_command(arguments);
    let ended = run(&mut limited(&sync, limit_bytes)).with(1);
    assert!(ended.stderr.contains("cannot write"), "{}", ended.stderr);
    assert!(ended.stderr.contains(file), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("earlier output is as it was"),
        "{}",
        ended.stderr
    );
    assert!(site.contents() == before, "the output has changed");
}

#[test]
fn a_disk_that_fills_up_midway_leaves_earlier_output() {
    let site = busy(4000);
    site.sync(&[]).with(0);
    assert!(
        std::fs::metadata(site.output().join("EcsTask.jsonl"))
            .unwrap()
            .len()
            > 2 * 1024 * 1024
    );
    fails_and_leaves_everything(&site, 1024 * 1024, &[], "EcsTask.jsonl");
}

#[test]
fn a_disk_that_fills_up_at_the_end_leaves_earlier_output() {
    let site = busy(100);
    site.sync(&[]).with(0);
    fails_and_leaves_everything(&site, 10 * 1024, &[], "EcsTask.jsonl");
}

#[test]
fn a_recording_that_does_not_fit_leaves_earlier_output() {
    let site = busy(100);
    let recording = site.folder.path().join("pages.jsonl");
    let arguments = ["--record", recording.to_str().unwrap()];
    site.sync(&arguments).with(0);
    let recorded = std::fs::read(&recording).unwrap();
    fails_and_leaves_everything(&site, recorded.len() as u64 / 2, &arguments, "pages.jsonl");
    assert!(
        std::fs::read(&recording).unwrap() == recorded,
        "the recording has changed"
    );
}

#[test]
fn a_recording_whose_last_bytes_do_not_fit_leaves_earlier_output() {
    let site = Site::small();
    let recording = site.folder.path().join("pages.jsonl");
    // The pages of task definitions are small: the last ones are written when all records are.
    let arguments = [
        "--record",
        recording.to_str().unwrap(),
        "--objects",
        "EcsTaskDefinition",
    ];
    site.sync(&arguments).with(0);
    let recorded = std::fs::read(&recording).unwrap();
    fails_and_leaves_everything(
        &site,
        recorded.len() as u64 - BLOCK_BYTES,
        &arguments,
        "pages.jsonl",
    );
    assert!(
        std::fs::read(&recording).unwrap() == recorded,
        "the recording has changed"
    );
}

#[test]
fn standard_output_that_is_full_is_an_error() {
    let site = Site::small();
    let mut sync = site.command("sync");
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let ended = run(sync.args(["--output", "-"]).stdout(full)).with(1);
    assert!(
        ended.stderr.contains("cannot write standard output"),
        "{}",
        ended.stderr
    );
}
