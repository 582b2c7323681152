//! The page in a real browser: tests/page/browse.mjs drives it.
//!
//! tests/setup.sh installs Chromium and the driver. Without them this test reports that it was skipped, except if
//! PORTOLAN_TEST_BROWSER=required is set, as in continuous integration.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use portolan_tests::simulator::BASE_ACCESS_KEY;

use super::{Served, token};
use crate::support::{root, run};

/// The folder of the driver, and a path with Node on it; `None` if something is not there.
fn tools() -> Option<(PathBuf, String)> {
    let tools = root().join("target/tools-page");
    let node = root().join("target/node-languages/node/bin");
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{path}:{}", node.display());
    let has = |program: &str| {
        path.split(':')
            .any(|it| PathBuf::from(it).join(program).is_file())
    };
    if tools.join("package-lock.json").is_file() && has("chromium") && has("node") {
        return Some((tools, path));
    }
    let why = "chromium, node or target/tools-page is not there; run `make setup`";
    assert!(
        std::env::var_os("PORTOLAN_TEST_BROWSER").is_none_or(|value| value != "required"),
        "{why}"
    );
    // Bypasses the test's output capture, so that the line is visible.
    let _ = writeln!(std::io::stderr(), "SKIPPED: the page in a browser: {why}");
    None
}

#[test]
fn people_find_their_way_and_every_screen_is_accessible() {
    let Some((tools, path)) = tools() else {
        return;
    };
    let served = Served::small();
    let viewer = token(&served.site, "viewer", "viewer");
    let pictures = root().join("target/screenshots");
    let mut node = Command::new("node");
    node.env("PATH", path)
        .arg(root().join("tests/page/browse.mjs"))
        .args([&served.url, &served.token, &viewer, BASE_ACCESS_KEY])
        .arg(pictures)
        .arg(tools);
    let ended = run(&mut node);
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
}
