//! The speed from a page to records, and the memory of a sync: `make bench`. Names of parts (`page`,
//! `overlay`, `tables`, `languages`, `program`, `memory`) as arguments leave out the others; `assess` runs only by its
//! name (`make bench-assess`).
//!
//! Every figure is a median on one core. The compared sides take turns in one process, so that a busy machine
//! slows both alike.
#![expect(clippy::print_stdout, reason = "the table is the output")]
#![expect(clippy::unwrap_used, reason = "a measurement that fails has no result")]

mod assess;
mod languages;
mod memory;
mod overlay;
mod page;
mod program;
mod secrets;
mod tables;

use std::time::Duration;

fn main() {
    let parts: [(&str, fn()); 8] = [
        ("assess", assess::measure),
        ("page", page::measure),
        ("overlay", overlay::measure),
        ("tables", tables::measure),
        ("languages", languages::measure),
        ("secrets", secrets::measure),
        ("program", program::measure),
        ("memory", memory::measure),
    ];
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-')) // cargo passes `--bench`
        .collect();
    for (name, measure) in parts {
        if wanted.is_empty() && name != "assess" || wanted.iter().any(|part| part == name) {
            measure();
        }
    }
}

/// Prints one row of the table; a figure beyond its goal is marked.
fn row(what: &str, figure: &str, goal: &str, is_met: bool) {
    let mark = if is_met { "" } else { "  MISSED" };
    println!("{what:<58} {figure:>14}  {goal}{mark}");
}

/// Prints one row without a goal.
fn note(what: &str, figure: &str) {
    row(what, figure, "", true);
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn microseconds(time: Duration) -> String {
    format!("{:.0} µs", time.as_secs_f64() * 1e6)
}
