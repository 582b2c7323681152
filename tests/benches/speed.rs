//! How fast a page becomes records, and how much memory a sync takes: `make bench`.
//!
//! Every figure is a median on one core. What is compared is measured in turns in one process, so that
//! a busy machine slows both sides alike.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that fails has nothing to tell"
)]

mod memory;
mod page;
mod program;

use std::io::Write;
use std::time::Duration;

fn main() {
    page::measure();
    program::measure();
    memory::measure();
}

/// One row of the table; a figure beyond its goal is marked.
fn row(what: &str, figure: &str, goal: &str, is_met: bool) {
    let mark = if is_met { "" } else { "  MISSED" };
    writeln!(std::io::stdout(), "{what:<58} {figure:>14}  {goal}{mark}").unwrap();
}

/// One row without a goal.
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
