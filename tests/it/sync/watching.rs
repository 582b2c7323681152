//! `--watch-mappers`: new versions of modules in the middle of a sync.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portolan_tests::simulator::{Rules, World};
use serde_json::Value;

use crate::guests::answers::{Answer, component};
use crate::support::{Site, root, wait_until};

/// A site whose answers take so long that there is time for a change.
fn slow() -> (Site, PathBuf) {
    let rules = Rules {
        latency: Duration::from_millis(400),
        ..Rules::default()
    };
    let site = Site::new(World::small(1), rules);
    let mappers = site.folder.path().join("mappers");
    std::fs::create_dir(&mappers).unwrap();
    let stock = root().join("guest-mappers/built/task.wasm");
    let file = mappers.join("task.wasm");
    std::fs::copy(stock, &file).unwrap();
    (site, file)
}

/// Starts a sync, changes something after its first pages, waits until it has spoken of as many modules, and
/// gives it the time to end.
fn sync_with_change(site: &Site, mapper: &Path, more: &[&str], words: usize, change: impl Fn()) {
    let mut sync = site.sync_command(&["--objects", "EcsTask", "--watch-mappers"]);
    let mut child = sync
        .args(["--page-size", "1", "--parallel-requests", "1"])
        .args(["--log", "info", "--mappers"])
        .arg(mapper.parent().unwrap())
        .args(more)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = Arc::new(Mutex::new(Vec::new()));
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let listener = std::thread::spawn({
        let said = Arc::clone(&said);
        move || {
            for line in stderr.lines() {
                said.lock().unwrap().push(line.unwrap());
            }
        }
    });
    wait_until("the first pages", || site.calls("DescribeTasks") >= 2);
    change();
    wait_until("a word about the module", || {
        let said = said.lock().unwrap();
        let about = |line: &&String| line.contains("while running");
        said.iter().filter(about).count() >= words
    });
    let before = site.calls("DescribeTasks");
    wait_until("a page after that", || {
        site.calls("DescribeTasks") >= before + 2
    });
    site.simulator
        .change_rules(|rules| rules.latency = Duration::ZERO);
    let status = child.wait().unwrap();
    listener.join().unwrap();
    assert!(status.success(), "{:#?}", said.lock().unwrap());
}

/// Pages of each version of the tasks' mapping.
fn pages(report: &Value) -> Vec<u64> {
    let mappers = report["mappers"].as_array().unwrap().iter();
    mappers
        .filter(|mapper| mapper["kind"] == "mapping")
        .map(|mapper| mapper["pages"].as_u64().unwrap())
        .collect()
}

#[test]
fn a_good_version_takes_over_between_two_pages() {
    let (site, file) = slow();
    sync_with_change(&site, &file, &[], 1, || {
        let mut bytes = std::fs::read(&file).unwrap();
        // A custom section: another digest, and the same code.
        bytes.extend([0, 5, 4, b'n', b'o', b't', b'e']);
        std::fs::write(&file, bytes).unwrap();
    });
    let report = site.report();
    let change = &report["mapper_changes"][0];
    assert_eq!(change["taken"], true, "{change}");
    assert_eq!(change["name"], "portolan-mapper-task");
    let pages = pages(&report);
    assert_eq!(pages.len(), 2, "{report:#}");
    assert!(pages.iter().all(|pages| *pages > 0), "{pages:?}");
    assert_eq!(pages.iter().sum::<u64>(), site.calls("DescribeTasks"));
    assert_eq!(
        report["objects"]["EcsTask"]["written"],
        site.records("EcsTask").len()
    );
}

#[test]
fn bad_versions_are_refused_and_the_old_ones_stay() {
    let (site, file) = slow();
    let overlay = site.folder.path().join("owner.wasm");
    std::fs::copy(root().join("tests/guests/built/owner.wasm"), &overlay).unwrap();
    let more = ["--overlays", overlay.to_str().unwrap()];
    sync_with_change(&site, &file, &more, 2, || {
        // It can be loaded, and answers nonsense.
        let liar = Answer {
            result: [0, 0, 0, u32::MAX, 9, 0, 0],
            ..Answer::default()
        };
        std::fs::write(&file, component(&liar)).unwrap();
        std::fs::write(&overlay, "#!/bin/sh").unwrap();
    });
    let report = site.report();
    assert_eq!(report["complete"], true);
    assert_eq!(pages(&report).len(), 1, "{report:#}");
    let reason = |name: &str| {
        let changes = report["mapper_changes"].as_array().unwrap();
        let change = changes
            .iter()
            .find(|change| change["file"].as_str().unwrap().ends_with(name))
            .unwrap_or_else(|| panic!("nothing about {name}: {report:#}"));
        assert_eq!(change["taken"], false, "{change}");
        change["reason"].as_str().unwrap().to_owned()
    };
    let mapping = reason("task.wasm");
    assert!(
        mapping.contains("tried on the last page of EcsTask"),
        "{mapping}"
    );
    let overlay = reason("owner.wasm");
    assert!(overlay.contains("no WebAssembly file"), "{overlay}");
}
