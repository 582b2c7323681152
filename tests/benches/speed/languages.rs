//! One overlay that takes OWNER from a tag, in every language: what an interpreter costs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use portolan::config::ModuleSettings;
use portolan::mapper::{Engine, Limits, Overlay, Source, stock_module};
use portolan::object::Object;
use portolan::page::Page;
use portolan_tests::pages::describe_tasks_page;
use serde_json::json;

use crate::page::origin;
use crate::{median, microseconds, note};

const TASKS: usize = 100;
const ROUNDS: usize = 30;

pub(crate) fn measure() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let exhibit = |language: &str| {
        let folder = root.join("tests/museum/1.0.0");
        folder.join(format!("{language}-overlay/module.wasm.zst"))
    };
    for language in ["rust", "javascript", "python"] {
        measure_module(language, &exhibit(language));
    }
}

fn measure_module(language: &str, file: &PathBuf) {
    let compressed = std::fs::read(file).unwrap();
    let bytes = zstd::decode_all(compressed.as_slice()).unwrap();
    let engine = Engine::new(1, Limits::default()).unwrap();
    let start = Instant::now();
    let overlay = Overlay::load(&engine, None, Source::File(file.clone()), &bytes).unwrap();
    let compiling = start.elapsed();
    let settings = ModuleSettings {
        settings: json!({"owner-tag": "Owner"}).as_object().cloned(),
        ..ModuleSettings::default()
    };
    let overlay = overlay.configure(&settings).unwrap();

    let starting = time(&engine, &overlay, "{}".into(), 0);
    let mapping = time(&engine, &overlay, describe_tasks_page(TASKS).into(), TASKS);
    note(
        &format!("Overlay in {language}: size"),
        &format!("{:.1} MB", bytes.len() as f64 / 1e6),
    );
    let seconds = format!("{:.1} s", compiling.as_secs_f64());
    note("  compiled, once", &seconds);
    note("  an empty page", &microseconds(starting));
    note("  a page of 100 tasks", &microseconds(mapping));
    let rate = TASKS as f64 / mapping.as_secs_f64();
    note("  records a second on one core", &format!("{rate:.0}"));
}

/// A call of the overlay, which has to give this many patches.
fn time(engine: &Engine, overlay: &Overlay, body: Bytes, patches: usize) -> Duration {
    let page = Page::read(Object::EcsTask, origin(), body).unwrap();
    let stock = stock_module(engine, None, Object::EcsTask).unwrap();
    let stock = stock.map(engine, &page).unwrap();
    let call = || {
        let start = Instant::now();
        let patched = overlay.amend(engine, &page, &stock.payload, &stock.rows);
        let time = start.elapsed();
        assert_eq!(patched.unwrap().rows.len(), patches);
        time
    };
    median((0..ROUNDS).map(|_| call()).collect())
}
