//! An unexpected panic: its message, and the result of the sync.

use std::sync::Arc;

use portolan_machine::guard;
use portolan_records::report::Status;
use portolan_sync::config::{Config, QuotaRules, Settings};
use portolan_sync::{Provenance, Request, SyncError};
use portolan_tests::simulator::BASE_ACCESS_KEY;

use crate::support::{REGION, SECRET, Site, portolan, run};

/// Runs a sync in this process.
fn sync(site: &Site) -> Result<Status, SyncError> {
    let settings = Settings {
        endpoint_url: Some(site.simulator.url().to_owned()),
        regions: Some(vec![REGION.to_owned()]),
        quotas: Some(QuotaRules::None),
        ..Settings::default()
    };
    let request = Request {
        output: site.output(),
        copy: None,
        record: None,
        changes_since: None,
        checkpoint: None,
        provenance: Provenance::Off,
        shadow: None,
    };
    let config = Config::resolve(settings, None).unwrap();
    let never = Box::pin(std::future::pending());
    let synced = portolan_sync::run(config, &request, Arc::default(), never);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(synced).map(|report| report.status)
}

/// The test below runs this as a program of its own, because the panic hook is for a whole process.
#[test]
#[ignore = "it panics"]
#[expect(clippy::print_stdout, reason = "it stands for a program")]
fn child() {
    guard::tell_panics("0123", |line| println!("told: {line}"));
    let site = Site::small();
    assert!(matches!(sync(&site), Ok(Status::Complete)));
    let before = site.contents();
    assert!(!guard::has_panicked() && !before.is_empty());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let task = runtime.block_on(runtime.spawn(async { panic!("{SECRET}") }));
    assert!(task.is_err() && guard::has_panicked());
    let thread = std::thread::spawn(|| panic!("{SECRET}"));
    assert!(thread.join().is_err());
    assert!(matches!(sync(&site), Err(SyncError::ThreadLost)));
    assert_eq!(site.contents(), before);
}

#[test]
fn a_panic_of_any_thread_is_told_once_by_its_place_and_fails_a_sync() {
    // Takes only the environment of the program.
    let environment = portolan();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    for (name, value) in environment.get_envs() {
        match value {
            Some(value) => child.env(name, value),
            None => child.env_remove(name),
        };
    }
    child
        .args(["--exact", "cli::panics::child", "--ignored", "--nocapture"])
        .env("AWS_ACCESS_KEY_ID", BASE_ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET);
    let ended = run(&mut child).with(0);
    let said = ended.stdout + &ended.stderr;
    let told: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("told: "))
        .collect();
    assert_eq!(told.len(), 1, "{said}");
    for part in ["has a bug at tests/it/cli/panics.rs:", "Please report"] {
        assert!(told[0].contains(part), "{said}");
    }
    assert!(!said.contains(SECRET), "{said}");
}
