use std::path::Path;
use std::process::Command;

use super::*;
use crate::support::{json_lines, portolan, run};

fn mapper(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = portolan();
    command.arg("mapper").args(arguments).current_dir(folder);
    command
}

/// A new table of controls, built.
fn new_table(parent: &Path) -> std::path::PathBuf {
    let new = [
        "new",
        "acme",
        "--object",
        "EcsService",
        "--kind",
        "assessor",
        "--lang",
        "table",
    ];
    run(&mut mapper(parent, &new)).with(0);
    let folder = parent.join("acme");
    run(&mut mapper(&folder, &["build"])).with(0);
    folder
}

#[test]
fn a_table_of_controls_goes_from_nothing_to_a_tested_module() {
    let parent = tempfile::tempdir().unwrap();
    let folder = new_table(parent.path());
    let tested = run(&mut mapper(&folder, &["test"])).with(0);
    assert!(tested.stdout.ends_with("ok\n"), "{}", tested.stdout);
    let module = "built/acme.wasm";
    let ran = run(&mut mapper(
        &folder,
        &["run", module, "--pages", "pages/sample.jsonl"],
    ))
    .with(0);
    assert!(
        ran.stdout.contains("\"two has no TAGS.\""),
        "{}",
        ran.stdout
    );
    let checked = run(&mut mapper(&folder, &["check", module])).with(0);
    let world = "portolan:assessor/assessor-module@0.1.0";
    assert!(checked.stdout.contains(world), "{}", checked.stdout);
    let inspected = run(&mut mapper(&folder, &["inspect", "--json", module])).with(0);
    let facts: Value = serde_json::from_str(&inspected.stdout).unwrap();
    assert_eq!(facts["kind"], "assessor");
    assert_eq!(facts["manifest"]["controls"][0]["id"], "ACME.1");
    assert!(
        facts["table"]
            .as_str()
            .unwrap()
            .contains("controls.\"ACME.1\"")
    );
    let timed = ["bench", module, "--pages", "pages/sample.jsonl", "--json"];
    let timed = run(&mut mapper(&folder, &timed)).with(0);
    let speed: Value = serde_json::from_str(&timed.stdout).unwrap();
    assert!(speed["EcsService"].get("stock").is_none(), "{speed}");
    for refused in [
        &["bench", module][..],
        &["coverage", module, "--pages", "pages/sample.jsonl"],
    ] {
        run(&mut mapper(&folder, refused)).with(1);
    }
}

#[test]
fn a_changed_verdict_is_a_difference() {
    let parent = tempfile::tempdir().unwrap();
    let folder = new_table(parent.path());
    let table = folder.join("controls.toml");
    let text = std::fs::read_to_string(&table).unwrap();
    std::fs::write(&table, text.replace("fail = \"!TAGS\"", "fail = \"TAGS\"")).unwrap();
    run(&mut mapper(&folder, &["build"])).with(0);
    let tested = run(&mut mapper(&folder, &["test"])).with(1);
    assert!(
        tested.stdout.contains("one: ACME.1: expected \"PASS\""),
        "{}",
        tested.stdout
    );
    run(&mut mapper(&folder, &["test", "--bless"])).with(0);
    let expected = std::fs::read_to_string(folder.join("expected/sample.jsonl")).unwrap();
    assert_eq!(json_lines(&expected)[1]["ACME.1"], "PASS");
}

#[test]
fn an_assessor_is_signed_and_pinned_like_a_mapper() {
    let parent = tempfile::tempdir().unwrap();
    let folder = new_table(parent.path());
    let module = "built/acme.wasm";
    run(&mut mapper(&folder, &["keygen", "acme.key"])).with(0);
    run(&mut mapper(&folder, &["sign", module, "--key", "acme.key"])).with(0);
    let verified = ["verify", module, "--key", "acme.key.pub"];
    run(&mut mapper(&folder, &verified)).with(0);
    run(&mut mapper(&folder, &["pin", "built"])).with(0);
    let lock = std::fs::read_to_string(folder.join("built/mappers.lock")).unwrap();
    assert!(lock.contains("portolan:assessor@0.1.0"), "{lock}");
    run(&mut mapper(
        &folder,
        &["check", module, "--module-policy", "pinned"],
    ))
    .with(0);
}

