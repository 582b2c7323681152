use portolan_sandbox::Manifest;
use serde_json::{Value, json};

use super::*;

const ACCOUNT: &str = "111122223333";

fn record(value: &Value) -> Record {
    let own = json!({"ACCOUNT_ID": ACCOUNT, "REGION": "eu-west-1"});
    let mut record = own.as_object().cloned().expect("an object");
    record.extend(value.as_object().cloned().expect("an object"));
    record
}

/// An assessor of tasks that reads CPU of them, NAME of the task's definition and of all providers.
fn manifest() -> Manifest {
    let manifest = json!({
        "name": "a", "version": "1", "kind": "assessor", "objects": ["EcsTask"],
        "with": {
            "definition": {
                "object": "EcsTaskDefinition",
                "by": {"TASK_DEFINITION_ARN": ["TASK_DEFINITION_ARN"]},
            },
            "providers": {"object": "EcsCapacityProvider", "many": true},
        },
        "controls": [{
            "id": "A.1", "title": "t", "question": "q", "condition": "c", "severity": "low", "remediation": "r",
        }],
        "reads": {"members": ["subject.CPU", "related.definition.NAME", "related.providers.NAME"]},
    });
    Manifest::parse(&manifest.to_string()).expect("valid")
}

fn output(folder: &std::path::Path) -> Output {
    let definition =
        record(&json!({"UID": "d", "TASK_DEFINITION_ARN": "arn:d", "NAME": "web", "FAMILY": "f"}));
    let provider = record(&json!({"UID": "p", "NAME": "spot", "TYPE": "t"}));
    for (object, record) in [
        ("EcsTaskDefinition", definition),
        ("EcsCapacityProvider", provider),
    ] {
        let line = format!("{}\n", Value::Object(record));
        std::fs::write(folder.join(format!("{object}.jsonl")), line).expect("written");
    }
    let report = json!({
        "portolan_version": "1", "captured_at": "2026-12-01T00:00:00.000Z", "finished_at": "2026-12-01T00:00:01.000Z",
        "status": "complete", "complete": true, "data_replaced": true, "options": {}, "objects": {}, "scopes": [],
        "operations": [], "quotas": [], "mappers": [], "warnings": [], "details_omitted": 0,
    });
    Output {
        folder: folder.to_owned(),
        report: serde_json::from_value(report).expect("a report"),
    }
}

#[test]
fn an_assessor_gets_what_it_reads_and_may_name_what_it_does_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let (output, manifest, coverage) = (output(folder.path()), manifest(), Coverage::new(&[]));
    let joins = Joins::new(&output, &coverage, &manifest).expect("joins");
    let task = json!({"UID": "t", "TASK_DEFINITION_ARN": "arn:d", "CPU": "256", "GROUP": "g"});
    let joined = joins.join(record(&task)).expect("joined");
    let element: Value = serde_json::from_str(&joins.element(&joined)).expect("JSON");
    assert_eq!(element["subject"], json!({"UID": "t", "CPU": "256"}));
    let related = json!({"definition": {"UID": "d", "NAME": "web"}, "providers": [{"UID": "p", "NAME": "spot"}]});
    assert_eq!(element["related"], related);
    let evidence =
        |uid: &str, attribute: &str| joins.evidence(&joined, uid, attribute).expect("read");
    for (uid, attribute, value) in [
        ("t", "GROUP", Some(json!("g"))),
        ("d", "FAMILY", Some(json!("f"))),
        ("p", "TYPE", Some(json!("t"))),
        ("d", "NETWORK_MODE", None),
    ] {
        assert_eq!(
            evidence(uid, attribute),
            Some(value),
            "{attribute} of {uid}"
        );
    }
    assert_eq!(evidence("d", "NO_SUCH"), None);
    assert_eq!(evidence("other", "NAME"), None);
}

#[test]
fn what_all_subjects_of_a_place_share_is_read_once_for_each_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let (output, manifest, coverage) = (output(folder.path()), manifest(), Coverage::new(&[]));
    let joins = Joins::new(&output, &coverage, &manifest).expect("joins");
    let join = |region: &str| {
        let mut task = record(&json!({"UID": "t"}));
        task.insert("REGION".into(), region.into());
        joins.join(task).expect("joined")
    };
    let [one, same, elsewhere] = ["eu-west-1", "eu-west-1", "us-east-1"].map(join);
    assert!(Rc::ptr_eq(
        &one.related["providers"],
        &same.related["providers"]
    ));
    assert!(elsewhere.related["providers"].records.is_empty());
}
