use bytes::Bytes;
use portolan_page::object::Object;
use portolan_page::{Origin, Page};
use portolan_sandbox::{
    Assessor, CompiledCache, ControlResult, Engine, Judged, Limits, ModuleSource, stock_assessors,
};
use serde_json::{Value, json};

use crate::support::root;

/// The cases of `tests/controls`.
mod cases;
/// The commands.
mod command;
/// Assessors that break the rules, each at the cost of its subjects only.
mod liar;
/// What lost answers do to findings.
mod lost_answers;
/// One fault for each control.
mod planted;
/// The stock tables of controls.
mod stock;
/// The tools for authors of assessors.
mod tools;

fn engine() -> Engine {
    let limits = Limits {
        memory_bytes: 160 * 1024 * 1024,
        ..Limits::default()
    };
    Engine::new(1, limits).unwrap()
}

/// Compiled code, which takes longer to make than most tests.
fn cache() -> CompiledCache {
    CompiledCache::open(&root().join("target/guests-cache")).unwrap()
}

/// A batch of subjects without records that go with them.
fn batch(object: Object, subjects: &[Value]) -> Page {
    let elements = subjects.iter().map(|subject| match subject {
        Value::Null => Value::Null,
        subject => json!({"subject": subject, "related": {}, "complete": {}, "truncated": []}),
    });
    let body = json!({"subjects": elements.collect::<Vec<_>>()}).to_string();
    let origin = Origin {
        partition: "aws".into(),
        account_id: "123456789012".into(),
        region: "us-west-2".into(),
        captured_at: "2026-11-21T01:32:00.123Z".into(),
    };
    Page::batch(object, origin, Bytes::from(body)).unwrap()
}

/// The answers of one control, by the place of their subject.
fn results(judged: &Judged, control: &str) -> Vec<(usize, ControlResult)> {
    let of = |verdicts: &portolan_sandbox::Verdicts| {
        let mut all = verdicts.verdicts.iter();
        all.find(|verdict| verdict.control == control)
            .unwrap()
            .result
    };
    let subjects = judged.subjects.iter();
    subjects
        .map(|(index, verdicts)| (*index, of(verdicts)))
        .collect()
}

fn stock(engine: &Engine, name: &str) -> Assessor {
    let mut all = stock_assessors(engine, Some(&cache())).unwrap().into_iter();
    all.find(|assessor| assessor.component.manifest.name == name)
        .unwrap()
}

fn liar(engine: &Engine) -> Assessor {
    let file = root().join("tests/guests/built/liar.wasm");
    let bytes = std::fs::read(&file).expect("run `make guests` first");
    Assessor::load(engine, Some(&cache()), ModuleSource::File(file), &bytes).unwrap()
}
