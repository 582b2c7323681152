//! Beside boto3 in a plain script, on the same simulator with the same quotas.

use std::path::Path;
use std::process::{Command, Stdio};

use portolan_tests::simulator::{BASE_ACCESS_KEY, Rules, Shape, Simulator, Throttling};
use portolan_tests::usage::{Usage, watch};

use crate::account;
use crate::sync::run;

pub(crate) fn measure(is_full: bool) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let python = std::env::var("PORTOLAN_TEST_PYTHON")
        .unwrap_or_else(|_| format!("{}/target/venv-moto/bin/python", root.display()));
    if !Path::new(&python).is_file() {
        println!("boto3: left out, for {python} is not there; `make setup` installs it");
        return;
    }
    let (world, shape) = account(is_full);
    let rules = Rules {
        throttling: Some(Throttling::default()),
        ..Rules::default()
    };
    let simulator = Simulator::start(world, rules).unwrap();
    println!(
        "{:<34} {:>9} {:>8} {:>10} {:>9} {:>8}",
        "Quotas enforced", "time", "calls", "throttled", "memory", "missing"
    );
    let sync = run(&simulator, &["--quota-share", "1"]);
    line(
        "portolan sync --quota-share 1",
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
        let script = root.join("tests/compare/boto3_sync.py");
        let output = tempfile::NamedTempFile::new().unwrap();
        let child = Command::new(&python)
            .arg(script)
            .args([simulator.url(), threads, mode])
            .env("AWS_ACCESS_KEY_ID", BASE_ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", "any-secret-will-do")
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null())
            .stdout(output.reopen().unwrap())
            .spawn()
            .unwrap();
        let usage = watch(child).unwrap();
        let written = std::fs::read_to_string(output.path()).unwrap();
        let written = written.trim().parse().unwrap_or(0);
        line(name, &simulator, &shape, &usage, written);
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
