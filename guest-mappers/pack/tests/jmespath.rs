//! Our evaluation of expressions against that of the `jmespath` crate.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use portolan_mapper_pack::{Reading, evaluate};
use serde_json::{Value, json};

fn documents() -> Vec<Value> {
    vec![
        json!({
            "name": "web", "empty": "", "zero": 0, "count": 3, "share": 0.25, "yes": true, "no": false,
            "texts": ["b", "a", "c", "a"], "numbers": [3, 1, 2.5, -4], "none": [], "nothing": {},
            "nested": {"deep": {"deeper": "x"}, "list": [{"a": 1}, {"a": 2, "b": [1, 2]}, {"b": [3]}]},
            "tags": [{"key": "owner", "value": "team"}, {"key": "env", "value": "é\u{1f600}"}, {"key": "bare"}],
            "lists": [[1, 2], [3], 4, [[5]]],
            "people": [{"n": "x", "age": 30}, {"n": "y", "age": 20}, {"n": "z", "age": 30}],
        }),
        json!([1, [2, 3], {"name": "in a list"}]),
        json!("text"),
        json!({}),
    ]
}

const EXPRESSIONS: [&str; 109] = [
    "@",
    "name",
    "\"name\"",
    "missing",
    "nested.deep.deeper",
    "nested.deep.missing",
    "name.length",
    "texts[0]",
    "texts[-1]",
    "texts[9]",
    "texts[-9]",
    "texts[1:3]",
    "texts[::-1]",
    "texts[::2]",
    "texts[-2:]",
    "texts[:-1]",
    "texts[5:]",
    "texts[-9:2]",
    "texts[3:0:-2]",
    "texts[:1:-1]",
    "texts[*]",
    "texts[]",
    "name[*]",
    "name[]",
    "nested.list[*].a",
    "nested.list[].b",
    "nested.list[*].b[]",
    "nested.list[*].b[*]",
    "nested.list[].b[]",
    "nested.list[?a].b",
    "nested.list[?a == `1`]",
    "nested.list[?a > `1`].a | [0]",
    "nested.list[?b[0] == `3`]",
    "lists[]",
    "lists[][]",
    "lists[*][0]",
    "[[0], [1]]",
    "[*].name",
    "[].name",
    "[0]",
    "[?name]",
    "tags[?key=='owner'].value | [0]",
    "tags[?key!='owner'].key",
    "tags[?value].value",
    "tags[?!value].key",
    "tags[?key=='owner' || key=='env'].value",
    "tags[?key=='owner' && value=='team'].value",
    "nested.*",
    "nested.*.deeper",
    "*.deep",
    "name.*",
    "nothing.*",
    "people[*].[n, age]",
    "people[*].{who: n, old: age}",
    "missing.[a, b]",
    "missing.{a: a}",
    "name || missing",
    "missing || name",
    "empty || name",
    "none || name",
    "nothing || name",
    "zero || name",
    "no || name",
    "name && count",
    "missing && count",
    "!name",
    "!missing",
    "!zero",
    "!none",
    "count == `3`",
    "count == `3.0`",
    "count != `3`",
    "count < `4`",
    "count <= `3`",
    "count > share",
    "name < 'x'",
    "name == 'web'",
    "texts == `[\"b\", \"a\", \"c\", \"a\"]`",
    "nothing == `{}`",
    "missing == `null`",
    "'raw'",
    "`{\"a\": [1, 2.5, \"x\", null, true]}`",
    "`\"json\"`",
    "name | length(@)",
    "(name || missing) == 'web'",
    "abs(`-3`)",
    "avg(numbers)",
    "avg(none)",
    "ceil(share)",
    "floor(share)",
    "contains(texts, 'a')",
    "contains(name, 'e')",
    "ends_with(name, 'b')",
    "join('-', texts)",
    "keys(nested)",
    "length(texts)",
    "length(tags[1].value)",
    "map(&n, people)",
    "max(numbers)",
    "max(texts)",
    "max_by(people, &age).n",
    "min_by(people, &n).n",
    "merge(nested.deep, {name: name})",
    "not_null(missing, name)",
    "reverse(texts)",
    "sort(numbers)",
    "sort_by(people, &age)[*].n",
    "sum(numbers)",
    "to_number('2.5')",
];