#[test]
fn an_assessor_is_no_mapper() {
    let parent = tempfile::tempdir().unwrap();
    let folder = new_table(parent.path());
    let page = root().join("host/workbench/src/templates/service.sample.jsonl");
    for setting in ["--mappers", "--overlay"] {
        let place = if setting == "--mappers" {
            "built"
        } else {
            "built/acme.wasm"
        };
        let mut map = portolan();
        map.arg("map")
            .args([setting, place])
            .arg(&page)
            .current_dir(&folder);
        let ended = run(&mut map).with(2);
        assert!(
            ended.stderr.contains("it is an assessor"),
            "{}",
            ended.stderr
        );
    }
    let python = [
        "new", "py", "--object", "EcsTask", "--kind", "assessor", "--lang", "python",
    ];
    let refused = run(&mut mapper(&folder, &python)).with(1);
    assert!(
        refused.stderr.contains("--lang table"),
        "{}",
        refused.stderr
    );
}

/// A table of controls up to what a case adds.
const HEAD: &str = r#"
name = "acme"
version = "1.0.0"
kind = "assessor"
subject = "EcsTaskDefinition"
[with.containers]
object = "EcsContainerDefinition"
by = { TASK_DEFINITION_ARN = "TASK_DEFINITION_ARN" }
many = true
[settings.registries]
type = "texts"
description = "d"
[controls."A.1"]
title = "t"
question = "q"
condition = "c"
severity = "high"
remediation = "r"
reason = "{NAME} has it."
"#;

/// What is wrong in the expression of a control that says which records it reads.
const EXPRESSIONS: [(&str, &str); 11] = [
    (
        "containers[?PRIVILIGED]",
        "EcsContainerDefinition has no such attribute; did you mean PRIVILEGED?",
    ),
    (
        "containers[?a.PRIVILEGED]",
        "`a`: EcsContainerDefinition has no such attribute",
    ),
    (
        "containers.PRIVILEGED",
        "is asked of a list; write `[].PRIVILEGED`",
    ),
    ("NETWORK_MOD == 'host'", "did you mean NETWORK_MODE?"),
    ("container[?PRIVILEGED]", "did you mean `containers`?"),
    ("settings.registry", "did you mean `registries`?"),
    ("!(complete.container)", "did you mean `containers`?"),
    ("sort_by(containers, &NAM)", "did you mean NAME?"),
    ("to_string(subject)", "name its attributes"),
    ("NETWORK_MODE > `1`", "NETWORK_MODE is a text"),
    ("containers[?CPU_UNITS < '2']", "'2' is a text"),
];

/// What is wrong in the rest of a control.
const OTHERS: [(&str, &str); 6] = [
    (
        "fail = 'containers'\nevidence = ['USR']",
        "did you mean USER?",
    ),
    ("fail = 'FAMILY'\nunknown = '!FAMILY'", "belong together"),
    (
        "fail = 'FAMILY'\nneeds-setting = 'other'",
        "needs the setting `other`",
    ),
    ("fial = 'FAMILY'", "did you mean `fail`?"),
    ("fail = '!complete.containers'", "write `!(a.containers)`"),
    ("", "neither `fail` nor `fails`"),
];

#[test]
fn a_table_of_controls_names_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let check_all = |text: String| {
        let file = folder.path().join("controls.toml");
        std::fs::write(&file, text).unwrap();
        run(&mut mapper(
            folder.path(),
            &["table", "controls.toml", "--check"],
        ))
    };
    let check = |rest: &str| check_all(format!("{HEAD}{rest}\n"));
    let reads = "reads = { containers = 'always' }";
    let expressions = EXPRESSIONS.map(|(fail, says)| (format!("fail = \"{fail}\""), says));
    let others = OTHERS.map(|(rest, says)| (rest.to_owned(), says));
    for (rest, says) in expressions.into_iter().chain(others) {
        let ended = check(&format!("{reads}\n{rest}")).with(1);
        assert!(ended.stderr.contains(says), "{says}: {}", ended.stderr);
    }
    let untold = check("fail = 'containers[?PRIVILEGED]'").with(1);
    assert!(
        untold
            .stderr
            .contains("read `containers`; say so with reads"),
        "{}",
        untold.stderr
    );
    check(&format!("{reads}\nfail = 'containers[?PRIVILEGED]'")).with(0);
    let head = HEAD.replace("reason = \"{NAME} has it.\"\n", "");
    for (severity, status) in [("critical", 0), ("high", 1)] {
        let fails = format!("[{{ when = 'FAMILY', reason = 'r', severity = '{severity}' }}]");
        check_all(format!("{head}fails = {fails}\n")).with(status);
    }
}
