//! A module receives the members that its manifest names, and no others of an object.

use serde_json::{Value, json};

use super::grants::spy;
use crate::examples::recorded;
use crate::support::{portolan, run};

/// Whether a mapping that reads these paths sees the secret of a task.
fn sees(paths: &Value, task: &Value) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mappers = folder.path().join("mappers");
    std::fs::create_dir(&mappers).unwrap();
    let module = spy(
        "curious",
        "EcsTask",
        &format!(r#""reads":{{"members":{paths}}}"#),
    );
    std::fs::write(mappers.join("curious.wasm"), module).unwrap();
    let pages = folder.path().join("pages.jsonl");
    let body = json!({"tasks": [{"taskArn": "arn:1"}, task], "failures": []});
    std::fs::write(&pages, recorded("DescribeTasks", &body.to_string())).unwrap();
    let ended = run(portolan()
        .arg("map")
        .arg(&pages)
        .arg("--mappers")
        .arg(&mappers));
    assert!(ended.stderr.contains("curious"), "{}", ended.stderr);
    ended.stderr.contains("seen")
}

#[test]
fn a_module_sees_what_it_reads_and_no_more() {
    let task = json!({
        "taskArn": "arn:2", "group": "CANARY", "containers": [{"name": "CANARY", "image": "i"}],
    });
    for (paths, is_seen) in [
        (json!(null), true),
        (json!(["taskArn"]), false),
        (json!([]), false),
        (json!(["taskArn", "containers.image"]), false),
        (json!(["containers.name"]), true),
        (json!(["containers"]), true),
        (json!(["group", "containers.image"]), true),
    ] {
        assert_eq!(sees(&paths, &task), is_seen, "{paths}");
    }
}
