//! The rules of a task's attributes.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use portolan_mapper_sdk::testing::map;
use portolan_mapper_sdk::{Severity, Value, json};
use portolan_mapper_task::Tasks;

fn record(mut task: Value) -> Value {
    task["taskArn"] = json!("arn:t");
    let outcome = map::<Tasks>(&json!({ "tasks": [task] }).to_string()).unwrap();
    assert_eq!(outcome.issues, []);
    outcome.records[0].1.clone()
}

#[test]
fn details_of_all_attachments_count() {
    let detail = |name: &str, value: Value| json!({ "name": name, "value": value });
    let record = record(json!({ "attachments": [
        { "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": [
            detail("networkInterfaceId", json!("eni-1")), detail("privateIPv4Address", json!("10.0.0.1")),
            detail("subnetId", json!("subnet-1")), detail("SubnetId", json!("wrong case")), null ] },
        null,
        { "type": "Service Connect", "status": "DELETED", "details": [
            detail("networkInterfaceId", json!("eni-2")), detail("privateIPv4Address", Value::Null),
            { "name": "privateIPv4Address" }, { "value": "nameless" },
            detail("subnetId", json!("subnet-1")), detail("subnetId", json!("")) ] },
        { "details": null },
    ]}));
    assert_eq!(record["NETWORK_INTERFACE_IDS"], json!(["eni-1", "eni-2"]));
    assert_eq!(record["PRIVATE_IP_ADDRESSES"], json!(["10.0.0.1"]));
    assert_eq!(record["SUBNET_IDS"], json!(["subnet-1", ""]));
}

#[test]
fn images_and_sizes_are_as_they_come() {
    let record = record(json!({ "cpu": "0.5 vCPU", "memory": "1024", "containers": [
        { "image": " repo/web:1 " }, {}, null, { "image": null }, { "image": "a" }, { "image": "a" } ] }));
    assert_eq!(record["CONTAINER_IMAGES"], json!([" repo/web:1 ", "a"]));
    assert_eq!(
        (&record["CPU"], &record["MEMORY"]),
        (&json!("0.5 vCPU"), &json!("1024"))
    );
    assert_eq!(record["NAME"], "arn:t");
}

#[test]
fn times_are_exact_to_the_millisecond() {
    let page = r#"{"tasks":[{"taskArn":"a","createdAt":1.466801808595E9,"startedAt":0,"stoppedAt":-0.0005}]}"#;
    let record = &map::<Tasks>(page).unwrap().records[0].1;
    assert_eq!(record["FIRST_SEEN"], "2016-06-24T20:56:48.595Z");
    assert_eq!(record["LAST_STARTED"], "1970-01-01T00:00:00.000Z");
    assert_eq!(record["LAST_STOPPED"], "1969-12-31T23:59:59.999Z");
}

#[test]
fn a_year_beyond_four_digits_is_left_out_with_a_warning() {
    let page =
        r#"{"tasks":[null,{"taskArn":"a","createdAt":1e999999999,"startedAt":253402300799.9999}]}"#;
    let outcome = map::<Tasks>(page).unwrap();
    assert_eq!(outcome.records[0].1.get("FIRST_SEEN"), None);
    assert_eq!(
        outcome.records[0].1["LAST_STARTED"],
        "9999-12-31T23:59:59.999Z"
    );
    let issue = &outcome.issues[0];
    assert_eq!(
        (issue.severity, issue.code, issue.path.as_str()),
        (Severity::Warning, "year-out-of-range", "tasks[1].createdAt")
    );
    assert_eq!(issue.source_index, Some(1));
}

#[test]
fn a_warning_is_given_once_although_another_task_is_of_a_wrong_type() {
    let page = r#"{"tasks":[{"taskArn":"a","createdAt":1e30},{"taskArn":"b","containers":[{},{"image":5}]},{"taskArn":"c","createdAt":"0"}]}"#;
    let outcome = map::<Tasks>(page).unwrap();
    let found: Vec<_> = outcome
        .issues
        .iter()
        .map(|issue| (issue.code, issue.path.as_str()))
        .collect();
    let expected = [
        ("year-out-of-range", "tasks[0].createdAt"),
        ("wrong-type", "tasks[1].containers[1].image"),
        ("wrong-type", "tasks[2].createdAt"),
    ];
    assert_eq!(found, expected);
    assert_eq!(outcome.records.len(), 1);
}
