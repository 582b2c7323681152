//! The speed of a sync under AWS's quotas, without quotas, and compared with boto3: `make bench-pace`. Names
//! of parts (`quotas`, `revisions`, `free`, `tasks`, `boto3`) as arguments leave out the others; `full` takes
//! the whole reference account where enforced quotas make that a matter of minutes.
#![expect(clippy::print_stdout, reason = "the table is the output")]
#![expect(clippy::unwrap_used, reason = "a measurement that fails has no result")]

mod boto3;
mod free;
mod quotas;
mod revisions;
mod sync;
mod tasks;

use portolan_tests::simulator::{Shape, World};

fn main() {
    let parts = [
        ("quotas", quotas::measure as fn(bool)),
        ("revisions", revisions::measure),
        ("free", free::measure),
        ("tasks", tasks::measure),
        ("boto3", boto3::measure),
    ];
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-')) // cargo passes `--bench`
        .collect();
    let is_full = arguments.iter().any(|argument| argument == "full");
    let is_all = arguments.iter().all(|argument| argument == "full");
    for (name, measure) in parts {
        if is_all || arguments.iter().any(|part| part == name) {
            measure(is_full);
        }
    }
}

/// The reference account, or a fifth of it, whose quotas last one minute instead of five.
fn account(is_full: bool) -> (World, Shape) {
    let part = if is_full { 1 } else { 5 };
    let shape = Shape {
        clusters: 50 / part,
        services: 2_000 / part,
        running_tasks: 20_000 / part,
        families: 500 / part,
        active_revisions: 10,
        ..Shape::default()
    };
    (World::single(1, shape.clone()), shape)
}

/// Prints one row of a table; a figure beyond its goal is marked.
fn row(what: &str, figure: &str, goal: &str, is_met: bool) {
    let mark = if is_met { "" } else { "  MISSED" };
    println!("{what:<62} {figure:>18}  {goal}{mark}");
}

/// Prints one row without a goal.
fn note(what: &str, figure: &str) {
    row(what, figure, "", true);
}
