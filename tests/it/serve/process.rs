use serde_json::json;

use super::{Served, command};
use crate::support::{Site, root, run};

#[test]
fn a_plan_says_what_a_scan_costs() {
    let served = Served::small();
    let task = served.register("it", &served.credential("keys"));
    served.ended(&task);
    let answer = served.get(&format!("/v1/aws/ecs/tasks/{task}/plan"));
    let scope = &answer["plan"]["scopes"][0];
    assert_eq!(scope["region"], "us-east-1");
    assert_eq!(scope["objects"]["EcsService"], 16, "{answer}");
    assert!(scope["operations"]["DescribeServices"].as_u64() > Some(0));
    served.refused(404, "GET", "/v1/aws/ecs/tasks/nobody/plan", None);
    let log = served.text("/v1/audit/export");
    assert!(log.contains("\"plannedBy\":\"admin\""), "{log}");
}

#[test]
fn modules_are_named_and_the_process_admits_them() {
    let site = Site::small();
    let modules = site.folder.path().join("modules");
    std::fs::create_dir(&modules).unwrap();
    let copy = |from: &str, name: &str| {
        std::fs::copy(root().join(from), modules.join(name)).unwrap();
    };
    copy("tests/guests/built/owner.wasm", "owner.wasm");
    copy("guest-mappers/built/cluster.wasm", "cluster.wasm");
    let served = Served::new(site);
    let credential = served.credential("keys");
    let body = |names: &[&str]| json!({"taskName": "it", "secretUUID": credential, "region": "us-east-1", "modules": names});
    for (name, expected) in [
        ("../data/keys", "admits: cluster, owner"),
        ("other", "admits: cluster, owner"),
        ("cluster", "is a mapper"),
    ] {
        let detail = served.refused(422, "POST", "/v1/aws/ecs/tasks", Some(&body(&[name])));
        assert!(detail.contains(expected), "{detail}");
    }
    let task = served.ask("POST", "/v1/aws/ecs/tasks", Some(&body(&["owner"])));
    let task = task["taskId"].as_str().unwrap();
    let scan = served.ended(task);
    assert_eq!(scan["state"], "complete", "{scan}");
    let id = scan["scanId"].as_str().unwrap();
    let report = served.get(&format!("/v1/scans/{id}/report")).to_string();
    assert!(report.contains("owner.wasm"), "{report}");
    // Without the folder, nothing is admitted, and the next scan says so.
    std::fs::remove_file(modules.join("owner.wasm")).unwrap();
    served.ask("POST", &format!("/v1/aws/ecs/tasks/{task}/scan"), None);
    let scan = served.ended(task);
    assert_eq!(scan["state"], "failed");
    assert!(
        scan["reason"].as_str().unwrap().contains("`owner`"),
        "{scan}"
    );
}

#[test]
fn the_space_and_the_time_that_things_are_kept_are_shown() {
    let mut served = Served::small();
    let task = served.register("it", &served.credential("keys"));
    served.ended(&task);
    let status = served.get("/v1/status");
    assert_eq!(
        status["retention"],
        json!({"stoppedTasksHours": 240, "scansHours": 2160, "auditHours": 8760})
    );
    assert!(
        status["space"]["storeBytes"].as_u64() > Some(10_000),
        "{status}"
    );
    let metrics = served.text("/metrics");
    assert!(
        metrics.contains("portolan_data_bytes{part=\"store\"}"),
        "{metrics}"
    );
    let before = served.get("/v1/scans")["items"].as_array().unwrap().len();
    served.ask("POST", &format!("/v1/aws/ecs/tasks/{task}/scan"), None);
    served.ended(&task);
    served.end("-TERM");
    // A minute is the shortest time. The scans of this test are younger, and stay.
    let refused = run(command(&served.site).args(["serve", "--retain-scans", "soon"])).with(2);
    assert!(
        refused.stderr.contains("for example 90d"),
        "{}",
        refused.stderr
    );
    served.restart();
    assert_eq!(
        served.get("/v1/scans")["items"].as_array().unwrap().len(),
        before + 1
    );
}
