//! Output appears whole or not at all.

use std::process::Command;

use serde_json::Value;

use crate::support::{Ended, Site, names_in, run};

#[test]
fn a_second_sync_replaces_the_first() {
    let site = Site::small();
    site.sync(&[]).with(0);
    let first = site.report();
    site.sync(&["--option", "EcsTask.fetchStoppedTasks=true"])
        .with(0);
    assert_ne!(site.report()["captured_at"], first["captured_at"]);
    assert_eq!(site.records("EcsTask").len(), 46);
    let captured = site.report()["captured_at"].clone();
    assert!(
        site.records("EcsTask")
            .values()
            .all(|record| record["LAST_CAPTURED"] == captured)
    );
}

#[test]
fn a_sync_of_fewer_objects_leaves_none_of_another_sync() {
    let site = Site::small();
    site.sync(&[]).with(0);
    site.sync(&["--objects", "EcsCluster"]).with(0);
    assert_eq!(site.files(), ["EcsCluster.jsonl", "report.json"]);
}

#[test]
fn a_sync_that_fails_leaves_the_data_of_the_first() {
    let site = Site::small();
    let recording = site.folder.path().join("pages.jsonl");
    let record = ["--record", recording.to_str().unwrap()];
    site.sync(&record).with(0);
    let before = site.contents();
    let recorded = std::fs::read(&recording).unwrap();
    let mut second = site.sync_command(&record);
    run(second.env("AWS_ACCESS_KEY_ID", "AKIANOBODY")).with(1);
    let (failed, after): (Vec<_>, Vec<_>) = site
        .contents()
        .into_iter()
        .partition(|(name, _)| name == "report.failed.json");
    assert!(before == after, "the first sync's files have changed");
    let report: Value = serde_json::from_slice(&failed[0].1).unwrap();
    assert_eq!(
        (&report["status"], &report["data_replaced"]),
        (&"failed".into(), &false.into())
    );
    site.sync(&[]).with(0);
    assert!(!site.files().contains(&"report.failed.json".to_owned()));
    assert_eq!(names_in(site.folder.path()), ["ecs", "pages.jsonl"]);
    assert!(
        std::fs::read(&recording).unwrap() == recorded,
        "the recording goes with the data"
    );
}

#[test]
fn an_output_that_is_a_file_is_refused_before_any_call() {
    let site = Site::small();
    std::fs::write(site.output(), "mine").unwrap();
    let ended = site.sync(&[]).with(1);
    assert!(
        ended.stderr.contains(site.output().to_str().unwrap()),
        "{}",
        ended.stderr
    );
    assert_eq!(std::fs::read(site.output()).unwrap(), b"mine");
    assert_eq!(site.simulator.counts(), []);
}

#[test]
fn a_recording_that_cannot_be_made_is_told_before_any_call() {
    let site = Site::small();
    let ended = site.sync(&["--record", "/dev/null/pages.jsonl"]).with(1);
    assert!(
        ended
            .stderr
            .contains("cannot write the recording /dev/null/pages.jsonl"),
        "{}",
        ended.stderr
    );
    assert_eq!((site.files(), site.simulator.counts()), (vec![], vec![]));
}

#[test]
fn a_report_that_cannot_be_made_is_told_before_any_call() {
    let site = Site::small();
    let ended = site.sync(&["--report", "/dev/null/report.json"]).with(1);
    assert!(
        ended
            .stderr
            .contains("cannot write the report /dev/null/report.json"),
        "{}",
        ended.stderr
    );
    assert_eq!((site.files(), site.simulator.counts()), (vec![], vec![]));
}

#[test]
fn the_report_can_go_elsewhere_too() {
    let site = Site::small();
    let report = site.folder.path().join("copy.json");
    site.sync(&["--report", report.to_str().unwrap()]).with(0);
    assert_eq!(crate::support::read_json(&report), site.report());
}

#[test]
fn folders_on_the_way_are_made() {
    let site = Site::small();
    let deep = site.folder.path().join("a/b/c");
    let mut sync = site.command("sync");
    run(sync.arg("--output").arg(&deep)).with(0);
    assert_eq!(names_in(&deep).len(), 5);
}

#[test]
fn two_syncs_into_one_folder_end_with_one_of_them_whole() {
    let site = Site::small();
    let mut children: Vec<_> = (0..3)
        .map(|_| site.sync_command(&[]).spawn().unwrap())
        .collect();
    for child in &mut children {
        assert!(matches!(child.wait().unwrap().code(), Some(0 | 1)));
    }
    site.sync(&[]).with(0);
    assert_eq!(site.files().len(), 5);
    assert_eq!(site.all_records().len(), 2 + 16 + 40 + 16);
}

#[test]
fn a_summary_is_printed_for_those_who_ask() {
    let site = Site::small();
    let ended = site.sync(&["--summary"]).with(0);
    assert_eq!(ended.stdout, "");
    let has = |line: &[&str]| {
        ended
            .stderr
            .lines()
            .any(|it| it.split_whitespace().collect::<Vec<_>>() == line)
    };
    assert!(
        has(&["EcsTask", "40", "40", "40", "0", "0", "0"]),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("complete: "), "{}", ended.stderr);
}

#[test]
fn the_program_needs_no_home() {
    let site = Site::small();
    let mut sync: Command = site.sync_command(&[]);
    sync.env_remove("HOME")
        .env_remove("XDG_CACHE_HOME")
        .env_remove("PORTOLAN_CACHE_FOLDER");
    let ended: Ended = run(&mut sync).with(0);
    assert_eq!(ended.stderr, "");
}

/// The output has the permissions of any other new file, although it is written to temporary files first.
#[cfg(unix)]
#[test]
fn files_have_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::small();
    let (recording, report) = (
        site.folder.path().join("pages.jsonl"),
        site.folder.path().join("copy.json"),
    );
    let program = crate::support::program("portolan");
    let mut shell = Command::new("sh");
    let sync = site.sync_command(&[]);
    shell
        .args(["-c", "umask 027; exec \"$@\"", "sh"])
        .arg(program)
        .args(sync.get_args())
        .arg("--record")
        .arg(&recording)
        .arg("--report")
        .arg(&report);
    for (name, value) in sync.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    run(&mut shell).with(0);
    let in_folder = ["EcsTask.jsonl", "report.json"].map(|name| site.output().join(name));
    for file in [recording, report].into_iter().chain(in_folder) {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o640, "{}", file.display());
    }
}
