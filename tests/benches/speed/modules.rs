//! What other people's modules cost beside the stock mappings: tables, and overlays.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use portolan::config::ModuleSettings;
use portolan::mapper::{Engine, Limits, Module, Overlay, Source, stock_module};
use portolan::object::{Object, Shape};
use portolan::page::Page;
use portolan::records::from_page;
use portolan::workbench::table::pack;
use portolan_tests::pages::describe_tasks_page;
use serde_json::{Value, json};

use crate::page::{mapper, origin, time};
use crate::{median, microseconds, note, row};

const ROUNDS: usize = 300;
const WARM_UP_ROUNDS: usize = 20;

const TABLE_GOAL: f64 = 4.0;
const OVERLAY_GOAL: f64 = 0.4;

/// An overlay of two attributes, as a table.
const OWNER: &str = r#"
name = "bench-owner"
version = "1.0.0"
kind = "overlay"
object = "EcsTask"

[attributes]
OWNER = { tag = "Owner", description = "Who owns the task." }
COST_CENTER = { tag = "CostCenter", description = "Who pays for it." }
"#;

pub(crate) fn measure() {
    let engine = Engine::new(1, Limits::default()).unwrap();
    for object in Object::ALL {
        measure_table(&engine, object);
    }
    let rust = std::fs::read(root().join("tests/guests/built/owner.wasm")).unwrap();
    measure_overlay(&engine, "in Rust", &rust);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("owner.toml");
    std::fs::write(&file, OWNER).unwrap();
    measure_overlay(&engine, "as a table", &pack(&file).unwrap().component);
}

/// The stock mapping and the same mapping as a table take turns with a page of as many objects as ECS
/// describes at once.
fn measure_table(engine: &Engine, object: Object) {
    let file = root().join(format!(
        "guest-mappers/table/examples/{}.toml",
        object.word()
    ));
    let bytes = pack(&file).unwrap().component;
    let table = Module::load(engine, None, Source::File(file), &bytes).unwrap();
    let stock = stock_module(engine, None, object).unwrap();
    let page = page(object);
    let call = |module: &Module| module.map(engine, &page).unwrap();
    assert_eq!(call(&stock).payload, call(&table).payload, "{object}");
    let [stock, table] = turns([&|| time(|| call(&stock)), &|| time(|| call(&table))]);
    let what = format!("{} of {} mapped in Rust", objects(&page), object.name());
    note(&what, &microseconds(stock));
    note("  by a table", &microseconds(table));
    let ratio = table.as_secs_f64() / stock.as_secs_f64();
    row(
        "  table to Rust",
        &format!("{ratio:.2}"),
        "at most 4",
        ratio <= TABLE_GOAL,
    );
}

/// A page of 100 full-size tasks to valid records, with and without an overlay.
fn measure_overlay(engine: &Engine, what: &str, bytes: &[u8]) {
    let settings = ModuleSettings {
        settings: what
            .contains("Rust")
            .then(|| json!({"owner-tag": "Owner"}).as_object().cloned())
            .flatten(),
        ..ModuleSettings::default()
    };
    let source = Source::File(PathBuf::from("owner.wasm"));
    let overlay = Overlay::load(engine, None, source, bytes).unwrap();
    let overlay = overlay.configure(&settings).unwrap();
    let page = page(Object::EcsTask);
    let plain = mapper(engine, Object::EcsTask, []);
    let amended = mapper(engine, Object::EcsTask, [overlay]);
    let record = from_page(engine, &amended, &page).unwrap();
    let first: Value = serde_json::from_slice(record.iter().next().unwrap()).unwrap();
    assert!(first["OWNER"].is_string(), "{first}");
    let call = |mapper| from_page(engine, mapper, &page).unwrap();
    let [plain, amended] = turns([&|| time(|| call(&plain)), &|| time(|| call(&amended))]);
    note("A page of 100 tasks to valid records", &microseconds(plain));
    note(
        &format!("  with an overlay of two attributes {what}"),
        &microseconds(amended),
    );
    let ratio = amended.as_secs_f64() / plain.as_secs_f64() - 1.0;
    row(
        "  what it adds",
        &format!("{:.0} %", ratio * 100.0),
        "at most 40 %",
        ratio <= OVERLAY_GOAL,
    );
}

/// Medians of two steps that take turns.
fn turns(steps: [&dyn Fn() -> Duration; 2]) -> [Duration; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..WARM_UP_ROUNDS + ROUNDS {
        for (step, times) in steps.iter().zip(&mut times) {
            let time = step();
            if round >= WARM_UP_ROUNDS {
                times.push(time);
            }
        }
    }
    times.map(median)
}

/// Full-size tasks; of other objects, what AWS's documentation shows, as often as ECS describes at once.
fn page(object: Object) -> Page {
    let body = match object {
        Object::EcsTask => describe_tasks_page(object.describe_batch()),
        Object::EcsCluster => documented("describe-clusters-2", object),
        Object::EcsService => documented("botocore-describe-services-1", object),
        Object::EcsTaskDefinition => documented("describe-task-definition-1", object),
    };
    Page::read(object, origin(), Bytes::from(body)).unwrap()
}

fn documented(name: &str, object: Object) -> String {
    let file = root().join(format!("tests/pages/aws-examples/{name}.json"));
    let text = std::fs::read_to_string(file).unwrap();
    let mut body: Value = serde_json::from_str(&text).unwrap();
    if let Shape::List(member) = object.shape() {
        let objects = body[member].as_array_mut().unwrap();
        *objects = objects
            .iter()
            .cycle()
            .take(object.describe_batch())
            .cloned()
            .collect();
    }
    body.to_string()
}

fn objects(page: &Page) -> usize {
    page.described().count()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
