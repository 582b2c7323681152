use std::process::Command;

use crate::support::{portolan, python, root, run};

/// Number of pages for each seed.
const PAGES: &str = "200";
/// Fixed, so that a failure is repeatable.
const SEEDS: [&str; 3] = ["1", "2", "3"];

#[test]
fn random_pages_map_as_the_conventions_say() {
    follows_the_conventions(&portolan());
}

/// Runs random pages through a program with this environment.
pub(crate) fn follows_the_conventions(product: &Command) {
    let mut compare = Command::new(python());
    compare
        .arg("-B")
        .arg(root().join("tests/oracle/compare.py"))
        .arg(product.get_program())
        .arg(PAGES)
        .args(SEEDS);
    for (name, value) in product.get_envs() {
        match value {
            Some(value) => compare.env(name, value),
            None => compare.env_remove(name),
        };
    }
    let ended = run(&mut compare);
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    // Pages without objects, or without mapped ones, would show little.
    let seen: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    for (what, least) in [
        ("pages", 600),
        ("records", 800),
        ("rejections", 400),
        ("warnings", 150),
        ("refused", 3),
    ] {
        assert!(seen[what].as_u64().unwrap() >= least, "{what}: {seen}");
    }
}
