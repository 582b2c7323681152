//! Secrets come from the environment, a file or standard input, never from a flag's value.

use std::io::Write;
use std::process::{Command, Stdio};

use portolan_tests::simulator::BASE_ACCESS_KEY;

use crate::support::{Ended, SECRET, Site, portolan, run};

/// A sync with an access key ID from Portolan's settings and without a secret.
fn without_secret(site: &Site, arguments: &[&str]) -> Command {
    let mut sync = site.sync_command(arguments);
    sync.env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    sync.env("PORTOLAN_ACCESS_KEY_ID", BASE_ACCESS_KEY);
    sync
}

#[test]
fn a_secret_can_come_from_the_environment() {
    let site = Site::small();
    run(without_secret(&site, &[]).env("PORTOLAN_SECRET_ACCESS_KEY", SECRET)).with(0);
    assert_eq!(site.records("EcsTask").len(), 40);
}

#[test]
fn a_secret_can_come_from_a_file() {
    let site = Site::small();
    let file = site.folder.path().join("secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    run(&mut without_secret(
        &site,
        &["--secret-access-key-file", file.to_str().unwrap()],
    ))
    .with(0);
    assert_eq!(site.records("EcsTask").len(), 40);
}

#[test]
fn a_secret_can_come_from_standard_input() {
    let site = Site::small();
    let mut sync = without_secret(&site, &["--secret-access-key-file", "-"]);
    let mut child = sync
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{SECRET}").unwrap();
    let ended: Ended = child.wait_with_output().unwrap().into();
    ended.with(0);
    assert_eq!(site.records("EcsTask").len(), 40);
}

#[test]
fn secret_and_session_token_can_share_standard_input() {
    let site = Site::small();
    let mut sync = without_secret(
        &site,
        &["--secret-access-key-file", "-", "--session-token-file", "-"],
    );
    let mut child = sync
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    write!(child.stdin.take().unwrap(), "{SECRET}\ntoken\n").unwrap();
    let ended: Ended = child.wait_with_output().unwrap().into();
    ended.with(0);
}

#[test]
fn half_a_key_pair_is_told_with_the_other_half() {
    let site = Site::small();
    let ended = run(&mut without_secret(&site, &[])).with(2);
    assert!(
        ended.stderr.contains("PORTOLAN_SECRET_ACCESS_KEY"),
        "{}",
        ended.stderr
    );
    let empty = site.folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let ended = run(&mut without_secret(
        &site,
        &["--secret-access-key-file", empty.to_str().unwrap()],
    ))
    .with(2);
    assert!(ended.stderr.contains("is empty"), "{}", ended.stderr);
    let ended = run(&mut without_secret(
        &site,
        &["--secret-access-key-file", "/nowhere"],
    ))
    .with(2);
    assert!(
        ended
            .stderr
            .contains("secret-access-key-file: cannot read the file")
            && !ended.stderr.contains("nowhere"),
        "{}",
        ended.stderr
    );
    let mut keyless = site.sync_command(&["--secret-access-key-file", empty.to_str().unwrap()]);
    let ended = run(&mut keyless).with(2);
    assert!(
        ended.stderr.contains("no access key ID"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_secret_without_its_id_is_told_from_the_environment_too() {
    let site = Site::small();
    let mut keyless = site.sync_command(&[]);
    keyless
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    let ended = run(keyless.env("PORTOLAN_SECRET_ACCESS_KEY", SECRET)).with(2);
    assert!(
        ended.stderr.contains("no access key ID"),
        "{}",
        ended.stderr
    );
}

#[test]
fn no_flag_takes_a_secret() {
    for command in ["sync", "check", "map", "validate", "iam-policy"] {
        for flag in ["--secret-access-key", "--session-token", "--secret-key"] {
            let ended = run(portolan().args([command, flag, SECRET])).with(2);
            assert!(!ended.stderr.contains(SECRET), "{}", ended.stderr);
        }
        let help = run(portolan().args([command, "--help"])).with(0).stdout;
        for line in help.lines().filter(|line| {
            line.trim().starts_with("--secret") || line.trim().starts_with("--session-token")
        }) {
            assert!(line.contains("-file <FILE>"), "{line}");
        }
    }
}
