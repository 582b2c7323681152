use anyhow::ensure;
use bytes::Bytes;
use portolan_page::object::Object;
use portolan_page::{Origin, Page};
use portolan_records::Records;
use portolan_sandbox::{CallError, Mapper};
use serde_json::{Map, Value, json};

use crate::guests::answers::{data, module, words};

/// Address of the memory that a test supplies.
const START: u32 = 2048;

/// A mapping that answers with the memory in the Region of a page.
pub(super) fn mapping() -> Vec<u8> {
    puppet(
        "mapping",
        "map-page",
        &"i32 ".repeat(16),
        "(call $read (local.get 8) (local.get 9))",
    )
}

/// An overlay that answers with the memory in the partition of a page.
pub(super) fn overlay() -> Vec<u8> {
    puppet(
        "overlay",
        "amend-page",
        "i32",
        "(call $read (i32.load offset=16 (local.get 0)) (i32.load offset=20 (local.get 0)))",
    )
}

fn puppet(kind: &str, function: &str, parameters: &str, answer: &str) -> Vec<u8> {
    let attributes = json!({
        "OWNER": {"type": "string", "minLength": 2},
        "LABELS": {"type": "object", "additionalProperties": {"type": "string"}},
        "NOTE": {"type": ["string", "null"]},
    });
    let manifest = json!({
        "name": "puppet", "version": "1", "kind": kind, "objects": ["EcsTask"], "attributes": attributes,
    });
    let manifest = manifest.to_string();
    let text = format!(
        r#"(module
            (memory (export "memory") 4)
            (global $free (mut i32) (i32.const 65536))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
                (global.set $free (i32.add (local.get $at) (local.get 3)))
                (local.get $at))
            (func $letter (param $at i32) (result i32)
                (i32.sub (i32.load8_u (local.get $at)) (i32.const 97)))
            (func $read (param $text i32) (param $length i32) (result i32) (local $at i32)
                (block $end (loop $next
                    (br_if $end (i32.ge_u (local.get $at) (local.get $length)))
                    (i32.store8 offset={START} (i32.shr_u (local.get $at) (i32.const 1)) (i32.add
                        (i32.shl (call $letter (i32.add (local.get $text) (local.get $at))) (i32.const 4))
                        (call $letter (i32.add (i32.add (local.get $text) (local.get $at)) (i32.const 1)))))
                    (local.set $at (i32.add (local.get $at) (i32.const 2)))
                    (br $next)))
                (i32.const {START}))
            (func (export "portolan:mapper/{kind}@1.0.0#manifest") (result i32) (i32.const 1024))
            (func (export "portolan:mapper/{kind}@1.0.0#{function}") (param {parameters}) (result i32)
                {answer})
            (data (i32.const 0) "{manifest}")
            (data (i32.const 1024) "{place}"))"#,
        place = words(&[0, manifest.len() as u32]),
        manifest = data(manifest.as_bytes()),
    );
    module(&text, &format!("{kind}-module"))
}

/// An answer that is valid for the WIT.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) payload: Vec<u8>,
    /// Object, offset and length.
    pub(super) rows: Vec<[u32; 3]>,
    /// Object, severity, and code, path and message.
    pub(super) issues: Vec<(Option<u32>, u32, [String; 3])>,
}

impl Answer {
    /// Adds a row and its bytes.
    pub(super) fn add(&mut self, source_index: u32, bytes: &[u8]) {
        let (offset, length) = (self.payload.len() as u32, bytes.len() as u32);
        self.rows.push([source_index, offset, length]);
        self.payload.extend_from_slice(bytes);
    }

