//! The files beside the programs in an archive of `make dist`.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::support::{portolan, program, python, root, run};

#[test]
fn every_command_has_a_man_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man/man1");
    run(portolan().arg("man-pages").arg(&pages)).with(0);
    let help = std::fs::read_to_string(root().join("tests/contracts/help.txt")).unwrap();
    let commands = help.lines().filter_map(|line| line.strip_prefix("$ "));
    let names = commands.map(|line| line.trim_end_matches(" --help").trim().replace(' ', "-"));
    let mut expected: Vec<String> = names.map(|name| format!("{name}.1")).collect();
    expected.sort();
    let written = std::fs::read_dir(&pages).unwrap();
    let written = written.map(|each| each.unwrap().file_name().into_string().unwrap());
    let mut written: Vec<String> = written.collect();
    written.sort();
    assert_eq!(written, expected);
    let page = std::fs::read_to_string(pages.join("portolan-sync.1")).unwrap();
    assert!(page.contains(".SH SYNOPSIS") && page.contains("PORTOLAN_REGIONS"));
    let refused = run(portolan().arg("man-pages").arg(pages.join("portolan.1"))).with(1);
    assert!(refused.stderr.contains("cannot write man pages into"));
}

/// The program itself says what is linked into it: its panics name the files of its dependencies.
#[test]
fn the_bill_of_materials_has_what_is_linked() {
    let folder = tempfile::tempdir().unwrap();
    let mut bill = Command::new(python());
    bill.arg(root().join("packaging/bill.py"))
        .args(["x86_64-unknown-linux-gnu"])
        .arg(folder.path())
        .env("CARGO_NET_OFFLINE", "true");
    run(&mut bill).with(0);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (bill, texts) = (read("portolan.cdx.json"), read("THIRD-PARTY.txt"));
    let bill: Value = serde_json::from_str(&bill).unwrap();
    let mut listed = BTreeSet::new();
    for component in bill["components"].as_array().unwrap() {
        let [name, version] = ["name", "version"].map(|it| component[it].as_str().unwrap());
        let licence = component["licenses"][0]["expression"].as_str().unwrap();
        assert!(
            texts.contains(&format!("\n{name} {version} ({licence})\n"))
                || component["purl"]
                    .as_str()
                    .unwrap()
                    .starts_with("pkg:generic/"),
            "{name} has no text"
        );
        listed.insert(format!("{name}-{version}"));
    }
    let mut linked = BTreeSet::new();
    let binary = std::fs::read(program("portolan")).unwrap();
    let binary = String::from_utf8_lossy(&binary);
    // Of the program, and of the modules in it.
    for folder in ["/registry/src/", "/crates/index"] {
        let files = binary.split(folder).skip(1);
        let crates = files.filter_map(|file| file.split('/').nth(1));
        linked.extend(crates.map(str::to_owned));
    }
    assert!(linked.len() > 100, "{linked:?}");
    let missing: Vec<_> = linked.difference(&listed).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
