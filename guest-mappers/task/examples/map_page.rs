//! Measures the mapping of one page of 100 tasks, natively: `cargo run --release --example map_page`.

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use portolan_mapper_sdk::{Context, map_page};
use portolan_mapper_task::Tasks;

#[path = "../../../tests/src/pages.rs"]
#[expect(
    unreachable_pub,
    reason = "the file is a public module of another crate"
)]
mod pages;

const TASKS: u32 = 100;
const ROUNDS: u32 = 400;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let page = pages::describe_tasks_page(TASKS as usize);
    let context = Context {
        object: "EcsTask".to_owned(),
        operation: "ecs:DescribeTasks".to_owned(),
        partition: "aws".to_owned(),
        account_id: "123456789012".to_owned(),
        region: "us-west-2".to_owned(),
        captured_at: "2026-11-21T01:32:00.123Z".to_owned(),
        config: "{}".to_owned(),
    };
    let mut fastest = Duration::MAX;
    let mut payload_bytes = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mapped = map_page::<Tasks>(&context, black_box(page.as_bytes()))?;
        fastest = fastest.min(start.elapsed());
        payload_bytes = mapped.payload.len();
    }
    let per_record_us = fastest.as_secs_f64() * 1e6 / f64::from(TASKS);
    writeln!(
        std::io::stdout(),
        "{} bytes in, {payload_bytes} bytes out, {per_record_us:.2} µs per record (fastest of {ROUNDS})",
        page.len(),
    )?;
    Ok(())
}