    /// The memory of the answer: the words of its result, rows, issues, texts.
    pub(super) fn memory(&self) -> Vec<u8> {
        let rows = START + 28;
        let issues = rows + 12 * self.rows.len() as u32;
        let mut place = issues + 36 * self.issues.len() as u32;
        let mut texts = Vec::new();
        let mut keep = |text: &[u8]| {
            let words = [place, text.len() as u32];
            texts.extend_from_slice(text);
            place += words[1];
            words
        };
        let mut memory = vec![0];
        memory.extend(keep(&self.payload));
        memory.extend([
            rows,
            self.rows.len() as u32,
            issues,
            self.issues.len() as u32,
        ]);
        memory.extend(self.rows.as_flattened());
        for (source_index, severity, said) in &self.issues {
            memory.extend([
                u32::from(source_index.is_some()),
                source_index.unwrap_or(0),
                *severity,
            ]);
            memory.extend(said.iter().flat_map(|text| keep(text.as_bytes())));
        }
        let mut bytes: Vec<u8> = memory.into_iter().flat_map(u32::to_le_bytes).collect();
        bytes.append(&mut texts);
        bytes
    }
}

/// A page of four places, the second of them null, that holds the answers of a mapping and of an overlay.
pub(super) fn page(mapping: &[u8], overlay: &[u8]) -> Page {
    let tasks = [0, 1, 2, 3].map(|index| match index {
        1 => Value::Null,
        _ => json!({"taskArn": format!("arn:{index}")}),
    });
    let origin = Origin {
        partition: spelt(overlay),
        account_id: "123456789012".into(),
        region: spelt(mapping).into(),
        captured_at: "2026-11-21T01:32:00.123Z".into(),
    };
    let body = json!({ "tasks": tasks }).to_string();
    Page::read(Object::EcsTask, origin, Bytes::from(body)).unwrap()
}

/// More than any answer of the corpus takes, and less than the space up to the module's input.
const MEMORY_BYTES: usize = 48 * 1024;

fn spelt(memory: &[u8]) -> String {
    let memory = memory.iter().take(MEMORY_BYTES);
    let letters = memory.flat_map(|byte| [byte >> 4, byte & 15]);
    letters.map(|letter| char::from(b'a' + letter)).collect()
}

/// A valid record of a task.
pub(super) fn record(index: usize) -> Value {
    json!({
        "UID": format!("arn:{index}"), "TASK_ARN": format!("arn:{index}"), "NAME": "n", "CLOUD_PROVIDER": "AWS",
        "ACCOUNT_ID": "123456789012", "REGION": "us-west-2", "LAST_CAPTURED": "2026-11-21T01:32:00.123Z",
        "GROUP": "g",
    })
}

/// The records by object, if they match the rules for every page.
pub(super) fn sound(
    mapper: &Mapper,
    page: &Page,
    records: &Records,
) -> anyhow::Result<Vec<Option<Map<String, Value>>>> {
    let mut by_object = vec![None; page.len()];
    for (index, bytes) in records.rows() {
        ensure!(
            page.has(index) && by_object[index].is_none(),
            "object {index} has two records, or none was there"
        );
        ensure!(!bytes.contains(&b'\n'), "a record of two lines");
        let violations = mapper.validator.check(bytes);
        ensure!(violations.is_ok(), "an invalid record: {violations:?}");
        by_object[index] = Some(serde_json::from_slice(bytes)?);
    }
    for rejection in &records.rejections {
        let index = rejection.source_index;
        ensure!(
            page.has(index) && by_object[index].is_none(),
            "object {index} is rejected and has a record"
        );
        by_object[index] = Some(Map::new());
    }
    let accounted = by_object.iter().flatten().count();
    ensure!(accounted == page.described().count(), "{accounted} objects");
    Ok(by_object)
}

/// Checks that an answer is refused for a known reason, in text that is safe for a terminal.
pub(super) fn is_refused(error: &CallError) -> anyhow::Result<()> {
    let known = [
        "mapper-bad-answer",
        "mapper-output-exceeded",
        "mapper-refused-page",
    ];
    ensure!(known.contains(&error.code()), "{}", error.code());
    is_printable(&error.to_string())
}

pub(super) fn is_printable(text: &str) -> anyhow::Result<()> {
    ensure!(
        !text.contains(char::is_control) && text.len() < 4_096,
        "not printable: {text:?}"
    );
    Ok(())
}
