//! `portolan mapper`: what people who write mappings see.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::examples::recorded;
use crate::guests::answers::{Answer, component};
use crate::support::{Ended, json_lines, portolan, root, run};

fn mapper(arguments: &[&str]) -> Command {
    let mut command = portolan();
    command.arg("mapper").args(arguments);
    command
}

fn guest(name: &str) -> PathBuf {
    root().join("tests/guests/built").join(name)
}

fn stock(word: &str) -> PathBuf {
    root().join(format!("guest-mappers/built/{word}.wasm"))
}

/// A folder with a file in it.
fn file(name: &str, contents: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, contents).unwrap();
    (folder, file)
}

fn check_bytes(bytes: &[u8]) -> Ended {
    let (_folder, file) = file("module.wasm", bytes);
    run(mapper(&["check"]).arg(file))
}

#[track_caller]
fn assert_fault(bytes: &[u8], parts: &[&str]) {
    let said = check_bytes(bytes).with(1).stdout;
    for part in parts {
        assert!(said.contains(part), "no `{part}` in {said}");
    }
    assert!(said.contains("fault: "), "{said}");
}

#[test]
fn check_takes_what_a_sync_takes() {
    for word in ["cluster", "service", "task", "task-definition"] {
        let ended = run(mapper(&["check"]).arg(stock(word))).with(0);
        let world = "ok: it conforms to portolan:mapper/mapping-module@1.0.0";
        assert!(ended.stdout.contains(world), "{}", ended.stdout);
    }
    let ended = run(mapper(&["check"]).arg(guest("owner.wasm"))).with(0);
    for part in ["overlay-module@1.0.0", "OWNER, COST_CENTER", "owner-tag"] {
        assert!(ended.stdout.contains(part), "{}", ended.stdout);
    }
    run(mapper(&["check"]).arg(guest("evil.wasm"))).with(0);
}

#[test]
fn check_names_what_does_not_fit() {
    let text = |text: &str| wat::parse_str(text).unwrap();
    assert_fault(b"#!/bin/sh\n", &["it is no WebAssembly file"]);
    assert_fault(&text("(module)"), &["it is a core module, not a component"]);
    assert_fault(&text("(component)"), &["it exports neither", "but nothing"]);
    assert_fault(
        &text(
            r#"(component (import "wasi:cli/environment@0.2.0" (instance (export "get" (func (result string))))))"#,
        ),
        &["wasi:cli/environment@0.2.0", "wasm32-unknown-unknown"],
    );
    let with_export = |name: &str| {
        text(&format!(
            r#"(component (instance $none) (export "{name}" (instance $none)))"#
        ))
    };
    assert_fault(
        &with_export("portolan:mapper/overlay@1.0.0"),
        &[
            "overlay@1.0.0 lacks the function manifest",
            "overlay@1.0.0 lacks the function amend-page",
        ],
    );
    assert_fault(
        &with_export("portolan:mapper/mapping@2.0.0"),
        &[
            "it exports portolan:mapper/mapping@2.0.0, but this host calls portolan:mapper/mapping@1.0.0",
        ],
    );
}

