//! One overlay that takes OWNER from a tag, in every language: the cost of an interpreter. `portolan mapper
//! new` makes the Python and JavaScript modules. Each declares that it reads tags, and no records.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use portolan_page::Page;
use portolan_page::object::Object;
use portolan_sandbox::{Engine, Limits, ModuleSettings, ModuleSource, Overlay, stock_module};
use portolan_tests::pages::describe_tasks_page;
use portolan_workbench::table::pack;
use serde_json::{Value, json};

use crate::page::origin;
use crate::program::portolan;
use crate::{median, microseconds, note};

const TASKS: usize = 100;
const ROUNDS: usize = 30;

/// The same overlay as a table.
const TABLE: &str = r#"
name = "bench-owner"
version = "1.0.0"
kind = "overlay"
object = "EcsTask"

[attributes]
OWNER = { tag = "Owner", description = "Owner of the task." }
"#;

pub(crate) fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("owner.toml");
    std::fs::write(&table, TABLE).unwrap();
    measure_module("a table", &pack(&table).unwrap().component, &json!({}));
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings = json!({"owner-tag": "Owner"});
    let rust = std::fs::read(tests.join("guests/built/owner.wasm")).unwrap();
    measure_module("Rust", &rust, &settings);
    for (language, tool, file) in [
        (
            "javascript",
            "PORTOLAN_COMPONENTIZE_QJS",
            "../target/node-languages/componentize-qjs",
        ),
        (
            "python",
            "PORTOLAN_COMPONENTIZE_PY",
            "../target/venv-languages/bin/componentize-py",
        ),
    ] {
        let file = tests.join(file);
        if !file.is_file() {
            note(
                &format!("{language} is left out: no"),
                &file.display().to_string(),
            );
            continue;
        }
        let module = folder.path().join(language);
        let run = |arguments: &[&str]| {
            let mut command = portolan();
            command.args(arguments).current_dir(folder.path());
            let output = command.env(tool, &file).output().unwrap();
            assert!(output.status.success(), "{output:?}");
        };
        let new = ["mapper", "new", language, "--object", "EcsTask", "--kind"];
        run(&[&new[..], &["overlay", "--lang", language]].concat());
        run(&["mapper", "build", language]);
        let built = module.join(format!("built/{language}.wasm"));
        measure_module(language, &std::fs::read(built).unwrap(), &settings);
    }
}

fn measure_module(language: &str, bytes: &[u8], settings: &Value) {
    let engine = Engine::new(1, Limits::default()).unwrap();
    let source = ModuleSource::File(PathBuf::from("overlay.wasm"));
    let start = Instant::now();
    let overlay = Overlay::load(&engine, None, source, bytes).unwrap();
    let compiling = start.elapsed();
    let settings = ModuleSettings {
        settings: settings.as_object().cloned(),
        ..ModuleSettings::default()
    };
    let overlay = overlay.configure(&settings).unwrap();

    let starting = time(&engine, &overlay, "{}".into(), 0);
    let mapping = time(&engine, &overlay, describe_tasks_page(TASKS).into(), TASKS);
    note(
        &format!("Overlay of one attribute in {language}: size"),
        &format!("{:.1} MB", bytes.len() as f64 / 1e6),
    );
    let seconds = format!("{:.1} s", compiling.as_secs_f64());
    note("  compiled, once", &seconds);
    note("  an empty page", &microseconds(starting));
    note("  a page of 100 tasks", &microseconds(mapping));
    let rate = TASKS as f64 / mapping.as_secs_f64();
    note("  records a second on one core", &format!("{rate:.0}"));
}

/// Times a call of the overlay, which has to return this many patches.
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
