//! The cost of an overlay that adds two attributes, beside the stock mapping of the same page.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use portolan_page::Page;
use portolan_page::object::Object;
use portolan_records::from_page;
use portolan_sandbox::{Engine, Limits, MapperSet};
use portolan_sync::config::{Config, Settings};
use portolan_tests::pages::describe_tasks_page;

use crate::page::{origin, time};
use crate::{median, microseconds, note, row};

const TASKS: usize = 100;
const BLOCKS: usize = 30;
const ROUNDS_OF_A_BLOCK: usize = 10;
/// Share of the time of the stock mapping in its sandbox.
const GOAL: f64 = 0.40;

/// A page with tags called `owner` and `cost-center`, as the overlay of tests/guests/owner reads them.
fn body() -> Bytes {
    let page = describe_tasks_page(TASKS);
    let page = page.replace("\"Owner\"", "\"owner\"");
    Bytes::from(page.replace("\"CostCenter\"", "\"cost-center\""))
}

pub(crate) fn measure() {
    let overlay = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/built/owner.wasm");
    assert!(overlay.is_file(), "run `make guests` first");
    measure_module("in Rust", &overlay);
}

/// An overlay that sets OWNER and COST_CENTER from the tags `owner` and `cost-center`.
/// Long, because it is one measurement from its module to its lines.
pub(crate) fn measure_module(language: &str, overlay: &Path) {
    let engine = Engine::new(1, Limits::default()).unwrap();
    let load = |overlays: Option<Vec<std::path::PathBuf>>| {
        let settings = Settings {
            overlays,
            ..Settings::default()
        };
        let config = Config::resolve(settings, None).unwrap();
        MapperSet::load(&engine, None, &config.mapping, &[Object::EcsTask]).unwrap()
    };
    let (stock, amended) = (load(None), load(Some(vec![overlay.to_owned()])));
    let (stock, amended) = (
        stock.get(Object::EcsTask).unwrap(),
        amended.get(Object::EcsTask).unwrap(),
    );
    let page = Page::read(Object::EcsTask, origin(), body()).unwrap();
    let records = from_page(&engine, amended, &page).unwrap();
    let has_both = |record: &&[u8]| {
        let record: serde_json::Value = serde_json::from_slice(record).unwrap();
        record.get("OWNER").is_some() && record.get("COST_CENTER").is_some()
    };
    assert_eq!(records.iter().filter(has_both).count(), TASKS);

    let mapped_once = stock.module.map(&engine, &page).unwrap();
    let overlay = &amended.amenders[0].overlay;
    let steps: [&dyn Fn(); 4] = [
        &|| drop(black_box(stock.module.map(&engine, &page).unwrap())),
        &|| drop(black_box(from_page(&engine, stock, &page).unwrap())),
        &|| drop(black_box(from_page(&engine, amended, &page).unwrap())),
        &|| {
            let (payload, rows) = (&mapped_once.payload, &mapped_once.rows);
            drop(black_box(
                overlay.amend(&engine, &page, payload, rows).unwrap(),
            ));
        },
    ];
    let mut times = [const { Vec::<Duration>::new() }; 4];
    for _ in 0..BLOCKS {
        for (step, times) in steps.iter().zip(&mut times) {
            // A sync runs one mapping and one overlay; here two sets of modules take turns, and evict each
            // other from the processor's caches.
            step();
            times.extend((0..ROUNDS_OF_A_BLOCK).map(|_| time(step)));
        }
    }
    let [mapped, without, with, call] = times.map(median);
    note(
        &format!("Page to valid records, with an overlay {language}"),
        &microseconds(with),
    );
    let cost = with.saturating_sub(without);
    note("Of this the overlay", &microseconds(cost));
    note("  in the sandbox", &microseconds(call));
    let of_all = cost.as_secs_f64() / without.as_secs_f64();
    note(
        "  of page to valid records without it",
        &format!("{:.0} %", of_all * 100.0),
    );
    let share = cost.as_secs_f64() / mapped.as_secs_f64();
    row(
        "The overlay's share of the mapping's time in the sandbox",
        &format!("{:.0} %", share * 100.0),
        "at most 40 %",
        share <= GOAL,
    );
}
