//! The cost of a table compared with Rust: the stock mappings as tables, and an overlay.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use portolan_page::Page;
use portolan_page::object::{Object, Shape};
use portolan_sandbox::{Engine, Limits, Module, ModuleSource, stock_module};
use portolan_tests::pages::describe_tasks_page;
use portolan_workbench::table::pack;
use serde_json::Value;

use crate::overlay::measure_module;
use crate::page::{origin, time};
use crate::{median, microseconds, note, row};

const ROUNDS: usize = 300;
const WARM_UP_ROUNDS: usize = 20;

const TABLE_GOAL: f64 = 4.0;

/// An overlay of two attributes, as a table.
const OWNER: &str = r#"
name = "bench-owner"
version = "1.0.0"
kind = "overlay"
object = "EcsTask"

[attributes]
OWNER = { tag = "owner", description = "Owner of the task." }
COST_CENTER = { tag = "cost-center", description = "Cost center of the task." }
"#;

pub(crate) fn measure() {
    let engine = Engine::new(1, Limits::default()).unwrap();
    for object in Object::defaults() {
        measure_table(&engine, object);
    }
    let folder = tempfile::tempdir().unwrap();
    let (table, module) = (
        folder.path().join("owner.toml"),
        folder.path().join("owner.wasm"),
    );
    std::fs::write(&table, OWNER).unwrap();
    std::fs::write(&module, pack(&table).unwrap().component).unwrap();
    measure_module("as a table", &module);
}

/// Times the stock mapping and the same mapping as a table, in turns, with a page of as many objects as ECS
/// describes at once.
fn measure_table(engine: &Engine, object: Object) {
    let file = root().join(format!(
        "guest-mappers/table/examples/{}.toml",
        object.word()
    ));
    let bytes = pack(&file).unwrap().component;
    let table = Module::load(engine, None, ModuleSource::File(file), &bytes).unwrap();
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

/// Full-size tasks; for other objects, the examples of AWS's documentation, repeated up to the number that
/// ECS describes at once.
fn page(object: Object) -> Page {
    let body = match object {
        Object::EcsTask => describe_tasks_page(object.describe_batch()),
        Object::EcsCluster => documented("describe-clusters-2", object),
        Object::EcsService => documented("botocore-describe-services-1", object),
        _ => documented("describe-task-definition-1", object),
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