#[test]
fn check_reads_the_manifest() {
    let with = |members: &str| {
        component(&Answer {
            manifest: &format!(
                r#"{{"name":"a","version":"1","kind":"mapping","objects":["EcsTask"]{members}}}"#
            ),
            ..Answer::default()
        })
    };
    check_bytes(&with("")).with(0);
    assert_fault(
        &with(r#","attributes":{"TAGS":{}}"#),
        &["TAGS is a stock attribute of EcsTask"],
    );
    assert_fault(
        &with(r#","attributes":{"OWNER":{"type":"sting"}}"#),
        &["the attributes that its manifest declares cannot be used"],
    );
    assert_fault(&with(r#","settings":{"type":7}"#), &["settings schema"]);
    assert_fault(
        &with(r#","capabilities":["network"]"#),
        &["the capability `network`"],
    );
}

#[test]
fn inspect_shows_all_sides() {
    let owner = guest("owner.wasm");
    let ended = run(mapper(&["inspect", "--json"]).arg(&owner)).with(0);
    let seen: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(seen["kind"], "overlay");
    assert_eq!(seen["manifest"]["name"], "portolan-test-owner");
    assert_eq!(seen["exports"], json!(["portolan:mapper/overlay@1.0.0"]));
    let size = std::fs::metadata(&owner).unwrap().len();
    assert_eq!(seen["size_bytes"], size);
    assert_eq!(seen["digest"].as_str().unwrap().len(), 64);
    assert!(seen["wit"].as_str().unwrap().contains("amend-page: func("));
    let text = run(mapper(&["inspect"]).arg(&owner)).with(0).stdout;
    for part in [
        "export portolan:mapper/overlay@1.0.0;",
        "processed-by: wit-component",
    ] {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
    let (_folder, file) = file("module.wasm", b"\0asm\x01\0\0\0");
    let text = run(mapper(&["inspect"]).arg(file)).with(0).stdout;
    assert!(text.contains("refused: it is a core module"), "{text}");
}

/// Two pages: a cluster, and a task that misbehaves beside one that does not.
fn pages(behaviour: &str) -> String {
    let cluster = json!({"clusters": [{"clusterArn": "arn:c"}]}).to_string();
    let tags = json!([{"key": "owner", "value": "team-a"}]);
    let task = json!({"tasks": [
        {"taskArn": "arn:0", "tags": tags},
        {"taskArn": "arn:1", "behaviour": behaviour},
        {"group": "without an ARN"},
    ]});
    [
        recorded("DescribeClusters", &cluster),
        recorded("DescribeTasks", &task.to_string()),
    ]
    .join("\n")
}

#[test]
fn run_maps_one_page_with_one_module() {
    let (_folder, file) = file("pages.jsonl", pages("").as_bytes());
    let over = |module: PathBuf, more: &[&str]| {
        run(mapper(&["run"])
            .arg(module)
            .arg("--pages")
            .arg(&file)
            .args(more))
    };
    let ended = over(guest("owner.wasm"), &[]).with(3);
    let first: Value = serde_json::Deserializer::from_str(&ended.stdout)
        .into_iter()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(
        (&first["UID"], &first["OWNER"]),
        (&json!("arn:0"), &json!("team-a"))
    );
    assert!(
        ended.stderr.contains("rejected [no-arn] object 2"),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("line 2, a page of EcsTask: 2 records"),
        "{}",
        ended.stderr
    );
    over(stock("cluster"), &["--line", "1"]).with(0);
    for (module, line, reason) in [
        (stock("cluster"), "2", "line 2 of"),
        (stock("cluster"), "3", "has no line 3"),
    ] {
        let ended = over(module, &["--line", line]).with(1);
        assert!(ended.stderr.contains(reason), "{}", ended.stderr);
    }
    let ended = over(stock("service"), &[]).with(1);
    assert!(
        ended.stderr.contains("only of EcsCluster, EcsTask"),
        "{}",
        ended.stderr
    );
}

/// A folder as authors have it, with tasks of which one has this behaviour.
fn suite(behaviour: &str) -> tempfile::TempDir {
    let task = json!({"tasks": [
        {"taskArn": "arn:0", "behaviour": behaviour},
        {"taskArn": "arn:1", "tags": [{"key": "owner", "value": "team-a"}]},
    ]});
    let page = recorded("DescribeTasks", &task.to_string());
    file("pages/tasks.jsonl", page.as_bytes()).0
}

fn test(folder: &Path, module: &Path, more: &[&str]) -> Ended {
    run(mapper(&["test"])
        .arg(folder)
        .arg("--module")
        .arg(module)
        .args(more))
}

#[test]
fn test_compares_with_what_was_blessed() {
    let (folder, module) = (suite(""), guest("owner.wasm"));
    let expected = folder.path().join("expected/tasks.jsonl");
    let ended = test(folder.path(), &module, &[]).with(1);
    assert!(
        ended.stdout.contains("expected/tasks.jsonl is missing"),
        "{}",
        ended.stdout
    );
    assert!(!expected.exists());
    test(folder.path(), &module, &["--bless"]).with(0);
    let records = json_lines(&std::fs::read_to_string(&expected).unwrap());
    assert_eq!(records.len(), 2);
    assert_eq!(records[1]["OWNER"], "team-a");
    let ended = test(folder.path(), &module, &[]).with(0);
    for part in [
        " instructions",
        " MiB",
        " bytes of output",
        "damaged pages tried\nok\n",
    ] {
        assert!(
            ended.stdout.contains(part),
            "no `{part}` in {}",
            ended.stdout
        );
    }
    let other = std::fs::read_to_string(&expected)
        .unwrap()
        .replace("team-a", "team-b");
    std::fs::write(&expected, other).unwrap();
    let ended = test(folder.path(), &module, &[]).with(1);
    let difference = r#"difference: arn:1: OWNER: expected "team-b", found "team-a""#;
    assert!(ended.stdout.contains(difference), "{}", ended.stdout);
}

#[test]
fn test_finds_what_a_module_cannot_bear() {
    for (behaviour, problem) in [
        ("panic", "crashed"),
        ("against-schema", "a record is not valid"),
        ("silence", "gave neither a record nor a reason"),
    ] {
        let folder = suite(behaviour);
        let module = guest("evil.wasm");
        let ended = test(folder.path(), &module, &["--bless"]).with(1);
        let line = ended
            .stdout
            .lines()
            .find(|line| line.contains("problem: line 1"));
        assert!(
            line.is_some_and(|line| line.contains(problem)),
            "{}",
            ended.stdout
        );
    }
}

#[test]
fn test_leaves_out_pages_that_the_module_is_not_for() {
    let (folder, _) = file("pages/all.jsonl", pages("").as_bytes());
    let ended = test(folder.path(), &stock("cluster"), &["--bless"]).with(0);
    assert!(
        ended.stdout.contains("remark: line 2 is left out"),
        "{}",
        ended.stdout
    );
    let ended = test(folder.path(), &stock("service"), &["--bless"]).with(1);
    assert!(
        ended.stdout.contains("nothing was tried"),
        "{}",
        ended.stdout
    );
}

#[test]
fn the_stock_mappers_bear_every_damage() {
    for (word, operation) in [
        ("cluster", "DescribeClusters"),
        ("service", "DescribeServices"),
        ("task", "DescribeTasks"),
        ("task-definition", "DescribeTaskDefinition"),
    ] {
        let name = match operation {
            "DescribeTaskDefinition" => "describe-task-definition-1".to_owned(),
            _ => format!("describe-{word}s-1"),
        };
        let body = root().join(format!("tests/pages/aws-examples/{name}.json"));
        let page = recorded(operation, &std::fs::read_to_string(body).unwrap());
        let (folder, _) = file("pages/page.jsonl", page.as_bytes());
        let ended = test(folder.path(), &stock(word), &["--bless"]);
        assert_eq!(ended.status, 0, "{}", ended.stdout);
    }
}

/// The templates' samples: what can be said of them without building.
#[test]
fn samples_of_new_modules_fit_the_stock_schemas() {
    for object in ["EcsCluster", "EcsService", "EcsTask", "EcsTaskDefinition"] {
        for kind in ["mapping", "overlay"] {
            let folder = tempfile::tempdir().unwrap();
            run(mapper(&["new", "acme", "--object", object, "--kind", kind])
                .current_dir(folder.path()))
            .with(0);
            let crate_folder = folder.path().join("acme");
            let expected =
                std::fs::read_to_string(crate_folder.join("expected/sample.jsonl")).unwrap();
            let mut expected = json_lines(&expected);
            assert_eq!(expected.len(), 2, "{object} {kind}");
            assert!(expected[0].get("OWNER").is_some(), "{object} {kind}");
            for record in &mut expected {
                record.as_object_mut().unwrap().remove("OWNER");
            }
            let lines: Vec<String> = expected.iter().map(Value::to_string).collect();
            let records = folder.path().join("records.jsonl");
            std::fs::write(&records, lines.join("\n")).unwrap();
            run(portolan()
                .args(["validate", "--object", object])
                .arg(&records))
            .with(0);
            if kind == "overlay" {
                let pages = crate_folder.join("pages/sample.jsonl");
                let stock = run(portolan().arg("map").arg(pages)).with(0);
                assert_eq!(json_lines(&stock.stdout), expected, "{object}");
            }
        }
    }
}

/// From nothing to a tested module, as its author would go.
fn new_build_test(name: &str, object: &str, kind: &str) {
    let folder = tempfile::tempdir().unwrap();
    let sdk = root().join("guest-mappers/sdk");
    run(mapper(&["new", name, "--object", object, "--kind", kind])
        .arg("--sdk-path")
        .arg(sdk)
        .current_dir(folder.path()))
    .with(0);
    let place = folder.path().join(name);
    // The versions of this repository, which are on this machine already: no network is needed.
    std::fs::copy(root().join("Cargo.lock"), place.join("Cargo.lock")).unwrap();
    let here = |arguments: &[&str]| {
        let mut command = mapper(arguments);
        command
            .current_dir(&place)
            // What was compiled for the stock mappers need not be compiled again.
            .env("CARGO_TARGET_DIR", root().join("target"));
        run(&mut command)
    };
    here(&["build", "--offline"]).with(0);
    let module = place.join(format!("built/{name}.wasm"));
    assert!(module.is_file());
    here(&["check", &format!("built/{name}.wasm")]).with(0);
    here(&["test"]).with(0);
    let seen = here(&["inspect", "--json", &format!("built/{name}.wasm")]).with(0);
    let seen: Value = serde_json::from_str(&seen.stdout).unwrap();
    assert_eq!(
        (&seen["manifest"]["name"], &seen["kind"]),
        (&json!(name), &json!(kind))
    );
}

#[test]
fn a_new_mapping_builds_and_passes_its_own_test() {
    new_build_test("acme-services", "EcsService", "mapping");
}

#[test]
fn a_new_overlay_builds_and_passes_its_own_test() {
    new_build_test("acme-tags", "EcsTask", "overlay");
}

#[test]
fn new_and_build_name_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let new = |arguments: &[&str]| {
        run(mapper(&["new"])
            .args(arguments)
            .args(["--object", "EcsTask", "--kind", "overlay"])
            .current_dir(folder.path()))
    };
    for (arguments, reason) in [
        (&["Acme"][..], "lower-case letters"),
        (&["acme", "--sdk-path", "/nowhere"], "guest-mappers/sdk"),
    ] {
        let ended = new(arguments).with(1);
        assert!(ended.stderr.contains(reason), "{}", ended.stderr);
    }
    new(&["acme"]).with(0);
    let ended = new(&["acme"]).with(1);
    assert!(
        ended.stderr.contains("is there already"),
        "{}",
        ended.stderr
    );
    let ended = run(mapper(&["test"]).arg(folder.path().join("acme"))).with(1);
    assert!(
        ended.stderr.contains("portolan mapper build"),
        "{}",
        ended.stderr
    );
    let ended = run(mapper(&["build"]).arg(folder.path())).with(1);
    assert!(
        ended.stderr.contains("cargo cannot read the crate"),
        "{}",
        ended.stderr
    );
    let manifest = std::fs::read_to_string(folder.path().join("acme/Cargo.toml")).unwrap();
    assert!(
        manifest.contains("portolan-mapper-sdk = \"0."),
        "{manifest}"
    );
}
