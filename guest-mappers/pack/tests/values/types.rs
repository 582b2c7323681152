use serde_json::{Value, json};

use super::{amended, patch, refused};

#[test]
fn what_follows_a_text_is_a_value_if_there_is_more() {
    let attributes = "S = { from = 'group', after = 'service:', default = 'none', description = 'x' }\n\
                      IS = { from = 'group', fallback = 'startedBy', after = 'service:', equals = 'a', description = 'x' }\n\
                      L = { from = 'group', after = 'service:', lookup = 'l', description = 'x' }\n\
                      [lookups.l]\na = 'A'";
    let cases = [
        (json!("service:a"), json!({"S": "a", "IS": true, "L": "A"})),
        (
            json!("service:service:"),
            json!({"S": "service:", "IS": false}),
        ),
        (json!("service:"), json!({"S": "none"})),
        (json!("Service:a"), json!({"S": "none"})),
        (json!(""), json!({"S": "none", "IS": true})),
        (Value::Null, json!({"S": "none", "IS": true})),
    ];
    for (group, expected) in cases {
        let task = json!({"taskArn": "arn:0", "group": group, "startedBy": "service:a"});
        assert_eq!(patch(attributes, &task), expected, "{group}");
    }
    let (_, issues) = amended(attributes, &json!({"taskArn": "arn:0", "group": 7}));
    assert!(issues[0].starts_with("wrong-type"), "{issues:?}");
    for (attribute, said) in [
        (
            "S = { from = 'group', after = '', description = 'x' }",
            "`after` is empty",
        ),
        (
            "FIRST_SEEN = { from = 'createdAt', after = 'a' }",
            "`after` takes a text, not a time",
        ),
        (
            "S = { value = 'a', after = 'a', description = 'x' }",
            "`after` has no effect beside `value`",
        ),
    ] {
        assert!(refused(attribute).contains(said), "{attribute}");
    }
}

#[test]
fn a_set_of_integers_has_each_once_and_nothing_else() {
    let ports = |from: &str| {
        format!("P = {{ from = '{from}', type = 'integers', default = [1, 1], description = 'x' }}")
    };
    for (list, expected) in [
        (
            json!([8080, null, 80, 8080.0, 8e1, 0]),
            json!([8080, 80, 0]),
        ),
        (json!([]), json!([1])),
        (json!([null]), json!([1])),
        (Value::Null, json!([1])),
    ] {
        let task = json!({"taskArn": "arn:0", "l": list});
        assert_eq!(patch(&ports("l"), &task), json!({"P": expected}), "{list}");
        assert_eq!(
            patch(&ports("[l, l][]"), &task),
            json!({"P": expected}),
            "{list}"
        );
    }
    for list in [
        json!(7),
        json!(["7"]),
        json!([1.5]),
        json!([[1]]),
        json!({}),
    ] {
        let task = json!({"taskArn": "arn:0", "l": list});
        for from in ["l", "not_null(l, m)", "l || m"] {
            let (patch, issues) = amended(&ports(from), &task);
            assert!(
                issues[0].starts_with("wrong-type"),
                "{list}: {patch} {issues:?}"
            );
        }
    }
    let texts = "P = { from = 'l', type = 'integers', default = ['a'], description = 'x' }";
    assert!(refused(texts).contains("its default is not of its type, integers"));
}

/// The values from which a UID of several members is made.
#[test]
fn an_empty_text_is_false_and_a_wrong_type_is_found() {
    let uid = "GROUP = \"t.arn && (c.arn || (c.name && join('#', [t.arn, c.name])))\"";
    let cases = [
        (
            json!({"t": {"arn": "a"}, "c": {"arn": "b", "name": "n"}}),
            json!("b"),
        ),
        (
            json!({"t": {"arn": "a"}, "c": {"arn": "", "name": "n"}}),
            json!("a#n"),
        ),
        (json!({"t": {"arn": "a"}, "c": {"name": "n"}}), json!("a#n")),
        (json!({"t": {"arn": "a"}, "c": {"name": ""}}), json!("")),
        (json!({"t": {"arn": "a"}, "c": null}), Value::Null),
        (json!({"t": {"arn": ""}, "c": {"arn": "b"}}), json!("")),
        (json!({"c": {"arn": "b"}}), Value::Null),
    ];
    for (task, expected) in cases {
        assert_eq!(patch(uid, &task)["GROUP"], expected, "{task}");
    }
    for task in [
        json!({"t": {"arn": 7}, "c": {"arn": "b"}}),
        json!({"t": {"arn": "a"}, "c": {"arn": 7}}),
        json!({"t": {"arn": "a"}, "c": {"arn": "b", "name": 7}}),
        json!({"t": "a", "c": {"arn": "b"}}),
    ] {
        let (patch, issues) = amended(uid, &task);
        assert_eq!(patch, json!({}));
        assert!(issues[0].starts_with("wrong-type"), "{task}: {issues:?}");
    }
    let first = "GROUP = 'not_null(c.arn, t.arn)'";
    let task = json!({"c": {"arn": ""}, "t": {"arn": "a"}});
    assert_eq!(patch(first, &task)["GROUP"], "");
    let (_, issues) = amended(first, &json!({"c": {"arn": "a"}, "t": {"arn": 7}}));
    assert!(issues[0].starts_with("wrong-type"), "{issues:?}");
}
