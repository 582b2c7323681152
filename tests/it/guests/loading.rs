use std::time::{Duration, Instant};

use portolan_sandbox::{Module, ModuleSource};

use super::answers::{Answer, component};
use super::engine;

/// Loads a module, which must fail within a few seconds, and returns the sentence.
fn refusal(bytes: &[u8]) -> String {
    let start = Instant::now();
    let refused = Module::load(&engine(), None, ModuleSource::Stock, bytes)
        .map(|module| module.component.name().to_owned());
    let sentence = refused.expect_err("refused").to_string();
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}: {sentence}",
        start.elapsed()
    );
    assert!(
        sentence.starts_with("module stock cannot be used: "),
        "{sentence}"
    );
    assert!(!sentence.contains(char::is_control), "{sentence:?}");
    sentence
}

fn assert_refused(bytes: &[u8], reason: &str) {
    let sentence = refusal(bytes);
    assert!(sentence.contains(reason), "{sentence}");
}

fn text(component: &str) -> Vec<u8> {
    wat::parse_str(component).unwrap()
}

#[test]
fn files_that_are_no_components_are_refused() {
    assert_refused(b"", "not a WebAssembly file");
    assert_refused(b"#!/bin/sh\n", "not a WebAssembly file");
    assert_refused(b"(component)", "not a WebAssembly file");
    assert_refused(b"\0asm", "not a component");
    assert_refused(&text("(module)"), "it is a core module, not a component");
    assert_refused(b"\0asm\x0d\0\x01\0\xff\xfe\xfd", "not a valid component");
    let whole = std::fs::read(super::evil_file()).unwrap();
    assert_refused(&whole[..whole.len() / 2], "not a valid component");
}

#[test]
fn imports_beyond_diagnostics_are_refused_by_name() {
    let import = |name: &str| {
        let function = r#"(export "get" (func (result string)))"#;
        text(&format!(
            "(component (import \"{name}\" (instance {function})))"
        ))
    };
    for name in [
        "wasi:cli/environment@0.2.0",
        "wasi:sockets/tcp@0.2.0",
        "portolan:mapper/network@1.0.0",
        "portolan:mapper/diagnostics-and-more@1.0.0",
        "portolan:mapper/diagnostics@1.1.0",
    ] {
        assert_refused(&import(name), &format!("it imports {name}"));
    }
    assert_refused(
        &import("wasi:clocks/wall-clock@0.2.0"),
        "wasm32-unknown-unknown",
    );
    assert_refused(
        &text(r#"(component (import "run" (func)))"#),
        "it imports run",
    );
}

#[test]
fn a_component_without_the_mapping_interface_is_refused() {
    let world = "does not fit the world portolan:mapper/mapping-module@1.0.0";
    assert_refused(&text("(component)"), world);
    assert_refused(
        &text(
            r#"(component (instance $none) (export "portolan:mapper/mapping@1.0.0" (instance $none)))"#,
        ),
        world,
    );
}

#[test]
fn a_component_too_large_for_its_memory_is_refused() {
    let huge = "(component (core module $m (memory 65536)) (core instance (instantiate $m)))";
    refusal(&text(huge));
}

#[test]
fn a_manifest_that_breaks_its_schema_is_refused() {
    let with = |manifest: &str| {
        component(&Answer {
            manifest,
            ..Answer::default()
        })
    };
    assert_refused(&with("{"), "does not follow the schema");
    assert_refused(&with("[]"), "does not follow the schema");
    assert_refused(
        &with(r#"{"name":"a","version":"1","kind":"mapping"}"#),
        "missing field `objects`",
    );
    for (members, reason) in [
        (
            r#""name":"","version":"1","kind":"mapping","objects":["EcsTask"]"#,
            "a name that is empty",
        ),
        (
            r#""name":"a","version":"","kind":"mapping","objects":["EcsTask"]"#,
            "a version that is empty",
        ),
        (
            r#""name":"a","version":"1","kind":"magic","objects":["EcsTask"]"#,
            "unknown variant `magic`",
        ),
        (
            r#""name":"a","version":"1","kind":"overlay","objects":["EcsTask"]"#,
            "it is an overlay",
        ),
        (
            r#""name":"a","version":"1","kind":"mapping","objects":[]"#,
            "does not name a connector object",
        ),
        (
            r#""name":"a","version":"1","kind":"mapping","objects":["EcsTasks"]"#,
            "unknown variant `EcsTasks`",
        ),
        (
            r#""name":"a","version":"1","kind":"mapping","objects":["EcsTask"],"attributes":{"owner":{}}"#,
            "not UPPER_SNAKE",
        ),
        (
            r#""name":"a","version":"1","kind":"mapping","objects":["EcsTask"],"capabilities":["network"]"#,
            "the capability `network`",
        ),
    ] {
        assert_refused(&with(&format!("{{{members}}}")), reason);
    }
}

#[test]
fn a_manifest_that_is_no_text_is_refused() {
    let with = |manifest_pointer: &str| {
        component(&Answer {
            manifest_pointer,
            ..Answer::default()
        })
    };
    // The return area holds a pointer and a length; the text at 1024 is not valid UTF-8.
    assert_refused(&with("1024"), "utf-8");
    assert_refused(&with("1032"), "out of bounds");
    assert_refused(&with("1033"), "not aligned");
    assert_refused(&with("-4"), "out of bounds");
}

#[test]
fn a_module_that_never_gives_its_manifest_is_refused() {
    let with = |start: &str| {
        component(&Answer {
            start,
            ..Answer::default()
        })
    };
    assert_refused(
        &with("(loop $again br $again)"),
        "failed when asked for its manifest",
    );
    assert_refused(&with("unreachable"), "failed when asked for its manifest");
    assert_refused(
        &with("(drop (memory.grow (i32.const 60000)))"),
        "limit of 167772160 bytes",
    );
}