const MORE: [&str; 12] = [
    "reverse(name)",
    "sort(texts)",
    "starts_with(name, 'w')",
    "to_array(name)",
    "to_array(texts)",
    "to_number(texts)",
    "to_string(nested)",
    "to_string(count)",
    "type(tags)",
    "type(missing)",
    "values(nested.deep)",
    "min(numbers)",
];

/// Numbers alike, however they are written.
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

#[test]
fn expressions_mean_what_they_mean_elsewhere() {
    let mut compared = 0;
    for expression in EXPRESSIONS.iter().chain(&MORE) {
        let compiled = jmespath::compile(expression).unwrap();
        for document in documents() {
            let text = document.to_string();
            let ours = evaluate(expression, &text);
            let theirs = compiled.search(jmespath::Variable::from_json(&text).unwrap());
            match (ours, theirs) {
                (Ok(ours), Ok(theirs)) => {
                    let theirs = serde_json::to_value(&*theirs).unwrap();
                    assert_eq!(normal(&ours), normal(&theirs), "{expression} on {text}");
                    compared += 1;
                }
                // Null in, null out: the one thing in which we differ.
                (Ok(ours), Err(error)) => {
                    assert!(ours.is_null(), "{expression} on {text}: {ours}, {error}")
                }
                (Err(error), Ok(theirs)) => panic!("{expression} on {text}: {error}, {theirs}"),
                (Err(_), Err(_)) => {}
            }
        }
    }
    assert!(compared > 300, "only {compared}");
}

/// Forms in which it matters what is read: an expression, what other attributes of the table read, and an
/// object.
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
    let on_task = [
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
    let on_either = [
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
    let on_null = [
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
    let on_mixed = [
        "[txt, el][]",
        "[a, b][].c",
        "[a, b][1][0].c",
        "m[0][].c",
        "m[1:][].c",
        "{x: b}.x[].c",
        "(a | [c, c])[]",
        "[[a], b][][].c",
    ];
    let alone = |document: &Value, expressions: &[&'static str]| {
        let one = |expression: &&'static str| (*expression, "@ && `1`", document.clone());
        let plain = |expression: &&'static str| (*expression, "", document.clone());
        expressions
            .iter()
            .map(plain)
            .chain(expressions.iter().map(one))
            .collect::<Vec<_>>()
    };
    let mut forms = alone(&task, &on_task);
    forms.extend(alone(&either, &on_either));
    forms.extend(alone(
        &overrides,
        &[
            "overrides || inner.overrides | cpu",
            "(overrides || inner.overrides).cpu",
        ],
    ));
    forms.extend(alone(&null, &on_null));
    forms.extend(on_null.map(|expression| (expression, "o.cpu", null.clone())));
    forms.extend(alone(&mixed, &on_mixed));
    forms
}

/// The document without what these paths do not lead to, as a host gives it to a module.
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

/// Null members of objects and null elements of lists are not there.
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

/// The value of an expression on what a table with it, and with another one, reads of a document.
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

/// Which members are read, and which of them an attribute beside it names, changes no value.
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

/// What an expression says of types rejects only what the manual says.
#[test]
fn objects_are_rejected_only_for_the_types_that_expressions_say() {
    let mut compared = 0;
    let mut rejected = Vec::new();
    for expression in EXPRESSIONS.iter().chain(&MORE) {
        if Reading::of(&[expression]).is_err() {
            continue;
        }
        for document in documents().iter().filter(|document| document.is_object()) {
            match (
                as_read(expression, "", document),
                theirs(expression, document),
            ) {
                (Ok(ours), Ok(theirs)) => {
                    assert_eq!(normal(&ours), normal(&theirs), "{expression} on {document}");
                    compared += 1;
                }
                (Ok(ours), Err(error)) => assert!(ours.is_null(), "{expression}: {ours}, {error}"),
                (Err(_), _) => rejected.push(*expression),
            }
        }
    }
    // A member of a text, an element of one, and an element of something in a list that is no list.
    assert_eq!(
        rejected,
        ["name.length", "name[*]", "name[]", "lists[*][0]"]
    );
    assert!(compared > 200, "only {compared}");
}
