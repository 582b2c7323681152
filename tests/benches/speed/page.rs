//! One page of 100 full-size tasks, step by step.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use portolan_mapper_sdk::{Context, map_page};
use portolan_mapper_task::Tasks;
use portolan_page::object::Object;
use portolan_page::{Origin, Page};
use portolan_records::from_page;
use portolan_sandbox::{Engine, Limits, MapperSet};
use portolan_tests::pages::describe_tasks_page;

use crate::{median, microseconds, note, row};

const TASKS: usize = 100;
const ROUNDS: usize = 300;
const WARM_UP_ROUNDS: usize = 20;

const SANDBOX_GOAL: f64 = 1.8;
const RECORDS_PER_SECOND_GOAL: f64 = 90_000.0;

/// The steps that are timed, in the order of the table.
#[derive(Default)]
struct Times {
    native_whole: Vec<Duration>,
    left_out: Vec<Duration>,
    native: Vec<Duration>,
    sandboxed: Vec<Duration>,
    read: Vec<Duration>,
    validated: Vec<Duration>,
    whole: Vec<Duration>,
}

pub(crate) fn measure() {
    let body = Bytes::from(describe_tasks_page(TASKS));
    let times = times(&body);
    let [
        native_whole,
        left_out,
        native,
        sandboxed,
        read,
        validated,
        whole,
    ] = [
        times.native_whole,
        times.left_out,
        times.native,
        times.sandboxed,
        times.read,
        times.validated,
        times.whole,
    ]
    .map(median);

    note("A page of 100 tasks, in bytes", &body.len().to_string());
    note("Mapped natively", &microseconds(native_whole));
    note(
        "Members left out that the mapper does not read",
        &microseconds(left_out),
    );
    note("Mapped natively without these", &microseconds(native));
    note(
        "Left out and mapped in the sandbox, in a fresh instance",
        &microseconds(sandboxed),
    );
    let ratio = sandboxed.as_secs_f64() / native.as_secs_f64();
    row(
        "  to natively without these",
        &format!("{ratio:.2}"),
        "at most 1.8",
        ratio <= SANDBOX_GOAL,
    );
    note("Read, environment values withheld", &microseconds(read));
    note("100 records validated", &microseconds(validated));
    note("Page to validated lines", &microseconds(whole));
    let rate = TASKS as f64 / whole.as_secs_f64();
    row(
        "Records per second on one core",
        &format!("{rate:.0}"),
        "at least 90000",
        rate >= RECORDS_PER_SECOND_GOAL,
    );
}

fn times(body: &Bytes) -> Times {
    let engine = Engine::new(1, Limits::default()).unwrap();
    let config =
        portolan_sync::config::Config::resolve(portolan_sync::config::Settings::default(), None)
            .unwrap();
    let mappers = MapperSet::load(&engine, None, &config.mapping, &[Object::EcsTask]).unwrap();
    let mapper = mappers.get(Object::EcsTask).unwrap();
    let read = || Page::read(Object::EcsTask, origin(), body.clone()).unwrap();
    let page = read();
    let context = context(&page);
    let read_members = mapper.module.component.body(&page);
    let records = from_page(&engine, mapper, &page).unwrap();
    assert_eq!(records.len(), TASKS);

    let mut times = Times::default();
    for round in 0..WARM_UP_ROUNDS + ROUNDS {
        if round == WARM_UP_ROUNDS {
            times = Times::default();
        }
        times.native_whole.push(time(|| {
            map_page::<Tasks>(&context, black_box(page.body())).unwrap()
        }));
        times
            .left_out
            .push(time(|| mapper.module.component.body(black_box(&page))));
        times.native.push(time(|| {
            map_page::<Tasks>(&context, black_box(&read_members)).unwrap()
        }));
        times.sandboxed.push(time(|| {
            mapper.module.map(&engine, black_box(&page)).unwrap()
        }));
        times.read.push(time(read));
        times.validated.push(time(|| {
            records
                .iter()
                .for_each(|record| mapper.validator.check(black_box(record)).unwrap());
        }));
        times.whole.push(time(|| {
            let records = from_page(&engine, mapper, &read()).unwrap();
            let mut lines = Vec::new();
            for record in records.iter() {
                lines.extend_from_slice(record);
                lines.push(b'\n');
            }
            lines
        }));
    }
    times
}

pub(crate) fn time<T>(step: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(step());
    start.elapsed()
}

pub(crate) fn origin() -> Origin {
    Origin {
        partition: "aws".into(),
        account_id: "123456789012".into(),
        region: "us-west-2".into(),
        captured_at: "2026-11-21T01:32:00.123Z".into(),
    }
}

fn context(page: &Page) -> Context {
    Context {
        object: page.object.name().into(),
        operation: page.object.describe_operation().action(),
        partition: page.origin.partition.clone(),
        account_id: page.origin.account_id.to_string(),
        region: page.origin.region.to_string(),
        captured_at: page.origin.captured_at.clone(),
        config: "{}".into(),
    }
}
