//! Compares the evaluation of expressions with the official compliance suite, and the members that are read
//! for them with the `jmespath` crate.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use portolan_mapper_pack::{Reading, evaluate};
use serde_json::{Value, json};

/// The cases of the suite that fail, by reason and file. The manual (`guest-mappers/table/README.md`)
/// explains the reasons.
const GAPS: [(&str, &str, &[&str]); 5] = [
    (
        "null members are not there",
        "filters.json",
        &[
            "foo[?key == `null`]",
            "foo[?`null` == key]",
            "foo[?key != `true`]",
            "foo[?key != `false`]",
            "foo[?key != `0`]",
            "foo[?key != `1`]",
            "foo[?key != `[1]`]",
            "foo[?key != `{\"a\":2}`]",
            "foo[?`true` != key]",
            "foo[?`false` != key]",
            "foo[?`0` != key]",
            "foo[?`1` != key]",
            "foo[?`[1]` != key]",
            "foo[?`{\"a\":2}` != key]",
            "foo[?!key]",
            "foo[?key == `null`]",
        ],
    ),
    (
        "null members are not there",
        "functions.json",
        &["length(@)"],
    ),
    (
        "functions that cannot take null give null",
        "functions.json",
        &["max(abc)", "min(abc)", "sort(abc)", "map(&a, badkey)"],
    ),
    (
        "elements without a key are last",
        "functions.json",
        &["sort_by(people, &extra)"],
    ),
    (
        "elements without a key are skipped",
        "functions.json",
        &["max_by(people, &extra)", "min_by(people, &extra)"],
    ),
];

/// A case of the suite.
struct Case {
    file: String,
    given: Value,
    expression: String,
    /// `Err` with the kind of error, if the case has to fail.
    result: Result<Value, String>,
}

/// The suite in the package of the `jmespath` crate, without benchmarks, which have no result.
fn suite() -> Vec<Case> {
    let mut cases = Vec::new();
    let files = std::fs::read_dir(suite_folder()).unwrap();
    for path in files.map(|file| file.unwrap().path()) {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let groups: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for group in groups.as_array().unwrap() {
            for case in group["cases"].as_array().unwrap() {
                let error = case["error"].as_str().map(|kind| Err(kind.to_owned()));
                let result = error.or_else(|| case.get("result").cloned().map(Ok));
                cases.extend(result.map(|result| Case {
                    file: file.clone(),
                    given: group["given"].clone(),
                    expression: case["expression"].as_str().unwrap().to_owned(),
                    result,
                }));
            }
        }
    }
    assert!(cases.len() > 800, "only {} cases", cases.len());
    cases
}

fn suite_folder() -> PathBuf {
    // Leaves out packages of other platforms, which may not be on this machine.
    let host = Command::new("rustc")
        .args(["--print", "host-tuple"])
        .output();
    let host = String::from_utf8(host.unwrap().stdout).unwrap();
    let mut metadata = Command::new(env!("CARGO"));
    metadata.args(["metadata", "--format-version", "1", "--locked"]);
    metadata.args(["--filter-platform", host.trim()]);
    let metadata = metadata.current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let metadata: Value = serde_json::from_slice(&metadata.unwrap().stdout).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let package = packages.find(|package| package["name"] == "jmespath");
    let manifest = Path::new(package.unwrap()["manifest_path"].as_str().unwrap());
    manifest.with_file_name("tests").join("compliance")
}

/// Whether a case gives the result in the suite. An invalid expression has to fail without a document.
fn passes(case: &Case) -> bool {
    match &case.result {
        Ok(result) => evaluate(&case.expression, &case.given.to_string())
            .is_ok_and(|ours| normal(&ours) == normal(result)),
        Err(kind) if kind == "invalid-type" => {
            evaluate(&case.expression, &case.given.to_string()).is_err()
        }
        Err(_) => evaluate(&case.expression, "null").is_err(),
    }
}

#[test]
fn the_official_suite_passes_but_for_known_gaps() {
    let gaps = GAPS.iter().flat_map(|(_, file, expressions)| {
        expressions
            .iter()
            .map(move |expression| format!("{file}: {expression}"))
    });
    let mut gaps: Vec<String> = gaps.collect();
    let mut unknown = Vec::new();
    for case in suite().iter().filter(|case| !passes(case)) {
        let name = format!("{}: {}", case.file, case.expression);
        match gaps.iter().position(|gap| *gap == name) {
            Some(place) => drop(gaps.swap_remove(place)),
            None => unknown.push(name),
        }
    }
    assert!(unknown.is_empty(), "these fail: {unknown:#?}");
    assert!(
        gaps.is_empty(),
        "these gaps pass now; remove them: {gaps:#?}"
    );
}

