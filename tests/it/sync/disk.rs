//! A full disk. A limit on file sizes simulates it without privileges, because writes fail in the same
//! manner. If a small disk can be mounted, the test uses a real one.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use portolan_tests::simulator::{Rules, Shape, World};

use crate::support::{Ended, Site, run};

/// Blocks of `ulimit -f` in POSIX.
const BLOCK_BYTES: u64 = 512;
/// The exit status of a script that cannot mount a disk.
const NO_DISK: i32 = 77;

/// The shell with a script, in which `"$0" "$@"` is the command.
fn in_shell(mut shell: Command, script: &str, command: &Command) -> Command {
    shell
        .args(["-c", script])
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

/// A command with a limit on the size of every file that it writes.
pub(super) fn limited(command: &Command, limit_bytes: u64) -> Command {
    let blocks = limit_bytes / BLOCK_BYTES;
    let script = format!("ulimit -f {blocks}; exec \"$0\" \"$@\"");
    in_shell(Command::new("sh"), &script, command)
}

/// Runs a command with a disk of this size at `place`, and shell commands before and after it, which see the
/// disk too. `None` if mounting is not allowed.
fn on_disk(
    place: &Path,
    size_bytes: u64,
    [before, after]: [&str; 2],
    command: &Command,
) -> Option<Ended> {
    std::fs::create_dir_all(place).unwrap();
    let mut shell = Command::new("unshare");
    shell.args(["--user", "--map-root-user", "--mount", "sh"]);
    let script = format!(
        "mount -t tmpfs -o size={size_bytes} tmpfs '{}' || exit {NO_DISK}\n{before}\n\"$0\" \"$@\"\nstatus=$?\n{after}\nexit $status",
        place.display()
    );
    let ended = in_shell(shell, &script, command).output().ok();
    let ended = ended.map(Ended::from);
    let is_there = |ended: &Ended| ended.status != NO_DISK && !ended.stderr.contains("unshare:");
    let ended = ended.filter(is_there);
    if ended.is_none() {
        // Bypasses the test's output capture, so that the line is visible.
        let _ = writeln!(std::io::stderr(), "SKIPPED: no disk can be mounted here");
    }
    ended
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

/// Checks that a sync that meets the limit reports it, and keeps the output of an earlier one.
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
    // The pages of task definitions are small: the last ones are written after all records.
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
fn a_small_disk_leaves_earlier_output() {
    let site = busy(4000);
    site.sync(&[]).with(0);
    let earlier = site.contents();
    let bytes: u64 = earlier.iter().map(|(_, file)| file.len() as u64).sum();
    let disk = site.folder.path().join("disk");
    let (output, kept) = (site.output(), site.folder.path().join("kept"));
    let (output, kept) = (output.display(), kept.display());
    let before = format!("cp -R '{output}' '{}/ecs'", disk.display());
    let after = format!("cp -R '{}/ecs' '{kept}'", disk.display());
    let mut sync = site.command("sync");
    sync.arg("--output").arg(disk.join("ecs"));
    let room_bytes = bytes + 1024 * 1024;
    let Some(ended) = on_disk(&disk, room_bytes, [&before, &after], &sync) else {
        return;
    };
    let ended = ended.with(1);
    assert!(ended.stderr.contains("No space left"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("earlier output is as it was"),
        "{}",
        ended.stderr
    );
    let kept = site.folder.path().join("kept");
    assert_eq!(crate::support::names_in(&kept), site.files());
    for (name, bytes) in earlier {
        assert!(std::fs::read(kept.join(&name)).unwrap() == bytes, "{name}");
    }
}

#[test]
fn a_revision_cache_on_a_small_disk_costs_a_warning_and_nothing_else() {
    let site = Site::small();
    site.sync(&[]).with(0);
    let records = site.all_records();
    let disk = site.folder.path().join("disk");
    let mut sync = site.sync_command(&[]);
    sync.arg("--revision-cache").arg(disk.join("r.redb"));
    let Some(ended) = on_disk(&disk, 16 * 1024, ["", ""], &sync) else {
        return;
    };
    let ended = ended.with(0);
    assert!(
        ended.stderr.contains("r.redb cannot be used"),
        "{}",
        ended.stderr
    );
    assert_eq!(site.all_records(), records);
    assert_eq!(site.report()["complete"], true);
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
