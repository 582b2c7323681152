//! The rules of a cluster's attributes, and those that hold for every object.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use portolan_mapper_cluster::Clusters;
use portolan_mapper_sdk::testing::{context, map};
use portolan_mapper_sdk::{PageError, Severity, Value, json, map_page};

fn record(cluster: Value) -> Value {
    let outcome = map::<Clusters>(&json!({ "clusters": [cluster] }).to_string()).unwrap();
    assert_eq!(outcome.issues, []);
    outcome.records[0].1.clone()
}

fn codes(page: &str) -> Vec<(u32, &'static str, String)> {
    let outcome = map::<Clusters>(page).unwrap();
    outcome
        .issues
        .into_iter()
        .map(|issue| (issue.source_index.unwrap(), issue.code, issue.path))
        .collect()
}

#[test]
fn a_record_has_exactly_the_attributes_that_are_there() {
    let expected = json!({
        "UID": "arn:x", "CLUSTER_ARN": "arn:x", "NAME": "arn:x", "CLOUD_PROVIDER": "AWS",
        "ACCOUNT_ID": "123456789012", "REGION": "us-west-2", "LAST_CAPTURED": "2026-11-21T01:32:00.123Z",
    });
    assert_eq!(record(json!({ "clusterArn": "arn:x" })), expected);
    let nulls = json!({
        "clusterArn": "arn:x", "clusterName": null, "status": null, "activeServicesCount": null,
        "capacityProviders": null, "tags": null, "UID": "unknown member", "ClusterName": "wrong case",
    });
    assert_eq!(record(nulls), expected);
    let empty = json!({ "clusterArn": "arn:x", "capacityProviders": [null], "tags": [] });
    assert_eq!(record(empty), expected);
}

#[test]
fn an_empty_name_is_kept_but_does_not_name_the_cluster() {
    let record = record(json!({ "clusterArn": "arn:x", "clusterName": "", "status": "" }));
    assert_eq!(record["CLUSTER_NAME"], "");
    assert_eq!(record["SOURCE_STATUS"], "");
    assert_eq!(record["NAME"], "arn:x");
}

#[test]
fn counts_may_be_zero_negative_or_oddly_written() {
    let page = r#"{"clusters":[{"clusterArn":"a","activeServicesCount":0,"pendingTasksCount":-1,
        "runningTasksCount":1E2,"registeredContainerInstancesCount":3.0}]}"#;
    let record = &map::<Clusters>(page).unwrap().records[0].1;
    assert_eq!(record["ACTIVE_SERVICES_COUNT"], 0);
    assert_eq!(record["PENDING_TASKS_COUNT"], -1);
    assert_eq!(record["RUNNING_TASKS_COUNT"], 100);
    assert_eq!(record["REGISTERED_CONTAINER_INSTANCE_COUNT"], 3);
}

#[test]
fn lists_are_ordered_sets_and_text_is_untouched() {
    let record = record(
        json!({ "clusterArn": "a", "clusterName": " A\u{0}\u{2028} ", "capacityProviders": ["b", null, "a", "b", ""] }),
    );
    assert_eq!(record["CAPACITY_PROVIDERS"], json!(["b", "a", ""]));
    assert_eq!(record["CLUSTER_NAME"], " A\u{0}\u{2028} ");
    assert_eq!(record["NAME"], " A\u{0}\u{2028} ");
}

#[test]
fn no_arn_is_no_record() {
    let page = r#"{"clusters":[{},{"clusterArn":null},{"clusterArn":""},null,{"clusterArn":"a"}]}"#;
    let outcome = map::<Clusters>(page).unwrap();
    assert_eq!(outcome.records.len(), 1);
    assert_eq!(outcome.records[0].0, 4);
    assert!(
        outcome
            .issues
            .iter()
            .all(|issue| issue.severity == Severity::Rejected)
    );
    let path = |index: u32| (index, "no-arn", format!("clusters[{index}].clusterArn"));
    assert_eq!(codes(page), [path(0), path(1), path(2)]);
}

