//! Tests against a naive comparison that holds everything in memory.

use std::collections::BTreeMap;
use std::io::Write;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::report::Report;
use portolan_page::ledger::{EntryKey, Ledger};

const OBJECT: Object = Object::EcsTask;

/// Records by UID.
type Records = BTreeMap<String, Map<String, Value>>;

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(1)),
        Just(json!(1.0)),
        Just(json!("a\"\\\u{e9}\n")),
        Just(json!({"a": "1", "b": "2"})),
        Just(json!({"b": "2", "a": "1"})),
        Just(json!([1, 2])),
        Just(json!([2, 1])),
        Just(json!(null)),
    ]
}

fn records() -> impl Strategy<Value = Records> {
    let names = prop::sample::select(vec!["A", "B", "C", "RUNNING_COUNT", "LAST_CAPTURED"]);
    let attributes = prop::collection::btree_map(names, value(), 0..5);
    let uid = prop::sample::select((0..12).map(|it| format!("uid-{it}")).collect::<Vec<_>>());
    prop::collection::btree_map(uid, attributes, 0..12).prop_map(|records| {
        let whole = |(uid, attributes): (String, BTreeMap<&str, Value>)| {
            let mut record = Map::new();
            record.insert("ACCOUNT_ID".into(), json!("1"));
            record.insert("REGION".into(), json!("r"));
            record.insert("UID".into(), json!(uid));
            let attributes = attributes.into_iter();
            record.extend(attributes.map(|(name, value)| (name.to_owned(), value)));
            (uid, record)
        };
        records.into_iter().map(whole).collect()
    })
}

/// Every change that a comparison value by value finds: its kind, UID and attribute names.
fn naive(earlier: &Records, new: &Records) -> Vec<(ChangeKind, String, Vec<String>)> {
    let spelled_alike = |value: &Value| match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(list) => list.iter().map(|it| json!(it.as_f64())).collect(),
        other => other.clone(),
    };
    let mut changes = Vec::new();
    for (uid, record) in new {
        let Some(before) = earlier.get(uid) else {
            changes.push((ChangeKind::Added, uid.clone(), vec![]));
            continue;
        };
        let mut names: Vec<String> = record.keys().chain(before.keys()).cloned().collect();
        names.sort();
        names.dedup();
        names.retain(|name| {
            !Object::volatile_attributes().contains(name)
                && record.get(name).map(spelled_alike) != before.get(name).map(spelled_alike)
        });
        if !names.is_empty() {
            changes.push((ChangeKind::Changed, uid.clone(), names));
        }
    }
    let gone = earlier.keys().filter(|uid| !new.contains_key(*uid));
    changes.extend(gone.map(|uid| (ChangeKind::Removed, uid.clone(), vec![])));
    changes
}

fn report(is_complete: bool) -> Report {
    let ledger = Ledger::default();
    let key = EntryKey {
        account_id: "1".into(),
        region: "r".into(),
        object: OBJECT,
        cluster: None,
    };
    ledger.open(&key);
    if !is_complete {
        ledger.lost(&key, "a test", 0);
    }
    let captured_at = "2026-11-25T00:00:00.000Z";
    Report::new(
        ledger.close(&Object::ALL),
        captured_at,
        String::new(),
        Vec::new(),
    )
}

fn write(folder: &Path, records: &Records, is_complete: bool) {
    let mut file = std::fs::File::create(folder.join("EcsTask.jsonl")).expect("a file");
    for record in records.values() {
        let line = serde_json::to_string(record).expect("JSON");
        writeln!(file, "{line}").expect("written");
    }
    let report = serde_json::to_vec(&report(is_complete)).expect("JSON");
    std::fs::write(folder.join("report.json"), report).expect("written");
}

proptest! {
    #[test]
    fn the_feed_is_that_of_a_naive_comparison(
        earlier in records(),
        new in records(),
        are_complete: (bool, bool),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), &earlier, are_complete.0);
        let volatile = Object::volatile_attributes();
        let comparison = EarlierOutput::open(folder.path(), &[OBJECT], volatile, false).expect("an output");
        let mut told = Vec::new();
        for record in new.values() {
            let line = serde_json::to_vec(record).expect("JSON");
            let change = comparison.compare(OBJECT, &line, &[]).expect("comparable");
            if change.kind != ChangeKind::Unchanged {
                told.push((change.kind, change.uid, change.changed_attributes));
            }
        }
        let changes = comparison.close(Some(&report(are_complete.1).coverage()), |_, change| {
            told.push((change.kind, change.uid, change.changed_attributes));
            Ok::<_, ChangesError>(())
        }).expect("comparable");
        let mut expected = naive(&earlier, &new);
        let gone = expected.iter().filter(|change| change.0 == ChangeKind::Removed).count() as u64;
        let counts = changes.objects[&OBJECT];
        if are_complete == (true, true) {
            prop_assert_eq!((counts.removed, counts.removals_withheld), (gone, 0));
        } else {
            expected.retain(|change| change.0 != ChangeKind::Removed);
            prop_assert_eq!((counts.removed, counts.removals_withheld), (0, gone));
        }
        let order = |change: &(ChangeKind, String, Vec<String>)| (format!("{:?}", change.0), change.1.clone());
        told.sort_by_key(order);
        expected.sort_by_key(order);
        prop_assert_eq!(&told, &expected);
        prop_assert_eq!(counts.added + counts.changed + counts.unchanged, new.len() as u64);
    }
}
