use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::body::{Origin, Wanted};

fn page(body: &str) -> Page {
    let origin = Origin {
        partition: "aws".into(),
        account_id: "123456789012".into(),
        region: "us-west-2".into(),
        captured_at: "2026-11-21T01:32:00.123Z".into(),
    };
    let body = Bytes::copy_from_slice(body.as_bytes());
    Page::read_with_values(Object::EcsTaskDefinition, origin, body).expect("a page")
}

fn parts(body: &str) -> Page {
    let page = page(body);
    let parts = page
        .of(Object::EcsContainerDefinition, None)
        .expect("small");
    parts.expect("parts").into_owned()
}

fn text(definition: &Value) -> String {
    format!("{{\"taskDefinition\":{definition},\"tags\":[]}}")
}

#[test]
fn parts_stand_beside_their_object() {
    let parts = parts(&text(&json!({
        "taskDefinitionArn": "a", "cpu": {"x": [{}]},
        "containerDefinitions": [{"name": "web", "environment": [{"name": "K", "value": "CANARY"}]}, null, {"position": []}, 7],
    })));
    let whole = json!({"taskDefinitionArn": "a", "cpu": {"x": [{}]}});
    let expected = json!({"containerDefinitions": [
        {"containerDefinition": {"name": "web", "environment": [{"name": "K", "value": ""}]},
         "taskDefinition": whole, "position": 0},
        null,
        {"containerDefinition": {"position": []}, "taskDefinition": whole, "position": 2},
        {"containerDefinition": 7, "taskDefinition": whole, "position": 3},
    ]});
    let found: Value = serde_json::from_str(parts.text()).expect("JSON");
    assert_eq!(found, expected);
    assert_eq!(parts.described().collect::<Vec<_>>(), [0, 2, 3]);
    assert_eq!(parts.arn(2).as_deref(), Some("a"));
    let whole = std::str::from_utf8(parts.body_with_values()).expect("text");
    assert!(whole.contains("CANARY") && !parts.text().contains("CANARY"));
}

#[test]
fn what_cannot_be_followed_is_one_element() {
    for (definition, part, whole) in [
        (json!(7), json!(null), json!(7)),
        (
            json!({"containerDefinitions": "x", "a": 1}),
            json!("x"),
            json!({"a": 1}),
        ),
        (
            json!({"containerDefinitions": {"name": "x"}}),
            json!([]),
            json!({}),
        ),
    ] {
        let expected = json!({"containerDefinition": part, "taskDefinition": whole});
        let found: Value = serde_json::from_str(parts(&text(&definition)).text()).expect("JSON");
        assert_eq!(found["containerDefinitions"], json!([expected]));
    }
    for none in [
        "{}",
        r#"{"containerDefinitions":null}"#,
        r#"{"containerDefinitions":[]}"#,
    ] {
        assert!(parts(&format!("{{\"taskDefinition\":{none}}}")).is_empty());
    }
    let twice = r#"{"taskDefinition":{"containerDefinitions":[],"container\u0044efinitions":[]}}"#;
    assert_eq!(
        parts(twice).text(),
        r#"{"containerDefinitions":[{"containerDefinition":[],"taskDefinition":{}}]}"#
    );
}

#[test]
fn only_wanted_members_are_kept() {
    let page = page(&text(&json!({
        "taskDefinitionArn": "a", "family": "f", "cpu": "1",
        "containerDefinitions": [{"name": "web", "image": "i", "mountPoints": [{"sourceVolume": "v"}]}, [7]],
    })));
    for (paths, part, whole) in [
        (
            vec!["containerDefinition.mountPoints.x", "taskDefinition.family"],
            json!({"mountPoints": [{}]}),
            json!({"family": "f"}),
        ),
        (
            vec![
                "containerDefinition.image",
                "taskDefinition.containerDefinitions",
            ],
            json!({"image": "i"}),
            json!({}),
        ),
    ] {
        let wanted = Wanted::at_paths(paths);
        let parts = page.of(Object::EcsContainerDefinition, Some(&wanted));
        let parts = parts.expect("small").expect("parts").into_owned();
        let found: Value = serde_json::from_str(parts.text()).expect("JSON");
        let expected = json!([
            {"containerDefinition": part, "taskDefinition": whole},
            {"containerDefinition": [7], "taskDefinition": whole},
        ]);
        assert_eq!(found["containerDefinitions"], expected);
        assert_eq!(parts.body_with(&wanted), parts.body());
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(Value::from(7)),
        Just(Value::from("a \" b , } c"))
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
        let members = prop::collection::vec(("[abc:\n]{1,2}", inner), 0..4);
        let object = members.prop_map(|members| Value::Object(members.into_iter().collect()));
        prop_oneof![list, object]
    })
}

proptest! {
    #[test]
    fn parts_agree_with_parsed_json(
        mut definition in value(),
        containers in prop::collection::vec(value(), 0..5),
        is_pretty in any::<bool>(),
    ) {
        if definition.is_object() {
            definition["containerDefinitions"] = Value::from(containers.clone());
        }
        let whole = json!({"taskDefinition": definition});
        let body = match is_pretty {
            true => serde_json::to_string_pretty(&whole),
            false => serde_json::to_string(&whole),
        };
        let parts = parts(&body.expect("JSON"));
        let found: Value = serde_json::from_str(parts.text()).expect("still JSON");
        let mut rest = definition.clone();
        let is_object = rest.as_object_mut().map(|it| it.remove("containerDefinitions")).is_some();
        if is_object {
            let expected = containers.iter().enumerate().map(|(position, each)| {
                match each {
                    Value::Null => Value::Null,
                    each => json!({"containerDefinition": each, "taskDefinition": rest, "position": position}),
                }
            });
            prop_assert_eq!(&found["containerDefinitions"], &expected.collect::<Value>());
        }
        // The members are where the text says.
        let wanted = Wanted::at_paths(["taskDefinition.a", "position"]);
        let left: Value = serde_json::from_slice(&parts.body_with(&wanted)).expect("still JSON");
        for (each, whole) in left["containerDefinitions"].as_array().into_iter().flatten()
            .zip(found["containerDefinitions"].as_array().into_iter().flatten()) {
            if whole["taskDefinition"].is_object() {
                prop_assert_eq!(&each["position"], &whole["position"]);
                prop_assert_eq!(&each["taskDefinition"]["a"], &whole["taskDefinition"]["a"]);
            }
        }
    }
}
