use portolan_mapper_build::encode;
use portolan_sandbox::{CallError, Module, ModuleSource};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::{engine, page};
use crate::support::root;

const MANIFEST: &str =
    r#"{"name":"liar","version":"1.0.0","kind":"mapping","objects":["EcsTask"]}"#;

/// The content of a hand-written module at each place where the host reads its memory.
pub(crate) struct Answer<'a> {
    /// The manifest's text.
    pub(crate) manifest: &'a str,
    /// Address of the manifest's pointer and length. The memory has text that is not UTF-8 at 1024, and a
    /// list far out of range at 1032.
    pub(crate) manifest_pointer: &'a str,
    /// Instructions that run when the module is instantiated.
    pub(crate) start: &'a str,
    /// Instructions of the allocator, which leave a pointer.
    pub(crate) realloc: &'a str,
    /// Address of the result of `map-page`.
    pub(crate) result_pointer: &'a str,
    /// The words of the result: its case, then pointer and length of payload, rows and issues.
    pub(crate) result: [u32; 7],
}

impl Default for Answer<'_> {
    fn default() -> Self {
        Self {
            manifest: MANIFEST,
            manifest_pointer: "512",
            start: "",
            realloc: "i32.const 8192",
            result_pointer: "2048",
            result: [0; 7],
        }
    }
}

/// Bytes as a string in the text format.
pub(crate) fn data(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

pub(crate) fn words(words: &[u32]) -> String {
    words.iter().map(|word| data(&word.to_le_bytes())).collect()
}

/// The component of an answer. Its memory is one page of 64 KiB and can grow.
pub(crate) fn component(answer: &Answer<'_>) -> Vec<u8> {
    let text = format!(
        r#"(module
            (memory (export "memory") 1)
            (func $start {start})
            (start $start)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
            (func (export "portolan:mapper/mapping@1.0.0#manifest") (result i32)
                i32.const {manifest_pointer})
            (func (export "portolan:mapper/mapping@1.0.0#map-page") (param {parameters}) (result i32)
                i32.const {result_pointer})
            (data (i32.const 0) "{manifest}")
            (data (i32.const 512) "{manifest_area}")
            (data (i32.const 1024) "{strange_areas}")
            (data (i32.const 1100) "a\ff\fe")
            (data (i32.const 2048) "{result}"))"#,
        start = answer.start,
        realloc = answer.realloc,
        manifest_pointer = answer.manifest_pointer,
        parameters = "i32 ".repeat(16),
        result_pointer = answer.result_pointer,
        manifest = data(answer.manifest.as_bytes()),
        manifest_area = words(&[0, answer.manifest.len() as u32]),
        strange_areas = words(&[1100, 3, 65_000, 1000]),
        result = words(&answer.result),
    );
    mapping(&text)
}

/// A mapping from a core module in the text format.
pub(crate) fn mapping(text: &str) -> Vec<u8> {
    module(text, "mapping-module")
}

/// A module of a world from a core module in the text format.
pub(crate) fn module(text: &str, world: &str) -> Vec<u8> {
    let mut module = wat::parse_str(text).unwrap();
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(root().join("wit/mapper")).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    encode("liar", &module).unwrap()
}

/// Calls the module once with a page of one task.
fn call(answer: &Answer<'_>) -> Result<usize, CallError> {
    let engine = engine();
    let module = Module::load(&engine, None, ModuleSource::Stock, &component(answer)).unwrap();
    module
        .map(&engine, &page(&[""]))
        .map(|mapped| mapped.payload.len())
}

fn assert_bad(answer: &Answer<'_>, sentence: &str) {
    let error = call(answer).unwrap_err();
    assert_eq!(error.code(), "mapper-bad-answer", "{error}");
    assert!(error.to_string().contains("liar 1.0.0"), "{error}");
    assert!(error.to_string().contains(sentence), "{error}");
}

#[test]
fn an_honest_answer_from_raw_memory_is_taken() {
    assert_eq!(call(&Answer::default()), Ok(0));
    assert_eq!(
        call(&Answer {
            result: [0, 100, 50, 0, 0, 0, 0],
            ..Answer::default()
        }),
        Ok(50)
    );
}

#[test]
fn lists_outside_of_memory_are_refused() {
    for result in [
        [0, 65_000, 1000, 0, 0, 0, 0],
        [0, u32::MAX, 1, 0, 0, 0, 0],
        [0, 0, 0, 65_520, 2, 0, 0],
        [0, 0, 0, 4, 400_000_000, 0, 0],
        [0, 0, 0, 0, 0, 65_528, 1],
        [1, 0, u32::MAX, 16, 0, 0, 0],
    ] {
        let error = call(&Answer {
            result,
            ..Answer::default()
        })
        .unwrap_err();
        let code = error.code();
        assert!(
            ["mapper-bad-answer", "mapper-output-exceeded"].contains(&code),
            "{result:?}: {error}"
        );
    }
    assert_bad(
        &Answer {
            result: [0, 65_000, 1000, 0, 0, 0, 0],
            ..Answer::default()
        },
        "out of bounds",
    );
}

#[test]
fn results_that_no_type_allows_are_refused() {
    assert_bad(
        &Answer {
            result: [7, 0, 0, 0, 0, 0, 0],
            ..Answer::default()
        },
        "discriminant",
    );
    assert_bad(
        &Answer {
            result: [1, 9, 0, 0, 0, 0, 0],
            ..Answer::default()
        },
        "discriminant",
    );
    assert_bad(
        &Answer {
            result: [0, 0, 0, 3, 1, 0, 0],
            ..Answer::default()
        },
        "aligned",
    );
    assert_bad(
        &Answer {
            result_pointer: "2047",
            ..Answer::default()
        },
        "aligned",
    );
    assert_bad(
        &Answer {
            result_pointer: "-8",
            ..Answer::default()
        },
        "out of bounds",
    );
}

#[test]
fn an_allocator_that_lies_is_refused() {
    assert_bad(
        &Answer {
            realloc: "i32.const -16",
            ..Answer::default()
        },
        "realloc return",
    );
    assert_bad(
        &Answer {
            realloc: "i32.const 65535",
            ..Answer::default()
        },
        "realloc return",
    );
}

#[test]
fn an_allocator_that_fails_is_named() {
    let hang = Answer {
        realloc: "(loop $again br $again) unreachable",
        ..Answer::default()
    };
    assert_eq!(call(&hang).unwrap_err().code(), "mapper-time-exceeded");
    let crash = Answer {
        realloc: "unreachable",
        ..Answer::default()
    };
    assert_eq!(call(&crash).unwrap_err().code(), "mapper-crashed");
}
