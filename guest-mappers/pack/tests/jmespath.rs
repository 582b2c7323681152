//! Our evaluation of expressions against that of the `jmespath` crate.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use portolan_mapper_pack::evaluate;
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
