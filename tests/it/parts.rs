//! Parts of described objects, through `portolan map`. Each file in tests/pages/parts is a case.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::examples::recorded;
use crate::support::{json_lines, portolan, root, run};

/// The attributes of the sync, by the recording's context.
const OF_THE_SYNC: [(&str, &str); 4] = [
    ("CLOUD_PROVIDER", "AWS"),
    ("ACCOUNT_ID", "123456789012"),
    ("REGION", "us-west-2"),
    ("LAST_CAPTURED", "2026-11-21T01:32:00.123Z"),
];

#[test]
fn every_case_gives_its_records_and_rejections() {
    let folder = tempfile::tempdir().unwrap();
    let mut cases = 0;
    for entry in std::fs::read_dir(root().join("tests/pages/parts")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let case: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let text = |member: &str| case[member].as_str().unwrap();
        let pages = folder.path().join("pages.jsonl");
        let line = recorded(text("operation"), &case["body"].to_string());
        std::fs::write(&pages, line).unwrap();
        let only = ["map", "--objects", text("object")];
        let ended = run(portolan().args(only).arg(&pages)).with(0);
        let mut expected = case["records"].as_array().unwrap().clone();
        for record in &mut expected {
            for (name, value) in OF_THE_SYNC {
                record[name] = json!(value);
            }
        }
        assert_eq!(json_lines(&ended.stdout), expected, "{path:?}");
        let rejected = json_lines(&ended.stderr).into_iter().map(|issue| {
            let (code, path) = (issue["code"].as_str(), issue["path"].as_str());
            let said = format!("{} {}", code.unwrap(), path.unwrap());
            (issue["source_index"].to_string(), json!(said))
        });
        let rejected: BTreeMap<String, Value> = rejected.collect();
        let expected: BTreeMap<String, Value> =
            serde_json::from_value(case["rejected"].clone()).unwrap();
        assert_eq!(rejected, expected, "{path:?}");
        cases += 1;
    }
    assert!(cases >= 3, "only {cases} cases");
}
