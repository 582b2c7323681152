//! Tests of the scan: the values it withholds, the bodies it refuses, and its agreement with serde_json.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const TASKS: Shape = Shape::List("tasks");

fn all(body: &[u8], shape: Shape) -> Result<Scanned, ScanError> {
    scan(body, shape, Withhold::Everything)
}

fn scanned(body: &str) -> String {
    let result = all(body.as_bytes(), TASKS).expect("JSON");
    String::from_utf8(result.body.unwrap_or_else(|| body.into())).expect("text")
}

#[test]
fn values_of_variables_are_withheld_wherever_they_stand() {
    let body = r#"{"tasks":[{"overrides":{"containerOverrides":[{"environment":[{"name":"K","value":"s"},{"value":"s","name":"L"}]}]}}]}"#;
    let expected = r#"{"tasks":[{"overrides":{"containerOverrides":[{"environment":[{"name":"K","value":""},{"value":"","name":"L"}]}]}}]}"#;
    assert_eq!(scanned(body), expected);
}

#[test]
fn escapes_do_not_hide_the_member() {
    let body = r#"{"a":{"\u0065nvironment":[{"n\u0061me":"K","v\u0061lue":"s\"ecret"}]}}"#;
    let expected = r#"{"a":{"\u0065nvironment":[{"n\u0061me":"K","v\u0061lue":""}]}}"#;
    assert_eq!(scanned(body), expected);
}

#[test]
fn odd_shapes_keep_types_and_lose_content() {
    let body = r#"{"environment":"s","a":{"environment":{"K":"s","name":"s"}},"b":{"environment":["s",7,true,null,[["s"]],{"name":{"x":"s"},"other":1.5e3}]}}"#;
    let expected = r#"{"environment":"","a":{"environment":{"K":"","name":""}},"b":{"environment":["",0,false,null,[[""]],{"name":{"x":""},"other":0}]}}"#;
    assert_eq!(scanned(body), expected);
}

/// All places where ECS uses that shape, and places where a later API may.
#[test]
fn values_are_withheld_in_every_object() {
    for before in [
        r#"{"taskDefinition":{"containerDefinitions":[{"name":"a","#,
        r#"{"tasks":[{"overrides":{"containerOverrides":[{"name":"a","#,
        r#"{"services":[{"deployments":[{"serviceConnectConfiguration":{"services":[{"#,
        r#"{"services":[{"taskSets":[{"#,
        r#"{"daemonTaskDefinition":{"containerDefinitions":[{"#,
        r#"{"clusters":[{"configuration":{"managedStorageConfiguration":{"#,
        r#"{"failures":[{"#,
        r#"{"#,
    ] {
        let value = r#""environment":[{"name":"K","value":"CANARY"}]"#;
        let opened = before.chars().filter(|each| "[{".contains(*each));
        let after: String = opened
            .map(|each| if each == '{' { '}' } else { ']' })
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        let result = scanned(&format!("{before}{value}{after}"));
        let expected = format!("{before}{}{after}", value.replace("CANARY", ""));
        assert_eq!(result, expected);
    }
}

#[test]
fn neither_repeats_nor_other_spellings_hide_a_value() {
    let body = r#"{"environment":[{"name":"K","value":"s","value":"s"}],"environment":[{"value":"s"}],"Environment":[{"Name":"s","Value":"s"}],"ENVIRONMENT":{"K":"s"},"\u0045nvironment":"s","environment\u0073":"kept"}"#;
    let expected = r#"{"environment":[{"name":"K","value":"","value":""}],"environment":[{"value":""}],"Environment":[{"Name":"","Value":""}],"ENVIRONMENT":{"K":""},"\u0045nvironment":"","environment\u0073":"kept"}"#;
    assert_eq!(scanned(body), expected);
}

#[test]
fn what_only_looks_like_variables_is_kept() {
    let body = r#"{"environmentFiles":[{"value":"arn:aws:s3:::b/k.env","type":"s3"}],"secrets":[{"name":"K","valueFrom":"arn:aws:ssm:…"}],"attributes":[{"name":"a","value":"b"}],"attachments":[{"details":[{"name":"networkInterfaceId","value":"eni-1"}]}],"settings":[{"name":"containerInsights","value":"enabled"}]}"#;
    assert_eq!(scanned(body), body);
}

#[test]
fn options_that_are_credentials_by_name_are_withheld() {
    let body = r#"{"logConfiguration":{"logDriver":"splunk","options":{"splunk-token":"s","splunk-url":"u","\u0061pi_Key":"s","Password":["s",1],"awslogs-group":"g"},"secretOptions":[{"name":"splunk-token","valueFrom":"arn"}]},"volumes":[{"dockerVolumeConfiguration":{"driverOpts":{"o":"addr","access-key":"s"},"labels":{"secret":"s"}}}],"dockerLabels":{"traefik.http.middlewares.a.basicauth.users":"s","team":"t"},"token":"kept"}"#;
    let expected = r#"{"logConfiguration":{"logDriver":"splunk","options":{"splunk-token":"","splunk-url":"u","\u0061pi_Key":"","Password":["",0],"awslogs-group":"g"},"secretOptions":[{"name":"splunk-token","valueFrom":"arn"}]},"volumes":[{"dockerVolumeConfiguration":{"driverOpts":{"o":"addr","access-key":""},"labels":{"secret":""}}}],"dockerLabels":{"traefik.http.middlewares.a.basicauth.users":"","team":"t"},"token":"kept"}"#;
    assert_eq!(scanned(body), expected);
}

