//! The rules of a task definition's attributes.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use portolan_mapper_sdk::testing::map;
use portolan_mapper_sdk::{Value, json};
use portolan_mapper_task_definition::TaskDefinitions;

fn record(mut definition: Value) -> Value {
    definition["taskDefinitionArn"] = json!("arn:d");
    let outcome =
        map::<TaskDefinitions>(&json!({ "taskDefinition": definition, "tags": [] }).to_string())
            .unwrap();
    assert_eq!(outcome.issues, []);
    outcome.records[0].1.clone()
}

#[test]
fn the_name_needs_family_and_revision() {
    let cases = [
        (json!({ "family": "web", "revision": 7 }), "web:7"),
        (json!({ "family": "web", "revision": 0 }), "web:0"),
        (json!({ "family": "web" }), "arn:d"),
        (json!({ "family": "", "revision": 7 }), "arn:d"),
        (json!({ "revision": 7 }), "arn:d"),
        (json!({ "family": "web", "revision": null }), "arn:d"),
    ];
    for (definition, expected) in cases {
        assert_eq!(record(definition)["NAME"], expected);
    }
}

#[test]
fn environment_gives_names_and_never_values() {
    let record = record(json!({ "containerDefinitions": [
        { "environment": [{ "name": "B", "value": "hunter2" }, null, { "value": "hunter2" }, { "name": "A", "value": "hunter2" }] },
        null,
        { "environment": [{ "name": "B", "value": "hunter2" }], "image": "i" },
    ]}));
    assert_eq!(record["ENVIRONMENT_KEYS"], json!(["B", "A"]));
    assert_eq!(record["CONTAINER_IMAGES"], json!(["i"]));
    assert!(!record.to_string().contains("hunter2"));
}

#[test]
fn an_error_beside_a_value_does_not_tell_the_value() {
    let page = r#"{"taskDefinition":{"taskDefinitionArn":"a","containerDefinitions":[{"environment":["hunter2"]}]}}"#;
    let outcome = map::<TaskDefinitions>(page).unwrap();
    assert_eq!(outcome.records, []);
    assert_eq!(
        outcome.issues[0].path,
        "taskDefinition.containerDefinitions[0].environment[0]"
    );
    assert!(!format!("{:?}", outcome.issues).contains("hunter2"));
}

#[test]
fn secrets_keep_their_whole_reference() {
    let secret = "arn:aws:secretsmanager:us-west-2:123456789012:secret:db-AbCdEf:password::";
    let record = record(
        json!({ "containerDefinitions": [{ "secrets": [{ "name": "P", "valueFrom": secret }, { "name": "Q" }, { "valueFrom": secret }] }] }),
    );
    assert_eq!(record["SECRET_REFS"], json!([secret]));
}

#[test]
fn compatibilities_are_those_required() {
    let record = record(
        json!({ "compatibilities": ["EXTERNAL"], "requiresCompatibilities": ["FARGATE", null, "EC2", "FARGATE"] }),
    );
    assert_eq!(
        record["REQUIRES_COMPATIBILITIES"],
        json!(["FARGATE", "EC2"])
    );
}

#[test]
fn an_absent_definition_is_nothing_and_a_wrong_one_is_rejected() {
    for page in ["{}", r#"{"taskDefinition":null}"#] {
        let outcome = map::<TaskDefinitions>(page).unwrap();
        assert!(
            outcome.records.is_empty() && outcome.issues.is_empty(),
            "{page}"
        );
    }
    for page in [
        r#"{"taskDefinition":5}"#,
        r#"{"taskDefinition":[]}"#,
        r#"{"taskDefinition":"x"}"#,
    ] {
        let outcome = map::<TaskDefinitions>(page).unwrap();
        assert_eq!(outcome.records, []);
        let issue = &outcome.issues[0];
        assert_eq!(
            (issue.source_index, issue.code, issue.path.as_str()),
            (Some(0), "wrong-type", "taskDefinition")
        );
    }
}
