//! Compares the sync with a plain boto3 script on the same simulator: with the same quotas, and with latency
//! alone.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use portolan_tests::simulator::{BASE_ACCESS_KEY, Rules, Shape, Simulator, World};
use portolan_tests::usage::{Usage, watch};

use crate::account;
use crate::free::LATENCY;
use crate::quotas::enforced;
use crate::sync::run;

pub(crate) fn measure(is_full: bool) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let python = std::env::var("PORTOLAN_TEST_PYTHON")
        .unwrap_or_else(|_| format!("{}/target/venv-moto/bin/python", root.display()));
    if !Path::new(&python).is_file() {
        println!("boto3: left out, because {python} is missing; `make setup` installs it");
        return;
    }
    let script = root.join("tests/compare/boto3_sync.py");
    let boto3 = Boto3 { python, script };
    compare(
        "Quotas enforced",
        account(is_full),
        enforced(0.0),
        &["--quota-share", "1"],
        &boto3,
    );
    // Latency alone: the whole account takes seconds.
    let rules = Rules {
        latency: LATENCY,
        ..Rules::default()
    };
    let title = "No quotas, 20 ms latency";
    compare(title, account(true), rules, &["--quotas", "none"], &boto3);
}

struct Boto3 {
    python: String,
    script: PathBuf,
}

fn compare(
    title: &str,
    (world, shape): (World, Shape),
    rules: Rules,
    arguments: &[&str],
    boto3: &Boto3,
) {
    let simulator = Simulator::start(world, rules).unwrap();
    println!(
        "{title:<34} {:>9} {:>8} {:>10} {:>9} {:>8}",
        "time", "calls", "throttled", "memory", "missing"
    );
    let sync = run(&simulator, arguments);
    line(
        &format!("portolan sync {}", arguments.join(" ")),
        &simulator,
        &shape,
        &sync.usage,
        sync.written(),
    );
    for (name, threads, mode) in [
        ("boto3, 8 threads, standard", "8", "standard"),
        ("boto3, 8 threads, adaptive", "8", "adaptive"),
        ("boto3, serially, standard", "1", "standard"),
    ] {
        simulator.reset();
        let (usage, found) = boto3.run(&simulator, threads, mode);
        line(name, &simulator, &shape, &usage, found);
    }
}

impl Boto3 {
    /// Runs the script. The result is its usage and the number of objects that it got.
    fn run(&self, simulator: &Simulator, threads: &str, mode: &str) -> (Usage, u64) {
        let output = tempfile::NamedTempFile::new().unwrap();
        let child = Command::new(&self.python)
            .arg(&self.script)
            .args([simulator.url(), threads, mode])
            .env("AWS_ACCESS_KEY_ID", BASE_ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", "any-secret-will-do")
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null())
            .stdout(output.reopen().unwrap())
            .spawn()
            .unwrap();
        let usage = watch(child).unwrap();
        let found = std::fs::read_to_string(output.path()).unwrap();
        (usage, found.trim().parse().unwrap_or(0))
    }
}

fn line(name: &str, simulator: &Simulator, shape: &Shape, usage: &Usage, found: u64) {
    let revisions = shape.families * shape.active_revisions;
    let expected = shape.clusters + shape.services + shape.running_tasks + revisions;
    let counts = simulator.counts();
    let ecs = counts
        .iter()
        .filter(|count| count.operation != "GetCallerIdentity");
    let (calls, throttled) = ecs.fold((0, 0), |(calls, throttled), count| {
        (calls + count.calls, throttled + count.throttled)
    });
    println!(
        "{name:<34} {:>7.1} s {calls:>8} {throttled:>10} {:>5} MiB {:>8}",
        usage.time.as_secs_f64(),
        usage.peak_kibibytes / 1024,
        expected.saturating_sub(found),
    );
}
