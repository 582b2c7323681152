//! Pages that no AWS would send: nothing panics, and every task ends as a record or a rejection.

use portolan_mapper_sdk::testing::map;
use portolan_mapper_sdk::{Severity, Value};
use portolan_mapper_task::Tasks;
use proptest::prelude::*;

/// Names that the mapper reads, and some that it does not.
const MEMBERS: &[&str] = &[
    "taskArn",
    "clusterArn",
    "createdAt",
    "startedAt",
    "stoppedAt",
    "containers",
    "image",
    "attachments",
    "details",
    "name",
    "value",
    "tags",
    "key",
    "lastStatus",
    "group",
    "UID",
    "unknown",
];

/// Any JSON text, biased toward what the mapper reads and toward numbers that hurt.
fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,12})?",
        "(arn:aws:ecs:|[a-zA-Z0-9:/ ]{0,8}|\\\\u0000|\\\\ud800|\\\\\\\\|\u{2028}|é)"
            .prop_map(|text| format!("\"{text}\"")),
        (1_usize..50_000).prop_map(|length| format!("\"{}\"", "x".repeat(length))),
        Just("\"networkInterfaceId\"".to_owned()),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|items| format!("[{}]", items.join(","))),
            object(inner),
        ]
    })
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::vec((prop::sample::select(MEMBERS), value), 0..8).prop_map(|members| {
        let members: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

proptest! {
    #[test]
    fn every_task_is_accounted_for(tasks in prop::collection::vec(prop_oneof![json_text(), object(json_text())], 0..6)) {
        let page = format!("{{\"failures\":[],\"tasks\":[{}]}}", tasks.join(","));
        let outcome = map::<Tasks>(&page);
        prop_assert!(outcome.is_ok(), "{:?}", outcome);
        let outcome = outcome.unwrap_or_else(|error| unreachable!("checked above: {error}"));
        for (index, task) in (0_u32..).zip(&tasks) {
            let rows = outcome.records.iter().filter(|record| record.0 == index).count();
            let rejections = outcome.issues.iter()
                .filter(|issue| issue.source_index == Some(index) && issue.severity == Severity::Rejected).count();
            let expected = if task == "null" { 0 } else { 1 };
            prop_assert_eq!(rows + rejections, expected, "task {}: {}", index, task);
        }
        for (_, record) in &outcome.records {
            let holds_null = record.as_object().is_none_or(|attributes| attributes.values().any(Value::is_null));
            prop_assert!(!holds_null, "{}", record);
        }
    }

    #[test]
    fn a_body_cut_off_is_malformed(task in object(json_text()), keep in 0.0_f64..1.0) {
        let page = format!("{{\"tasks\":[{task}]}}");
        let mut end = (page.len() as f64 * keep) as usize;
        while !page.is_char_boundary(end) {
            end -= 1;
        }
        prop_assert!(map::<Tasks>(&page[..end]).is_err());
    }

    #[test]
    fn any_text_is_survived(page in ".{0,200}") {
        let _ = map::<Tasks>(&page);
        let _ = map::<Tasks>(&format!("{{\"tasks\":[{page}]}}"));
    }
}
