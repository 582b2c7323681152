use serde_json::{Value, json};

use super::world::{assess, synced};
use crate::support::{names_in, read_json};

#[test]
fn a_sync_removes_the_exports_in_its_folder() {
    let site = synced();
    let first = ["--export", "csv=ecs/a.csv", "--export", "sarif=outside.csv"];
    assess(&site, &first);
    // A later assessment of the same records does not forget the exports of an earlier one.
    assess(
        &site,
        &[
            "--export",
            "asff=ecs/./b.asff.jsonl",
            "--export",
            "ocsf=ecs/gone",
        ],
    );
    std::fs::remove_file(site.output().join("gone")).unwrap();
    assess(&site, &[]);
    let summary = site.output().join("assessment.json");
    assert_eq!(
        read_json(&summary)["exports"],
        json!(["a.csv", "b.asff.jsonl"])
    );
    site.sync(&[]).with(0);
    let left = names_in(&site.output());
    assert!(
        !left
            .iter()
            .any(|name| name.contains("csv") || name.contains("asff")),
        "{left:?}"
    );
    assert!(site.folder.path().join("outside.csv").exists());
}

/// Whoever can write into the folder must not be able to let a sync remove files elsewhere, or its own.
#[test]
fn a_sync_removes_nothing_else_whatever_is_listed() {
    let site = synced();
    assess(&site, &["--export", "csv=ecs/a.csv"]);
    let summary = site.output().join("assessment.json");
    let mut listed = read_json(&summary);
    let precious = site.folder.path().join("precious");
    std::fs::create_dir(site.output().join("folder")).unwrap();
    for path in [
        &precious,
        &site.output().join("notes.txt"),
        &site.output().join("folder/x"),
    ] {
        std::fs::write(path, "").unwrap();
    }
    let names = listed["exports"].as_array_mut().unwrap();
    let absolute = precious.to_str().unwrap();
    for name in [
        "../precious",
        absolute,
        "folder/x",
        "folder",
        "report.json",
        "",
        ".",
        "..",
        "not there",
    ] {
        names.push(Value::from(name));
    }
    std::fs::write(&summary, listed.to_string()).unwrap();
    site.sync(&[]).with(0);
    let left = names_in(&site.output());
    assert!(!left.iter().any(|name| name == "a.csv"), "{left:?}");
    for kept in ["notes.txt", "folder", "report.json"] {
        assert!(
            left.iter().any(|name| name == kept),
            "{kept} is gone: {left:?}"
        );
    }
    assert!(precious.exists() && site.output().join("folder/x").exists());
}

#[test]
fn a_damaged_assessment_does_not_stop_a_sync() {
    let site = synced();
    std::fs::write(site.output().join("assessment.json"), "{\"exports\":[1").unwrap();
    let ended = site.sync(&[]).with(0);
    assert!(
        ended.stderr.contains("stay where they are"),
        "{}",
        ended.stderr
    );
    assert!(!site.output().join("assessment.json").exists());
}

#[test]
fn wishes_that_cannot_be_met_are_refused_before_anything_is_judged() {
    let site = synced();
    for (wishes, said) in [
        (&["ocsf"][..], "ocsf, sarif, asff, csv"),
        (&["xml=a"], "formats are"),
        (&["csv="], "give a format and a file"),
        (&["csv=ecs/.."], "give a format and a file"),
        (&["csv=a", "asff=./a"], "twice"),
        (&["csv=-", "asff=-"], "twice"),
        (&["csv=ecs/EcsTask.jsonl"], "name of a file of the sync"),
        (
            &["csv=ecs/../ecs/report.json"],
            "name of a file of the sync",
        ),
        (&["csv=ecs"], "is a folder"),
    ] {
        let arguments: Vec<&str> = wishes.iter().flat_map(|wish| ["--export", wish]).collect();
        let ended = assess(&site, &arguments).with(2);
        assert!(ended.stderr.contains(said), "{wishes:?}: {}", ended.stderr);
        assert!(!site.output().join("Finding.jsonl").exists());
    }
    let ended = assess(&site, &["--export", "csv=not/there/a.csv"]).with(1);
    assert!(ended.stderr.contains("not/there/a.csv"), "{}", ended.stderr);
}
