//! Earlier outputs: valid ones, and the errors for all others.

use super::{counts, earlier_tasks, feed, rewrite, sync_again};
use crate::support::{Ended, Site, run};

fn since(site: &Site, name: &str, text: Option<&str>) -> Ended {
    let path = site.folder.path().join(name);
    if let Some(text) = text {
        std::fs::write(&path, text).unwrap();
    }
    let mut sync = site.sync_command(&["--changes-since", path.to_str().unwrap()]);
    run(&mut sync)
}

#[test]
fn the_first_sync_of_a_folder_has_only_new_records() {
    let site = Site::small();
    let ended = sync_again(&site, &[]).with(0);
    assert!(
        ended.stderr.contains("no earlier output yet"),
        "{}",
        ended.stderr
    );
    assert_eq!(counts(&site.report(), "EcsTask"), [40, 0, 0, 0, 0]);
    assert_eq!(feed(&site.output(), "EcsTask").len(), 40);
}

#[test]
fn what_is_no_output_is_refused_before_any_call() {
    let site = Site::small();
    std::fs::create_dir(site.folder.path().join("empty")).unwrap();
    for (name, text, told) in [
        ("nowhere", None, "nowhere"),
        ("empty", None, "it holds no <Object>.jsonl"),
        (
            "table.csv",
            Some("UID,NAME\na,b\n"),
            "line 1 is not a record",
        ),
        (
            "bare.jsonl",
            Some("{\"NAME\":\"a\"}\n"),
            "line 1 is not a record",
        ),
        ("EcsTask.changes.jsonl", Some("{}\n"), "it is a change feed"),
    ] {
        let ended = since(&site, name, text).with(1);
        assert!(ended.stderr.contains(told), "{name}: {}", ended.stderr);
    }
    assert_eq!((site.simulator.counts(), site.files()), (vec![], vec![]));
}

#[test]
fn lines_that_are_no_records_are_told_and_passed_over() {
    let site = Site::small();
    site.sync(&[]).with(0);
    let path = site.output().join("EcsTask.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("{\"UID\":", "{\"UID", 1)).unwrap();
    let ended = sync_again(&site, &[]).with(0);
    assert!(
        ended
            .stderr
            .contains("1 lines that are not records, the first is line 1"),
        "{}",
        ended.stderr
    );
    assert_eq!(counts(&site.report(), "EcsTask"), [1, 0, 39, 0, 0]);
}

#[test]
fn a_file_of_lines_is_an_earlier_output_without_removals() {
    let site = Site::small();
    site.sync(&[]).with(0);
    earlier_tasks(&site);
    let tasks = std::fs::read_to_string(site.output().join("EcsTask.jsonl")).unwrap();
    let mut sync = site.command("sync");
    let others = ["--output", "-", "--objects", "EcsCluster,EcsService"];
    let lines = run(sync.args(others)).with(0).stdout;
    let ended = since(&site, "lines.jsonl", Some(&format!("{lines}{tasks}"))).with(0);
    for told in [
        "has no report.json",
        "no object is reported as removed",
        "has no EcsTaskDefinition, so all of them are new",
    ] {
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
    let report = site.report();
    assert_eq!(counts(&report, "EcsTask"), [1, 1, 38, 0, 1]);
    assert_eq!(counts(&report, "EcsService"), [0, 0, 16, 0, 0]);
    assert_eq!(counts(&report, "EcsTaskDefinition"), [16, 0, 0, 0, 0]);
}

#[test]
fn of_two_records_of_one_object_the_later_counts() {
    let site = Site::small();
    site.sync(&[]).with(0);
    rewrite(&site, "EcsCluster", |records| {
        let mut older = records[0].clone();
        older["NAME"] = "older".into();
        records.insert(0, older);
    });
    let ended = sync_again(&site, &[]).with(0);
    assert!(
        ended.stderr.contains("the later ones count"),
        "{}",
        ended.stderr
    );
    assert_eq!(counts(&site.report(), "EcsCluster"), [0, 0, 2, 0, 0]);
}
