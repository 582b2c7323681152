use std::time::Duration;

use serde_json::json;

use super::Served;
use crate::support::{Site, wait_until};
use portolan_tests::simulator::{Denial, Rules, World};

/// A service over a world that answers slowly.
fn slow(latency: Duration) -> Served {
    let rules = Rules {
        latency,
        ..Rules::default()
    };
    Served::new(Site::new(World::small(1), rules))
}

fn state(served: &Served, task: &str) -> (String, i64) {
    let scan = served.get(&format!("/v1/scans?task={task}&limit=1"))["items"][0].clone();
    (
        scan["state"].as_str().unwrap().to_owned(),
        scan["attempt"].as_i64().unwrap(),
    )
}

#[test]
fn a_killed_scan_is_tried_again_and_given_up_after_the_third_time() {
    let mut served = slow(Duration::from_millis(400));
    let task = served.register("it", &served.credential("keys"));
    for attempt in 1..=3 {
        wait_until("the scan runs", || {
            state(&served, &task) == ("running".into(), attempt)
        });
        served.end("-KILL");
        served.restart();
    }
    let scan = served.ended(&task);
    assert_eq!(scan["state"], "failed");
    assert!(
        scan["reason"]
            .as_str()
            .unwrap()
            .starts_with("gave up after 3 tries"),
        "{scan}"
    );
    served
        .site
        .simulator
        .change_rules(|rules| rules.latency = Duration::ZERO);
    served.ask("POST", &format!("/v1/aws/ecs/tasks/{task}/scan"), None);
    assert_ne!(served.ended(&task)["state"], "failed");
}

#[test]
fn a_stopped_service_puts_its_scan_back_and_goes_on_after_the_start() {
    let mut served = slow(Duration::from_millis(400));
    let task = served.register("it", &served.credential("keys"));
    wait_until("the scan runs", || state(&served, &task).0 == "running");
    served.end("-TERM");
    served
        .site
        .simulator
        .change_rules(|rules| rules.latency = Duration::ZERO);
    served.restart();
    let scan = served.ended(&task);
    assert_ne!(scan["state"], "failed", "{scan}");
    assert_eq!(scan["attempt"], 1, "{scan}");
}

#[test]
fn a_scan_is_cancelled_and_two_of_one_region_do_not_run_together() {
    let served = slow(Duration::from_millis(400));
    let credential = served.credential("keys");
    let task = served.register("it", &credential);
    let again = json!({"taskName": "again", "secretUUID": credential, "regions": ["us-east-1"]});
    let detail = served.refused(409, "POST", "/v1/aws/ecs/tasks", Some(&again));
    assert!(detail.contains("it scans us-east-1"), "{detail}");
    wait_until("the scan runs", || state(&served, &task).0 == "running");
    let asked = served.ask("POST", &format!("/v1/aws/ecs/tasks/{task}/scan"), None);
    let id = asked["scanId"].as_str().unwrap().to_owned();
    served.ask("POST", &format!("/v1/scans/{id}/cancel"), None);
    let scan = served.ended(&task);
    assert_eq!(
        (&scan["scanId"], &scan["state"]),
        (&json!(id), &json!("cancelled"))
    );
    assert!(scan["reason"].as_str().unwrap().contains("admin"));
    served.refused(409, "POST", &format!("/v1/scans/{id}/cancel"), None);
    assert_eq!(served.get("/v1/objects")["items"], json!([]));
}

#[test]
fn what_a_scan_did_not_see_stays_and_what_is_gone_is_resolved() {
    let served = Served::small();
    let task = served.register("it", &served.credential("keys"));
    served.ended(&task);
    let count = |path: &str| served.get(path)["items"].as_array().unwrap().len();
    let services = count("/v1/objects?object=EcsService&limit=200");
    assert_eq!(services, 16);
    let history = |id: &str| served.get(&format!("/v1/findings/{id}/history"))["items"].clone();
    let finding =
        served.get("/v1/findings?object=EcsService&control=SV.4&result=FAIL&limit=1")["items"][0]
            .clone();
    let id = finding["id"].as_str().unwrap();
    assert_eq!(history(id)[0]["event"], "new");

    served.site.simulator.change_rules(|rules| {
        rules.denials.push(Denial {
            operation: Some("DescribeServices".into()),
            ..Denial::default()
        });
    });
    served.ask("POST", &format!("/v1/aws/ecs/tasks/{task}/scan"), None);
    let scan = served.ended(&task);
    assert_eq!(scan["state"], "partial", "{scan}");
    assert_eq!(count("/v1/objects?object=EcsService&limit=200"), services);
    let stale = served.get(&format!("/v1/findings/{id}"));
    assert!(
        stale["lastSeen"].as_str() < scan["capturedAt"].as_str(),
        "{stale} {scan}"
    );
    assert_eq!(history(id).as_array().unwrap().len(), 1);

    served
        .site
        .simulator
        .change_rules(|rules| rules.denials.clear());
    served.ask("POST", &format!("/v1/aws/ecs/tasks/{task}/scan"), None);
    let scan = served.ended(&task);
    let seen = served.get(&format!("/v1/findings/{id}"));
    assert_eq!(seen["lastSeen"], scan["capturedAt"]);
    assert_eq!(seen["firstSeen"], finding["firstSeen"]);
    assert_eq!(count("/v1/findings?change=new"), 0);
}