#[test]
fn a_grant_of_environment_values_brings_back_no_credential() {
    let body =
        r#"{"tasks":[{"environment":[{"name":"K","value":"v"}],"options":{"api-token":"s"}}]}"#;
    let result = scan(body.as_bytes(), TASKS, Withhold::Credentials).expect("JSON");
    let text = String::from_utf8(result.body.expect("changed")).expect("text");
    assert_eq!(text, body.replace(r#""s""#, r#""""#));
}

#[test]
fn a_body_without_values_is_not_copied() {
    let body = br#"{"tasks":[{"environment":[{"name":"K","value":""}]}]}"#;
    assert!(all(body, TASKS).expect("JSON").body.is_none());
}

#[test]
fn broken_bodies_are_refused_with_a_place() {
    for (body, error) in [
        (
            &b"<html>"[..],
            ScanError::Syntax {
                at: 0,
                expected: "an object",
            },
        ),
        (b"[]", ScanError::NotAnObject),
        (b"", ScanError::Truncated(0)),
        (br#"{"tasks":[{"a":"b"#, ScanError::Truncated(17)),
        (
            br#"{"tasks":[]}{"#,
            ScanError::Syntax {
                at: 12,
                expected: "the end",
            },
        ),
        (
            br#"{"a":1 "b":2}"#,
            ScanError::Syntax {
                at: 7,
                expected: "a comma or a closing bracket",
            },
        ),
        (
            br#"{,"b":2}"#,
            ScanError::Syntax {
                at: 1,
                expected: "a quote",
            },
        ),
        (
            br#"{"a":[1,]}"#,
            ScanError::Syntax {
                at: 8,
                expected: "another element",
            },
        ),
        (b"{\"a\":\"\xff\"}", ScanError::NotUtf8(6)),
    ] {
        assert_eq!(all(body, TASKS).err(), Some(error));
    }
}

#[test]
fn a_single_object_is_one_place_whatever_its_type() {
    for value in [r#"{"family":"f"}"#, "[null,false]", "7", "\"x\""] {
        let body = format!("{{\"taskDefinition\":{value}}}");
        let result = all(body.as_bytes(), Shape::Single("taskDefinition")).expect("JSON");
        assert_eq!(result.objects, [Some(18..18 + value.len())], "{value}");
    }
}

#[test]
fn depth_costs_no_stack() {
    let body = format!(
        "{{\"x\":{}{}}}",
        "[".repeat(1_000_000),
        "]".repeat(1_000_000)
    );
    assert!(all(body.as_bytes(), TASKS).is_ok());
}

/// The state of the plain rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Plain,
    Options,
    Withheld,
}

/// The rule of this module, written as plainly as possible.
fn withhold(value: &mut Value, inside: Inside, keeps_name: bool) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match key.as_str() {
                    "name" if keeps_name && member.is_string() => {}
                    _ if inside == Inside::Withheld => withhold(member, inside, false),
                    "api_token" if inside == Inside::Options => {
                        withhold(member, Inside::Withheld, false);
                    }
                    "environment" => withhold_variables(member),
                    "options" if member.is_object() => withhold(member, Inside::Options, false),
                    _ => withhold(member, Inside::Plain, false),
                }
            }
        }
        Value::Array(elements) => {
            let inside = match inside {
                Inside::Withheld => Inside::Withheld,
                Inside::Plain | Inside::Options => Inside::Plain,
            };
            elements
                .iter_mut()
                .for_each(|each| withhold(each, inside, false));
        }
        scalar if inside == Inside::Withheld => blank(scalar),
        _ => {}
    }
}

fn withhold_variables(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(|each| {
            let is_variable = each.is_object();
            withhold(each, Inside::Withheld, is_variable);
        }),
        other => withhold(other, Inside::Withheld, false),
    }
}

fn blank(value: &mut Value) {
    match value {
        Value::String(text) => text.clear(),
        Value::Number(_) => *value = json!(0),
        Value::Bool(truth) => *truth = false,
        _ => {}
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z\"\\\\\u{7f}\u{2028}\n]{0,12}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("environment".to_owned()),
        Just("name".to_owned()),
        Just("value".to_owned()),
        Just("tasks".to_owned()),
        Just("options".to_owned()),
        Just("api_token".to_owned()),
        "[a-c\"\\\\]{0,3}",
    ];
    leaf.prop_recursive(6, 96, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn agrees_with_the_plain_rule(tasks in any_json(), rest in any_json(), pretty in any::<bool>()) {
        let mut value = json!({"tasks": tasks, "rest": rest});
        let body = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let result = scanned(&body.expect("text"));
        withhold(&mut value, Inside::Plain, false);
        prop_assert_eq!(serde_json::from_str::<Value>(&result).expect("JSON"), value);
    }

    #[test]
    fn spans_are_the_elements(tasks in prop::collection::vec(any_json(), 0..5)) {
        let body = json!({"tasks": tasks}).to_string();
        let result = all(body.as_bytes(), TASKS).expect("JSON");
        let text = result.body.unwrap_or_else(|| body.clone().into_bytes());
        let whole: Value = serde_json::from_slice(&text).expect("JSON");
        let list = whole["tasks"].as_array().expect("a list");
        prop_assert_eq!(result.objects.len(), list.len());
        for (span, element) in result.objects.into_iter().zip(list) {
            let found = span.map(|span| serde_json::from_slice::<Value>(&text[span]).expect("JSON"));
            prop_assert_eq!(found.unwrap_or(Value::Null), element.clone());
        }
    }

    #[test]
    fn cut_bodies_are_always_refused(tasks in any_json(), cut in 1usize..400) {
        let body = json!({"tasks": tasks}).to_string();
        let cut = cut % body.len();
        prop_assert!(all(&body.as_bytes()[..cut], TASKS).is_err());
    }
}
