use serde_json::json;

use super::{CANARY, Served, command, data, files_with};
use crate::support::run;
use portolan_tests::simulator::BASE_ACCESS_KEY;

#[test]
fn keys_are_checked_before_they_are_stored() {
    let served = Served::small();
    let body = json!({"credentialName": "keys", "accessKey": "AKIAUNKNOWN000000000", "accessSecret": CANARY});
    let detail = served.refused(422, "POST", "/v1/aws/credentials", Some(&body));
    assert!(detail.contains("?verify=false"), "{detail}");
    let stored = served.ask("POST", "/v1/aws/credentials?verify=false", Some(&body));
    assert_eq!(stored.get("accountId"), None);
    for (body, expected) in [
        (
            json!({"credentialName": "", "accessKey": BASE_ACCESS_KEY, "accessSecret": "s"}),
            "credentialName",
        ),
        (
            json!({"credentialName": "a", "accessKey": CANARY, "accessSecret": "s"}),
            "accessKey",
        ),
        (
            json!({"credentialName": "a", "accessKey": BASE_ACCESS_KEY}),
            "both of",
        ),
        (
            json!({"credentialName": "a", "accessSecret": 5}),
            "accessSecret",
        ),
        (
            json!({"credentialName": "a", "acessKey": "x"}),
            "unknown field `acessKey`",
        ),
        (
            json!({"credentialName": "a", "assumeRoleArn": ["nonsense"]}),
            "--allow-host-credentials",
        ),
    ] {
        let detail = served.refused(400, "POST", "/v1/aws/credentials", Some(&body));
        assert!(detail.contains(expected), "{detail}");
        assert!(!detail.contains(CANARY), "{detail}");
    }
}

// Long, because each step needs the one before.
#[test]
fn a_credential_lives_and_dies_visibly() {
    let served = Served::small();
    let id = served.credential("keys");
    let path = format!("/v1/aws/credentials/{id}");
    let task = served.register("it", &id);
    served.ended(&task);
    assert_eq!(served.get(&path)["usedBy"], json!(["it"]));
    served.refused(
        409,
        "POST",
        "/v1/aws/credentials",
        Some(&json!({
            "credentialName": "keys", "accessKey": BASE_ACCESS_KEY, "accessSecret": CANARY
        })),
    );
    let keys = json!({"accessKey": BASE_ACCESS_KEY, "accessSecret": format!("{CANARY}2")});
    let rotated = served.ask("POST", &format!("{path}/rotate"), Some(&keys));
    assert!(rotated["rotatedAt"].is_string());
    served.ask("POST", &format!("/v1/aws/ecs/tasks/{task}/scan"), None);
    assert_ne!(served.ended(&task)["state"], "failed");
    served.ask("PATCH", &path, Some(&json!({"credentialName": "renamed"})));

    let detail = served.refused(409, "DELETE", &path, None);
    assert!(
        detail.contains("it") && detail.contains("?stop=true"),
        "{detail}"
    );
    assert_eq!(
        served.ask("DELETE", &format!("{path}?stop=true"), None)["stopped"],
        json!(["it"])
    );
    let registration = served.get(&format!("/v1/aws/ecs/tasks/{task}"));
    assert_eq!(registration["status"], "stopped");
    assert!(
        registration["statusReason"]
            .as_str()
            .unwrap()
            .contains("renamed")
    );
    served.refused(409, "POST", &format!("/v1/aws/ecs/tasks/{task}/scan"), None);
    // What it found stays.
    assert!(
        !served.get("/v1/findings")["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );

    let other = served.credential("others");
    let changed = served.ask(
        "PATCH",
        &format!("/v1/aws/ecs/tasks/{task}"),
        Some(&json!({"secretUUID": other})),
    );
    assert_eq!(changed["status"], "active");
    let log = served.get("/v1/audit?limit=200").to_string();
    for action in ["stored", "rotated", "renamed", "deleted"] {
        assert!(log.contains(&format!("credential.{action}")), "{action}");
    }
    assert_eq!(
        files_with(served.site.folder.path(), CANARY),
        Vec::<String>::new()
    );
}

#[test]
fn a_master_key_is_rotated_beside_the_service_and_a_wrong_one_refuses_to_start() {
    let mut served = Served::small();
    let id = served.credential("keys");
    let keys = data(&served.site).join("keys");
    let before = std::fs::read_to_string(&keys).unwrap();
    run(command(&served.site).args(["key", "rotate"])).with(0);
    let after = std::fs::read_to_string(&keys).unwrap();
    assert!(after.ends_with(&before) && after.lines().count() == 2);
    let task = served.register("it", &id);
    assert_ne!(served.ended(&task)["state"], "failed");

    served.end("-TERM");
    std::fs::write(&keys, &before).unwrap();
    let refused = run(command(&served.site).args(["serve", "--listen", "127.0.0.1:0"])).with(1);
    assert!(
        refused.stderr.contains("does not hold; restore that key"),
        "{}",
        refused.stderr
    );
    std::fs::remove_file(&keys).unwrap();
    let refused = run(command(&served.site).args(["serve", "--listen", "127.0.0.1:0"])).with(1);
    assert!(
        refused.stderr.contains("restore it from a backup"),
        "{}",
        refused.stderr
    );
    std::fs::write(&keys, after).unwrap();
    let mode = run(std::process::Command::new("chmod").arg("600").arg(&keys));
    mode.with(0);
    served.restart();
    assert_eq!(
        served.get("/v1/aws/credentials")["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let second = run(command(&served.site).args(["serve", "--listen", "127.0.0.1:0"])).with(1);
    assert!(
        second.stderr.contains("another `portolan serve`"),
        "{}",
        second.stderr
    );
}

#[test]
fn what_belongs_to_registrations_is_no_setting_of_the_service() {
    let served = Served::small();
    for (flag, value, expected) in [
        ("--regions", "us-east-1", "belongs to a registration"),
        ("--profile", "prod", "--allow-host-credentials"),
    ] {
        let mut serve = command(&served.site);
        let refused = run(serve.args(["serve", flag, value])).with(2);
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    }
}
