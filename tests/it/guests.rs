use std::sync::Arc;

use bytes::Bytes;
use portolan_page::object::Object;
use portolan_page::{Origin, Page};
use portolan_records::Records;
use portolan_sandbox::validate::RecordValidator;
use portolan_sandbox::{
    Breaker, CompiledCache, Engine, Limits, Mapper, Module, ModuleSource, Unfilled,
};
use serde_json::{Value, json};

use crate::support::root;

/// The manifest and the result of a mapper, read as raw memory.
pub(crate) mod answers;
/// Failures of a call: only the object that causes one is lost.
mod calls;
/// Modules that are refused before a page is fetched.
mod loading;
/// The same checks through the program.
mod program;
/// Valid answers with records that must not be written.
mod records;

/// The file of the mapper that misbehaves on demand.
fn evil_file() -> std::path::PathBuf {
    root().join("tests/guests/built/evil.wasm")
}

fn evil(engine: &Engine) -> Mapper {
    let bytes = std::fs::read(evil_file()).expect("run `make guests` first");
    // Compiling takes longer than most tests; the cache finds compiled code by its digest.
    let cache = CompiledCache::open(&root().join("target/guests-cache")).unwrap();
    let module = Module::load(engine, Some(&cache), ModuleSource::Stock, &bytes).unwrap();
    mapper(module)
}

fn mapper(module: Module) -> Mapper {
    Mapper {
        object: Object::EcsTask,
        validator: RecordValidator::new(Object::EcsTask, &module.component.manifest.attributes)
            .unwrap(),
        module: Arc::new(module),
        amenders: Vec::new(),
        unfilled: Unfilled::default(),
        breaker: Breaker::default(),
        pages: 0.into(),
        reads: None,
    }
}

fn engine() -> Engine {
    // Less memory than in production, so that a bomb reaches the limit well before the time limit.
    let limits = Limits {
        memory_bytes: 160 * 1024 * 1024,
        ..Limits::default()
    };
    Engine::new(1, limits).unwrap()
}

fn origin() -> Origin {
    Origin {
        partition: "aws".into(),
        account_id: "123456789012".into(),
        region: "us-west-2".into(),
        captured_at: "2026-11-21T01:32:00.123Z".into(),
    }
}

fn arn(index: usize) -> String {
    format!("arn:aws:ecs:us-west-2:123456789012:task/default/{index:032x}")
}

/// The body of a page with a task for every behaviour; an empty behaviour is a plain task.
fn body(behaviours: &[&str]) -> Value {
    let task = |(index, behaviour): (usize, &&str)| match *behaviour {
        "null" => Value::Null,
        "" => json!({"taskArn": arn(index)}),
        behaviour => json!({"taskArn": arn(index), "behaviour": behaviour}),
    };
    json!({"tasks": behaviours.iter().enumerate().map(task).collect::<Vec<_>>(), "failures": []})
}

fn read(body: &Value) -> Page {
    Page::read(Object::EcsTask, origin(), Bytes::from(body.to_string())).unwrap()
}

fn page(behaviours: &[&str]) -> Page {
    read(&body(behaviours))
}

/// The ARNs of the records, in their order.
fn uids(records: &Records) -> Vec<String> {
    let uid = |record| {
        serde_json::from_slice::<Value>(record).unwrap()["UID"]
            .as_str()
            .map(str::to_owned)
    };
    records.iter().map(|record| uid(record).unwrap()).collect()
}

fn arns(indices: &[usize]) -> Vec<String> {
    indices.iter().copied().map(arn).collect()
}

/// Checks that the same module maps the next page as usual.
fn assert_recovered(engine: &Engine, mapper: &Mapper) {
    let records = portolan_records::from_page(engine, mapper, &page(&["", ""])).unwrap();
    assert_eq!(uids(&records), arns(&[0, 1]));
    assert_eq!(records.isolated, None);
    assert_eq!(records.rejections, []);
}
