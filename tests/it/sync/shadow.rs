//! `--shadow`: a candidate beside the active modules.

use std::path::Path;

use serde_json::{Value, json};

use crate::guests::answers::{Answer, component};
use crate::support::{Ended, Site, root};

fn sync(site: &Site, shadow: &Path, more: &[&str]) -> Ended {
    let arguments = ["--objects", "EcsTask", "--shadow", shadow.to_str().unwrap()];
    site.sync(&[&arguments[..], more].concat())
}

/// A file with a module that gives an invalid answer.
fn liar(site: &Site, answer: &Answer<'_>) -> std::path::PathBuf {
    let file = site.folder.path().join("liar.wasm");
    std::fs::write(&file, component(answer)).unwrap();
    file
}

fn without_time(site: &Site) -> Vec<Value> {
    let records = site.records("EcsTask").into_values();
    records
        .map(|mut record| {
            record.as_object_mut().unwrap().remove("LAST_CAPTURED");
            record
        })
        .collect()
}

#[test]
fn the_same_module_as_a_shadow_changes_nothing() {
    let site = Site::small();
    let stock = root().join("guest-mappers/built/task.wasm");
    sync(&site, &stock, &[]).with(0);
    let shadow = &site.report()["shadow"];
    assert_eq!(
        (&shadow["name"], &shadow["kind"]),
        (&json!("portolan-mapper-task"), &json!("mapping"))
    );
    let tasks = &shadow["differences"]["EcsTask"];
    assert_eq!(tasks["changed"], 0, "{shadow}");
    assert_eq!(tasks["same"], site.records("EcsTask").len(), "{shadow}");
    assert!(shadow["pages"].as_u64().unwrap() > 0);
}

#[test]
fn what_an_overlay_would_add_is_reported_and_not_written() {
    let site = Site::small();
    let settings = site.folder.path().join("portolan.toml");
    // Every simulated task has this tag.
    let text = "[modules.portolan-test-owner.settings]\nowner-tag = 'team'\n";
    std::fs::write(&settings, text).unwrap();
    let overlay = root().join("tests/guests/built/owner.wasm");
    sync(&site, &overlay, &["--config", settings.to_str().unwrap()]).with(0);
    let gained = &site.report()["shadow"]["differences"]["EcsTask"]["attributes"]["OWNER"];
    assert!(gained["gained"].as_u64().unwrap() > 0, "{gained}");
    assert!(
        site.records("EcsTask")
            .values()
            .all(|record| record.get("OWNER").is_none())
    );
}

#[test]
fn a_shadow_that_fails_or_hangs_costs_no_record() {
    let site = Site::small();
    site.sync(&["--objects", "EcsTask"]).with(0);
    let expected = without_time(&site);
    let failing = Answer {
        // A list of rows far outside of its memory.
        result: [0, 0, 0, u32::MAX, 9, 0, 0],
        ..Answer::default()
    };
    sync(&site, &liar(&site, &failing), &[]).with(0);
    assert_eq!(without_time(&site), expected);
    let tasks = &site.report()["shadow"]["differences"]["EcsTask"];
    assert_eq!(tasks["vanish"]["records"], expected.len(), "{tasks}");
    assert_eq!(tasks["issues"][0]["code"], "mapper-bad-answer", "{tasks}");
    let hanging = Answer {
        realloc: "(loop br 0) i32.const 8192",
        ..Answer::default()
    };
    sync(&site, &liar(&site, &hanging), &["--page-size", "1"]).with(0);
    assert_eq!(without_time(&site), expected);
    let shadow = &site.report()["shadow"];
    assert!(shadow["pages_skipped"].as_u64().unwrap() > 0, "{shadow}");
}

#[test]
fn a_shadow_that_cannot_be_loaded_stops_the_sync_before_it_begins() {
    let site = Site::small();
    let file = site.folder.path().join("none.wasm");
    std::fs::write(&file, "#!/bin/sh").unwrap();
    let ended = sync(&site, &file, &[]).with(2);
    assert!(
        ended.stderr.contains("it is not a WebAssembly file"),
        "{}",
        ended.stderr
    );
    assert_eq!(site.calls("GetCallerIdentity"), 0);
}
