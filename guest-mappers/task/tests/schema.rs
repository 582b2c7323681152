//! The schema says what a record holds.

#![cfg(feature = "schema")]

use portolan_mapper_sdk::json;

#[test]
fn the_schema_is_strict_and_explains_every_attribute() {
    let schema = portolan_mapper_task::schema().to_value();
    assert_eq!(schema["title"], "EcsTask");
    assert_eq!(schema["additionalProperties"], false);
    let always = [
        "UID",
        "TASK_ARN",
        "NAME",
        "CLOUD_PROVIDER",
        "ACCOUNT_ID",
        "REGION",
        "LAST_CAPTURED",
    ];
    assert_eq!(schema["required"], json!(always));
    assert_eq!(schema["properties"]["UID"]["minLength"], 1);
    assert_eq!(schema["properties"]["LAST_CAPTURED"]["format"], "date-time");
    for (name, attribute) in schema["properties"].as_object().into_iter().flatten() {
        let description = attribute["description"].as_str().unwrap_or_default();
        assert!(
            attribute["type"].is_string(),
            "{name} may be null: {attribute}"
        );
        assert!(description.contains("Source: "), "{name}: {attribute}");
    }
}
