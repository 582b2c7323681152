//! `--provenance`: the module of each attribute.

use serde_json::Value;

use crate::support::{Site, json_lines, root, run};

/// A configuration with an overlay that reads a tag of simulated tasks.
fn configuration(site: &Site) -> String {
    let overlay = root().join("tests/guests/built/owner.wasm");
    let text = format!(
        "overlays = [{:?}]\n[modules.portolan-test-owner.settings]\nowner-tag = 'team'\n",
        overlay.to_str().unwrap()
    );
    let file = site.folder.path().join("portolan.toml");
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Checks that every attribute of a record names the stock mapping or the overlay.
#[track_caller]
fn assert_authors(record: &Value, provenance: &Value) {
    let attributes = record.as_object().unwrap();
    let authors = provenance.as_object().unwrap();
    let mut names: Vec<&String> = attributes.keys().collect();
    names.sort();
    assert_eq!(authors.keys().collect::<Vec<_>>(), names);
    for (name, author) in authors {
        let is_overlay = ["OWNER", "COST_CENTER"].contains(&name.as_str());
        let expected = match is_overlay {
            true => "portolan-test-owner 0.1.0",
            false => "portolan-mapper-task 0.1.0",
        };
        assert_eq!(author, expected, "{name}");
    }
}

#[test]
fn a_folder_has_it_in_a_file_beside_the_records() {
    let site = Site::small();
    let configuration = configuration(&site);
    let arguments = ["--objects", "EcsTask", "--config", &configuration];
    site.sync(&[&arguments[..], &["--provenance=records"]].concat())
        .with(0);
    assert_eq!(
        site.files(),
        ["EcsTask.jsonl", "EcsTask.provenance.jsonl", "report.json"]
    );
    assert!(site.report()["provenance"]["EcsTask"]["UID"].is_object());
    let file = site.output().join("EcsTask.provenance.jsonl");
    let lines = json_lines(&std::fs::read_to_string(&file).unwrap());
    let records = site.records("EcsTask");
    assert_eq!(lines.len(), records.len());
    assert!(
        lines
            .iter()
            .any(|line| line["provenance"].get("OWNER").is_some())
    );
    for line in &lines {
        assert_authors(&records[line["UID"].as_str().unwrap()], &line["provenance"]);
    }
    let mut validate = site.command("validate");
    run(validate
        .args(["--config", &configuration])
        .arg(site.output().join("EcsTask.jsonl"))
        .arg(&file))
    .with(0);
    std::fs::write(&file, "{\"UID\":7}\n").unwrap();
    let mut validate = site.command("validate");
    run(validate.arg(&file)).with(1);
    // The folder holds one sync: a file that the next one does not write must not remain.
    site.sync(&[&arguments[..], &["--provenance"]].concat())
        .with(0);
    assert_eq!(site.files(), ["EcsTask.jsonl", "report.json"]);
    assert!(site.report()["provenance"]["EcsTask"]["UID"].is_object());
}

#[test]
fn a_pipe_has_it_on_the_line_of_the_record() {
    let site = Site::small();
    let mut sync = site.command("sync");
    let ended = run(sync.args([
        "--objects",
        "EcsTask",
        "--config",
        &configuration(&site),
        "--output",
        "-",
        "--provenance=records",
    ]))
    .with(0);
    let lines = json_lines(&ended.stdout);
    assert!(lines.len() > 20);
    for line in &lines {
        assert_eq!(line.as_object().unwrap().len(), 3, "{line}");
        assert_authors(&line["attributes"], &line["provenance"]);
    }
}
