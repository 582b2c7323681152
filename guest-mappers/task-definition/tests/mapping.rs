//! Issues with invalid task definitions.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use portolan_mapper_sdk::testing::map;
use portolan_mapper_task_definition::TaskDefinitions;

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
