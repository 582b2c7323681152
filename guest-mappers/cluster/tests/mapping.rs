//! Rules that hold for every object, shown on clusters. tests/oracle checks the rules of attributes.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use portolan_mapper_cluster::Clusters;
use portolan_mapper_sdk::testing::{context, map};
use portolan_mapper_sdk::{PageError, Severity, Value, json, map_page};

fn codes(page: &str) -> Vec<(u32, &'static str, String)> {
    let outcome = map::<Clusters>(page).unwrap();
    outcome
        .issues
        .into_iter()
        .map(|issue| (issue.source_index.unwrap(), issue.code, issue.path))
        .collect()
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

/// A page with every member that the mapping reads.
const FULL: &str = r#"{"failures":[],"clusters":[{"clusterArn":"a","clusterName":"\u0062","status":null,
    "runningTasksCount":-1.0E2,"capacityProviders":["x",null],"tags":[{"key":"k","value":"v"}]},null]}"#;

#[test]
fn a_body_cut_off_anywhere_is_malformed() {
    assert_eq!(map::<Clusters>(FULL).unwrap().records.len(), 1);
    for end in 0..FULL.len() {
        let cut = map::<Clusters>(&FULL[..end]);
        assert!(matches!(cut, Err(PageError::MalformedPage(_))), "{end}");
    }
}

/// The host passes on only valid JSON, but the mapper must not rely on that.
#[test]
fn a_body_with_any_wrong_byte_is_survived() {
    for place in 0..FULL.len() {
        for byte in *b"\"\\{}[],:0-eu \0\xc3\xff" {
            let mut body = FULL.as_bytes().to_vec();
            body[place] = byte;
            if let Ok(mapped) = map_page::<Clusters>(&context("EcsCluster"), &body) {
                assert!(mapped.rows.len() < 2, "{place} {byte}");
            }
        }
    }
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
    let manifest: Value = portolan_mapper_cluster::manifest()
        .to_json()
        .parse()
        .unwrap();
    let expected = json!({
        "name": "portolan-mapper-cluster", "version": env!("CARGO_PKG_VERSION"), "kind": "mapping",
        "objects": ["EcsCluster"], "attributes": {}, "settings": null, "capabilities": [],
        "reads": {
            "members": [
                "clusterArn", "clusterName", "status", "activeServicesCount", "pendingTasksCount",
                "runningTasksCount", "registeredContainerInstancesCount", "capacityProviders", "tags",
                "settings.name", "settings.value",
                "configuration.executeCommandConfiguration.kmsKeyId",
                "configuration.executeCommandConfiguration.logging",
                "configuration.executeCommandConfiguration.logConfiguration.cloudWatchLogGroupName",
                "configuration.executeCommandConfiguration.logConfiguration.s3BucketName",
                "configuration.managedStorageConfiguration.fargateEphemeralStorageKmsKeyId",
                "defaultCapacityProviderStrategy.capacityProvider",
            ],
            "records": false,
        },
    });
    assert_eq!(manifest, expected);
}
