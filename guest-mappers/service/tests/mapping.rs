//! The rules of a service's attributes.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use portolan_mapper_sdk::testing::map;
use portolan_mapper_sdk::{Value, json};
use portolan_mapper_service::Services;

fn record(mut service: Value) -> Value {
    service["serviceArn"] = json!("arn:s");
    let outcome = map::<Services>(&json!({ "services": [service] }).to_string()).unwrap();
    assert_eq!(outcome.issues, []);
    outcome.records[0].1.clone()
}

#[test]
fn network_settings_come_from_the_service_itself() {
    let settings = |subnet: &str| json!({ "awsvpcConfiguration": { "subnets": [subnet, null, subnet], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED" } });
    let full = record(
        json!({ "networkConfiguration": settings("subnet-1"), "deployments": [{ "networkConfiguration": settings("subnet-2") }] }),
    );
    assert_eq!(full["SUBNET_IDS"], json!(["subnet-1"]));
    assert_eq!(full["SECURITY_GROUP_IDS"], json!(["sg-1"]));
    assert_eq!(full["ASSIGN_PUBLIC_IP"], true);

    let elsewhere = [
        json!({}),
        json!({ "awsvpcConfiguration": null }),
        Value::Null,
    ];
    for configuration in elsewhere {
        let record = record(
            json!({ "networkConfiguration": configuration, "taskSets": [{ "networkConfiguration": settings("subnet-2") }] }),
        );
        for attribute in ["SUBNET_IDS", "SECURITY_GROUP_IDS", "ASSIGN_PUBLIC_IP"] {
            assert_eq!(record.get(attribute), None, "{attribute}");
        }
    }
}

#[test]
fn only_enabled_assigns_a_public_ip() {
    for (stated, expected) in [
        ("ENABLED", true),
        ("DISABLED", false),
        ("enabled", false),
        ("", false),
        ("UNKNOWN", false),
    ] {
        let record = record(
            json!({ "networkConfiguration": { "awsvpcConfiguration": { "assignPublicIp": stated } } }),
        );
        assert_eq!(record["ASSIGN_PUBLIC_IP"], expected, "{stated}");
    }
}

#[test]
fn enumerations_pass_through_unknown_values() {
    let record = record(
        json!({ "launchType": "ORBITAL", "schedulingStrategy": "", "serviceName": "", "roleArn": "r" }),
    );
    assert_eq!(record["LAUNCH_TYPE"], "ORBITAL");
    assert_eq!(record["SCHEDULING_STRATEGY"], "");
    assert_eq!(record["NAME"], "arn:s");
    assert_eq!(record["SERVICE_ROLE_ARN"], "r");
}

#[test]
fn target_groups_are_a_set() {
    let balancers = json!([{ "targetGroupArn": "b" }, null, { "loadBalancerName": "classic" }, { "targetGroupArn": "a" }, { "targetGroupArn": "b" }]);
    assert_eq!(
        record(json!({ "loadBalancers": balancers }))["TARGET_GROUP_ARNS"],
        json!(["b", "a"])
    );
}

#[test]
fn a_nested_wrong_type_names_its_path() {
    let page = r#"{"services":[{"serviceArn":"a","networkConfiguration":{"awsvpcConfiguration":["x"]}},{"serviceArn":"b"}]}"#;
    let outcome = map::<Services>(page).unwrap();
    assert_eq!(outcome.records.len(), 1);
    assert_eq!(
        outcome.issues[0].path,
        "services[0].networkConfiguration.awsvpcConfiguration"
    );
    assert_eq!(outcome.issues[0].code, "wrong-type");
}