/// Writes equal numbers alike.
fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(elements) => elements.iter().map(normal).collect(),
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, each)| (name.clone(), normal(each)))
                .collect();
            members.sort_by(|left, right| left.0.cmp(&right.0));
            Value::Object(members.into_iter().collect())
        }
        other => other.clone(),
    }
}

const ON_TASK: &[&str] = &[
    "containers[*].networkInterfaces | [].privateIpv4Address",
    "containers[?name=='c'].networkInterfaces | [].privateIpv4Address",
    "containers[*].networkInterfaces[].privateIpv4Address",
    "containers[].networkInterfaces[].privateIpv4Address",
    "containers[?name=='c'].networkInterfaces[].privateIpv4Address",
    "containers[*].networkInterfaces[*].privateIpv4Address[]",
    "containers[*].[name, networkInterfaces][]",
    "containers[*][].name",
    "containers[0:2][].name",
    "containers[?name][].name",
    "(containers[*].networkInterfaces)[].privateIpv4Address",
    "[containers, attachments][].name",
    "not_null(containers[*].networkInterfaces)[]",
    "not_null(containers[*].networkInterfaces)[].privateIpv4Address",
    "(containers[*].networkInterfaces || attachments)[].privateIpv4Address",
    "(missing || containers)[].name",
    "(missing || containers)[0].name",
    "(missing && containers || attachments)[0].name",
    "containers[?networkInterfaces].name",
    "containers[?!networkInterfaces].name",
    "containers[?networkInterfaces[0].privateIpv4Address == '10.0.0.2'] | [0].name",
    "attachments[].details[?name=='n'].value[] | [0]",
    "map(&name, containers)",
    "max_by(containers, &name).name",
];

const ON_EITHER: &[&str] = &[
    "(a || b).c",
    "(missing || b).c",
    "(a && b).c",
    "(!a || b).c",
    "[a || b][0].c",
    "(a || b).{x: c}.x",
    "(a || b | @).c",
    "not_null(a, b).c",
    "[a, b][?@].c",
    "[a, b][?c || d].c",
    "(a || b).*",
];

const ON_NULL: &[&str] = &[
    "length(o)",
    "keys(o)",
    "values(o)",
    "o.*",
    "!o",
    "o || t",
    "o && t",
    "to_string(o)",
    "o == `{}`",
    "merge(o, o)",
    "[o][?@]",
    "(o || missing).cpu",
    "o.cpu",
];

const ON_MIXED: &[&str] = &[
    "[txt, el][]",
    "[a, b][].c",
    "[a, b][1][0].c",
    "m[0][].c",
    "m[1:][].c",
    "{x: b}.x[].c",
    "(a | [c, c])[]",
    "[[a], b][][].c",
];

/// Forms whose value depends on the members that are read: an expression, another expression in the table,
/// and an object.
fn forms() -> Vec<(&'static str, &'static str, Value)> {
    let task = json!({
        "containers": [
            {"name": "c", "networkInterfaces": [{"privateIpv4Address": "10.0.0.1"}]},
            {"name": "d", "networkInterfaces": [{"privateIpv4Address": "10.0.0.2"}, {}]},
            {"name": "e"},
        ],
        "attachments": [{"name": "eni", "details": [{"name": "n", "value": "v"}]}],
    });
    let either = json!({"a": {"d": 1}, "b": {"c": "from-b"}});
    let overrides = json!({"overrides": {"memory": "1"}, "inner": {"overrides": {"cpu": "2"}}});
    let null = json!({"o": {"cpu": null}, "t": "x"});
    let mixed = json!({"txt": "t", "el": ["e"], "a": {"c": 1}, "b": [{"c": 2}], "m": [[{"c": 3}], {"c": 4}]});
    let alone = |document: &Value, expressions: &[&'static str]| {
        let one = |expression: &&'static str| (*expression, "@ && `1`", document.clone());
        let plain = |expression: &&'static str| (*expression, "", document.clone());
        expressions
            .iter()
            .map(plain)
            .chain(expressions.iter().map(one))
            .collect::<Vec<_>>()
    };
    let mut forms = alone(&task, ON_TASK);
    forms.extend(alone(&either, ON_EITHER));
    forms.extend(alone(
        &overrides,
        &[
            "overrides || inner.overrides | cpu",
            "(overrides || inner.overrides).cpu",
        ],
    ));
    forms.extend(alone(&null, ON_NULL));
    forms.extend(
        ON_NULL
            .iter()
            .map(|expression| (*expression, "o.cpu", null.clone())),
    );
    forms.extend(alone(&mixed, ON_MIXED));
    forms
}

