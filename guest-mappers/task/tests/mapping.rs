//! Issues with invalid tasks.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use portolan_mapper_sdk::Severity;
use portolan_mapper_sdk::testing::map;
use portolan_mapper_task::Tasks;

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
