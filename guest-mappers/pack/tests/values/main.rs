//! Values that tables compute where JMESPath leaves the result open, where the manual differs from it, and on
//! hostile pages.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

/// The values that types and texts produce.
mod types;

use std::path::Path;

use portolan_mapper_pack::{check, evaluate};
use portolan_mapper_sdk::testing::context;
use portolan_mapper_sdk::{MappedPage, Row};
use portolan_mapper_table::plan::Plan;
use serde_json::{Value, json};

fn stock(object: &str) -> Value {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../schemas/{object}.schema.json"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// An overlay of tasks with these attributes.
fn table(attributes: &str) -> String {
    format!(
        "name = 'acme'\nversion = '1.0.0'\nkind = 'overlay'\nobject = 'EcsTask'\n[attributes]\n{attributes}\n"
    )
}

/// The patch that an overlay with these attributes makes of a task, and its issues.
fn amended(attributes: &str, task: &Value) -> (Value, Vec<String>) {
    let packed = check(&table(attributes), stock).unwrap_or_else(|error| panic!("{error}"));
    let plan = Plan::from_bytes(&packed.plan).unwrap();
    let row = Row {
        source_index: 0,
        offset: 0,
        length: 2,
    };
    let mapped = MappedPage {
        payload: b"{}".to_vec(),
        rows: vec![row],
        issues: Vec::new(),
    };
    let page = json!({ "tasks": [task] }).to_string();
    let context = context("EcsTask");
    let answer = portolan_mapper_table::amend_page(&plan, &context, page.as_bytes(), &mapped);
    let answer = answer.unwrap();
    let patch = answer.rows.first();
    let patch = patch.map_or(json!({}), |row| {
        serde_json::from_slice(answer.record(row)).unwrap()
    });
    let issues = answer.issues.iter();
    let issues = issues.map(|issue| format!("{}: {}", issue.code, issue.message));
    (patch, issues.collect())
}

/// The patch of an overlay that reports no issues.
fn patch(attributes: &str, task: &Value) -> Value {
    let (patch, issues) = amended(attributes, task);
    assert_eq!(issues, Vec::<String>::new(), "{attributes}");
    patch
}

fn refused(attributes: &str) -> String {
    match check(&table(attributes), stock) {
        Ok(_) => panic!("it is packed: {attributes}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn nulls_in_lists_cost_no_object() {
    let document = json!({
        "group": "g", "numbers": [1, 2],
        "people": [{"n": 2, "name": "b"}, {"name": "none"}, {"n": 1, "name": "a"}, {"n": 3, "name": "c"}],
    });
    let cases = [
        ("join('/', [group, startedBy])", json!("g")),
        ("join('/', [startedBy, group, group])", json!("g/g")),
        ("join('/', [startedBy])", json!("")),
        ("sort_by(people, &n)[].name", json!(["a", "b", "c", "none"])),
        ("max_by(people, &n).name", json!("c")),
        ("min_by(people, &n).name", json!("a")),
        ("max_by(people, &missing)", Value::Null),
        ("sort_by(people, &missing)[0].name", json!("b")),
        ("sort([group, missing, 'a'])", json!(["a", "g", null])),
        ("max([numbers[0], missing])", json!(1)),
        ("min([missing, numbers[1]])", json!(2)),
        ("sum([missing, numbers[1]])", json!(2)),
        ("avg([missing, numbers[1]])", json!(2.0)),
    ];
    for (expression, expected) in cases {
        let found = evaluate(expression, &document.to_string());
        assert_eq!(found, Ok(expected), "{expression}");
    }
}

#[test]
fn what_a_function_cannot_take_is_told_by_the_types_of_the_elements() {
    let document = json!({"l": ["a", null, 7, "b"], "o": [{"n": "a"}, {"n": 1}, {}]}).to_string();
    let cases = [
        (
            "join('', l)",
            "join cannot take (string, array of string and number)",
        ),
        ("sum(l)", "sum cannot take (array of string and number)"),
        (
            "max_by(o, &n)",
            "max_by cannot compare keys that are string, number and null",
        ),
        (
            "sort_by(o, &@)",
            "sort_by cannot compare keys that are object",
        ),
        ("length(`7`)", "length cannot take (number)"),
    ];
    for (expression, expected) in cases {
        let said = evaluate(expression, &document).unwrap_err();
        assert!(said.contains(expected), "{expression}: {said}");
    }
}

#[test]
fn numbers_are_integers_where_they_are_exact() {
    let document = json!({"l": [1, 2], "h": [0.5, 0.25], "big": [9_007_199_254_740_993_i64, 1]});
    let cases = [
        ("to_string(sum(l))", json!("3")),
        ("to_string(sum(h))", json!("0.75")),
        ("to_string(sum(big))", json!("9007199254740994")),
        ("to_string(ceil(h[0]))", json!("1")),
        ("to_string(floor(h[0]))", json!("0")),
        ("to_string(abs(`-2.0`))", json!("2")),
        ("big[0] == `9007199254740992`", json!(false)),
        ("big[0] == `9007199254740992.0`", json!(false)),
        ("big[0] > `9007199254740992`", json!(true)),
        ("sum(l) == `3`", json!(true)),
    ];
    for (expression, expected) in cases {
        let found = evaluate(expression, &document.to_string());
        assert_eq!(found, Ok(expected), "{expression}");
    }
    let is = |from: &str, equals: &str| {
        let attribute =
            format!("IS = {{ from = \"{from}\", equals = {equals}, description = 'x' }}");
        patch(
            &attribute,
            &json!({"taskArn": "arn:0", "l": [1, 2], "h": [0.5, 2.5], "n": 3.0}),
        )
    };
    assert_eq!(is("sum(l)", "3"), json!({"IS": true}));
    assert_eq!(is("sum(h)", "3"), json!({"IS": true}));
    assert_eq!(
        is("avg([l[1], sum(l), sum(l[:1])])", "2"),
        json!({"IS": true})
    );
    assert_eq!(is("sum(l)", "4"), json!({"IS": false}));
    assert_eq!(is("n", "3"), json!({"IS": true}));
}

/// In a patch, null would remove the attribute.
#[test]
fn what_is_no_number_is_never_written() {
    for number in ["nan", "inf", "-inf"] {
        let cases = [
            format!("N = {{ value = {number}, description = 'x' }}"),
            format!("N = {{ from = 'n', type = 'number', default = {number}, description = 'x' }}"),
            format!(
                "N = {{ from = 'n', type = 'number', lookup = 'l', description = 'x' }}\n[lookups.l]\na = {number}"
            ),
        ];
        for attributes in cases {
            let said = refused(&attributes);
            assert!(said.contains("not a finite number"), "{attributes}\n{said}");
        }
    }
    let task = json!({"taskArn": "arn:0", "l": [1e308, 1e308], "m": [-1e308, -1e308]});
    for expression in ["sum(l)", "sum(m)", "avg(l)", "sum([sum(l), sum(m)])"] {
        let number = format!("N = {{ from = '{expression}', type = 'number', description = 'x' }}");
        let expected = match expression.contains("[sum") {
            true => json!({"N": 0}),
            false => json!({}),
        };
        assert_eq!(patch(&number, &task), expected, "{expression}");
        let or = number.replace("type =", "default = 7, type =");
        let expected = if expected == json!({}) {
            json!({"N": 7})
        } else {
            expected
        };
        assert_eq!(patch(&or, &task), expected, "{expression}");
    }
}

/// The helpers for Rust, Python and JavaScript read tags by the same rule.
#[test]
fn of_a_repeated_tag_the_last_counts_also_without_a_value() {
    let owner = "O = { tag = 'o', description = 'x' }\nALL = { from = 'tags', type = 'tags', description = 'x' }";
    let cases = [
        (json!([{"key": "o", "value": "a"}, {"key": "o"}]), json!("")),
        (
            json!([{"key": "o", "value": "a"}, {"key": "o", "value": null}]),
            json!(""),
        ),
        (json!([{"key": "o"}]), json!("")),
        (
            json!([{"key": "o"}, {"key": "o", "value": "b"}]),
            json!("b"),
        ),
        (
            json!([{"key": "p", "value": "a"}, null, {"value": "o"}]),
            Value::Null,
        ),
        (json!([]), Value::Null),
    ];
    for (tags, expected) in cases {
        let patch = patch(owner, &json!({"taskArn": "arn:0", "tags": tags}));
        assert_eq!(patch["O"], expected, "{tags}");
        assert_eq!(patch["ALL"]["o"], expected, "{tags}");
    }
    let fallback = "O = { tag = 'o', fallback = 'group', description = 'x' }";
    let task = json!({"taskArn": "arn:0", "group": "g", "tags": [{"key": "o"}]});
    assert_eq!(patch(fallback, &task), json!({"O": "g"}));
}

/// A table that reads tags only by key uses a shorter form of them. It must give the same values.
#[test]
fn tags_mean_the_same_whether_all_of_them_are_read_or_some() {
    let some = "OWNER = { tag = 'owner', description = 'o' }\n\
                CENTER = { tag = 'center', equals = 'a', description = 'c' }\n\
                AGAIN = { tag = 'owner', default = 'unowned', description = 'a' }";
    let all = format!("{some}\nALL = {{ from = 'tags[0].nothing', description = 'n' }}");
    for tags in [
        json!([{"key": "owner", "value": "a"}, {"key": "center", "value": "a"}]),
        json!([{"key": "owner", "value": "a"}, {"key": "owner", "value": null}, {"key": "center"}]),
        json!([null, {"key": "Owner", "value": "a"}, {"value": "b"}, {"key": null, "value": "c"}, {}]),
        json!([{"key": "owner", "value": "\u{e9}\n\""}, {"key": "own\u{65}r\\", "value": "a", "more": [7]}]),
        json!([]),
        Value::Null,
        json!("owner"),
        json!({"key": "owner"}),
        json!(["owner"]),
        json!([["owner", "a"]]),
        json!([{"key": 7, "value": "a"}]),
        json!([{"key": "other", "value": false}]),
        json!([{"key": "owner", "value": ["a"]}]),
    ] {
        let task = json!({"taskArn": "a", "tags": tags});
        assert_eq!(amended(some, &task), amended(&all, &task), "{tags}");
    }
    let owner = amended(some, &json!({"tags": [{"key": "owner", "value": "a"}]}));
    assert_eq!(owner, (json!({"OWNER": "a", "AGAIN": "a"}), Vec::new()));
}

#[test]
fn large_literals_and_long_glue_cost_steps() {
    let numbers: Vec<String> = (0..420).map(|number| (number % 10).to_string()).collect();
    let literal = format!("length(l[*].[`[{}]`][])", numbers.join(","));
    let task = json!({"taskArn": "arn:0", "l": vec![1; 60_000]});
    let glue = format!("length(join('{}', l))", "x".repeat(900));
    let long = json!({"taskArn": "arn:0", "l": vec!["a"; 60_000]});
    for (expression, task) in [(literal, task), (glue, long)] {
        let attribute =
            format!("N = {{ from = \"{expression}\", type = 'integer', description = 'x' }}");
        let (patch, issues) = amended(&attribute, &task);
        assert_eq!(patch, json!({}));
        assert!(issues[0].starts_with("expression-too-costly"), "{issues:?}");
    }
}

#[test]
fn a_member_that_is_a_time_is_compared_to_the_millisecond() {
    let task =
        json!({"taskArn": "arn:0", "createdAt": 1.0001, "startedAt": 1.0002, "stoppedAt": 1.002});
    let same = "IS = { from = 'createdAt == startedAt', type = 'boolean', description = 'x' }\nLATER = { from = 'stoppedAt > startedAt', type = 'boolean', description = 'x' }";
    let expected = json!({"IS": false, "LATER": true});
    assert_eq!(patch(same, &task), expected);
    let times = format!("{same}\nFIRST_SEEN = 'createdAt'\nLAST_STOPPED = 'startedAt'");
    let patch = patch(&times, &task);
    assert_eq!(
        (&patch["IS"], &patch["LATER"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn a_projection_goes_on_behind_what_is_made_of_an_element() {
    let document = json!({"c": [{"name": "x"}, {"name": "y"}]}).to_string();
    for expression in ["c[*].{a: name}.a", "c[?name].{a: name}.a"] {
        let found = evaluate(expression, &document);
        assert_eq!(found, Ok(json!(["x", "y"])), "{expression}");
    }
}

#[test]
fn a_literal_has_to_be_what_is_wanted_and_a_picked_time_stays_exact() {
    for expression in ["group || `[1]`", "group || `{\"a\": 1}`", "group || `true`"] {
        let said = refused(&format!("GROUP = '{expression}'"));
        assert!(
            said.contains("where it needs a text"),
            "{expression}: {said}"
        );
    }
    let good = [
        "group || ''",
        "group || `null`",
        "(tags || `[]`)[0].key",
        "join('', ['a', group])",
    ];
    let task = json!({"taskArn": "arn:0", "startedAt": 1.001, "containers": [{"x": 1.002}]});
    for expression in good {
        let (_, issues) = amended(&format!("GROUP = \"{expression}\""), &task);
        assert_eq!(issues, Vec::<String>::new(), "{expression}");
    }
    let time = |expression: &str| patch(&format!("FIRST_SEEN = '{expression}'"), &task);
    let expected = json!({"FIRST_SEEN": "1970-01-01T00:00:01.001Z"});
    assert_eq!(time("[group, startedAt] | [1]"), expected);
    assert_eq!(time("[containers, startedAt][-1]"), expected);
    let expected = json!({"FIRST_SEEN": "1970-01-01T00:00:01.002Z"});
    assert_eq!(time("[group, containers[0]][1].x"), expected);
}
