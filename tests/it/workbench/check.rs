use serde_json::{Value, json};

use super::{file, guest, mapper, stock};
use crate::guests::answers::{Answer, component};
use crate::support::{Ended, run};

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
    assert_fault(b"#!/bin/sh\n", &["it is not a WebAssembly file"]);
    assert_fault(&text("(module)"), &["it is a core module, not a component"]);
    assert_fault(&text("(component)"), &["it exports none of", "but nothing"]);
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
        "processed-by: portolan-mapper-build 0.",
        ", wit-component 0.",
    ] {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
    let (_folder, file) = file("module.wasm", b"\0asm\x01\0\0\0");
    let text = run(mapper(&["inspect"]).arg(file)).with(0).stdout;
    assert!(text.contains("refused: it is a core module"), "{text}");
}