#[test]
fn a_wrong_type_rejects_its_object_only() {
    let page = r#"{"clusters":[{"clusterArn":"a"},{"clusterArn":"b","runningTasksCount":"secret"},5,["x"],
        {"clusterArn":"c","tags":[{"key":"k"},{"key":7}]},{"clusterArn":"d"}]}"#;
    let outcome = map::<Clusters>(page).unwrap();
    let mapped: Vec<u32> = outcome.records.iter().map(|record| record.0).collect();
    assert_eq!(mapped, [0, 5]);
    let expected = [
        (1, "wrong-type", "clusters[1].runningTasksCount".to_owned()),
        (2, "wrong-type", "clusters[2]".to_owned()),
        (3, "wrong-type", "clusters[3]".to_owned()),
        (4, "wrong-type", "clusters[4].tags[1].key".to_owned()),
    ];
    assert_eq!(codes(page), expected);
    assert_eq!(
        outcome.issues[0].message,
        "`clusters[1].runningTasksCount` is a string, expected an integer"
    );
}

#[test]
fn broken_escapes_matter_only_where_they_are_read() {
    for broken in [r"\ud800", r"\q", r"\u12", r"\ud83d\x"] {
        let page = format!(
            r#"{{"clusters":[{{"clusterArn":"a","unknown":"{broken}"}},{{"clusterArn":"b{broken}"}},{{"clusterArn":"c"}}]}}"#
        );
        assert_eq!(map::<Clusters>(&page).unwrap().records.len(), 2, "{broken}");
        assert_eq!(
            codes(&page),
            [(1, "malformed-json", "clusters[1].clusterArn".to_owned())],
            "{broken}"
        );
    }
}

#[test]
fn nothing_described_is_no_error() {
    for page in [
        "{}",
        r#"{"clusters":[]}"#,
        r#"{"clusters":null}"#,
        r#"{"clusters":[null]}"#,
        r#"{"failures":[{"arn":"a","reason":"MISSING"}]}"#,
    ] {
        let outcome = map::<Clusters>(page).unwrap();
        assert!(
            outcome.records.is_empty() && outcome.issues.is_empty(),
            "{page}"
        );
    }
}

#[test]
fn a_body_that_is_no_response_fails_as_a_whole_and_quotes_nothing() {
    for page in [
        "",
        "null",
        "[]",
        "\"secret\"",
        "5",
        "{\"clusters\":5}",
        "{\"clusters\":\"secret\"}",
        "{\"clusters\":{}}",
        "{\"clusters\":[{\"clusterArn\":\"secret",
        "{\"clusters\":[]} secret",
        "<html>secret</html>",
        "{\"clusters\":[],\"clusters\":[]}",
    ] {
        let error = map::<Clusters>(page).unwrap_err();
        assert!(
            matches!(error, PageError::MalformedPage(_)),
            "{page}: {error:?}"
        );
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let error =
        map_page::<Clusters>(&context("EcsCluster"), b"{\"clusters\":[\"\xff\"]}").unwrap_err();
    assert!(matches!(error, PageError::MalformedPage(_)));
}

#[test]
fn other_objects_are_refused() {
    let error = map_page::<Clusters>(&context("EcsTask"), b"{}").unwrap_err();
    assert!(matches!(error, PageError::UnsupportedObject(_)));
}

#[test]
fn deep_nesting_does_no_harm() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let ignored = format!(r#"{{"clusters":[{{"clusterArn":"a","unknown":{deep}}}]}}"#);
    assert_eq!(map::<Clusters>(&ignored).unwrap().records.len(), 1);
    let read = format!(r#"{{"clusters":[{{"clusterArn":{deep}}}]}}"#);
    assert_eq!(
        codes(&read),
        [(0, "wrong-type", "clusters[0].clusterArn".to_owned())]
    );
}

#[test]
fn the_manifest_says_who_the_module_is() {
    let manifest: Value =
        serde_json::from_str(&portolan_mapper_cluster::manifest().to_json()).unwrap();
    let expected = json!({
        "name": "portolan-mapper-cluster", "version": env!("CARGO_PKG_VERSION"), "kind": "mapping",
        "objects": ["EcsCluster"], "attributes": {}, "settings": null, "capabilities": [],
        "reads": {
            "members": [
                "clusterArn", "clusterName", "status", "activeServicesCount", "pendingTasksCount",
                "runningTasksCount", "registeredContainerInstancesCount", "capacityProviders", "tags",
            ],
            "records": false,
        },
    });
    assert_eq!(manifest, expected);
}