/// The document with only the members on these paths, as a host passes it to a module.
fn reduced(value: &Value, paths: &[Vec<&str>]) -> Value {
    if paths.iter().any(Vec::is_empty) {
        return value.clone();
    }
    match value {
        Value::Array(elements) => elements.iter().map(|each| reduced(each, paths)).collect(),
        Value::Object(members) => {
            let kept = members.iter().filter_map(|(name, member)| {
                let below = paths.iter().filter(|path| path[0] == name);
                let below: Vec<_> = below.map(|path| path[1..].to_vec()).collect();
                (!below.is_empty()).then(|| (name.clone(), reduced(member, &below)))
            });
            Value::Object(kept.collect())
        }
        other => other.clone(),
    }
}

/// Drops null members of objects and null elements of lists.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Array(elements) => {
            let elements = elements.iter().filter(|each| !each.is_null());
            elements.map(without_nulls).collect()
        }
        Value::Object(members) => {
            let members = members.iter().filter(|member| !member.1.is_null());
            let members = members.map(|(name, each)| (name.clone(), without_nulls(each)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

/// The value of an expression on the part of a document that a table with it and another expression reads.
fn as_read(expression: &str, beside: &str, document: &Value) -> Result<Value, String> {
    let together: Vec<_> = [expression, beside]
        .into_iter()
        .filter(|each| !each.is_empty())
        .collect();
    let reading = Reading::of(&together)?;
    let document = match reading.members() {
        None => document.clone(),
        Some(paths) => {
            let paths: Vec<_> = paths.iter().map(|path| path.split('.').collect()).collect();
            reduced(document, &paths)
        }
    };
    reading.evaluate(expression, &document.to_string())
}

fn theirs(expression: &str, document: &Value) -> Result<Value, String> {
    let document = without_nulls(document).to_string();
    let document = jmespath::Variable::from_json(&document).unwrap();
    let found = jmespath::compile(expression).unwrap().search(document);
    let found = found.map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(&*found).unwrap())
}

/// The members that are read, and other attributes that name some of them, do not change a value.
#[test]
fn expressions_mean_the_same_on_what_is_read_for_them() {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for (expression, beside, document) in forms() {
        let ours = as_read(expression, beside, &document);
        match (ours, theirs(expression, &document)) {
            (Ok(ours), Ok(theirs)) if normal(&ours) == normal(&theirs) => compared += 1,
            (Ok(Value::Null), Err(_)) => {}
            (ours, theirs) => wrong.push((expression, beside, ours, theirs)),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(compared > 100, "only {compared}");
}

/// On the members that are read for it, a case of the suite gives the same value as on the whole object, or
/// the object is rejected for a type that the expression demands. Most of the rejected cases test the value
/// of a wrong type.
#[test]
fn the_suite_means_the_same_on_what_is_read_for_it() {
    let (mut compared, mut rejected) = (0, BTreeMap::<String, u32>::new());
    let cases = suite().into_iter();
    for case in
        cases.filter(|case| case.given.is_object() && Reading::of(&[&case.expression]).is_ok())
    {
        let (expression, given) = (&case.expression, &case.given);
        match (
            evaluate(expression, &given.to_string()),
            as_read(expression, "", given),
        ) {
            (Ok(whole), Ok(read)) => {
                assert_eq!(normal(&whole), normal(&read), "{expression} on {given}");
                compared += 1;
            }
            (Ok(_), Err(error)) => {
                assert!(
                    error.contains("invalid type"),
                    "{expression} on {given}: {error}"
                );
                *rejected.entry(case.file).or_default() += 1;
            }
            (Err(_), read) => assert!(read.is_err(), "{expression} on {given}: {read:?}"),
        }
    }
    assert!(compared > 500, "only {compared}");
    let expected = [
        ("basic.json", 1),
        ("filters.json", 16),
        ("functions.json", 1),
        ("indices.json", 11),
        ("multiselect.json", 2),
        ("slice.json", 3),
        ("wildcard.json", 12),
    ];
    assert_eq!(
        rejected,
        expected.map(|(file, count)| (file.into(), count)).into()
    );
}
