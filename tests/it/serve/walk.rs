use serde_json::{Value, json};

use super::{CANARY, Served, files_with, token};
use crate::contracts::committed;
use crate::support::root;
use portolan_tests::simulator::BASE_ACCESS_KEY;

#[test]
fn the_walk_of_the_seed() {
    let served = Served::small();
    let stored = served.ask(
        "POST",
        "/v1/aws/credentials",
        Some(&json!({"credentialName": "fargate-production", "accessKey": BASE_ACCESS_KEY, "accessSecret": CANARY})),
    );
    assert_eq!(stored["secretName"], "fargate-production");
    assert_eq!(stored["status"], "ok");
    assert_eq!(stored["partition"], "aws");
    let registered = served.ask(
        "POST",
        "/v1/aws/ecs/tasks",
        Some(&json!({"taskName": "fargate-scan-prod", "secretUUID": stored["credentialId"], "region": "us-east-1"})),
    );
    let task = registered["taskId"].as_str().unwrap();
    let scan = served.ended(task);
    assert!(
        ["complete", "partial"].contains(&scan["state"].as_str().unwrap()),
        "{scan}"
    );

    let found =
        served.get("/v1/findings?name=fargate-scan-prod&region=us-east-1&result=FAIL&limit=200");
    let items = found["items"].as_array().unwrap();
    assert!(!items.is_empty());
    assert!(
        items
            .iter()
            .all(|it| it["taskName"] == "fargate-scan-prod" && it["change"] == "new")
    );
    for elsewhere in [
        "name=other",
        "region=eu-west-1",
        "account=000000000000",
        "gone=true",
    ] {
        assert_eq!(
            served.get(&format!("/v1/findings?{elsewhere}"))["items"],
            json!([]),
            "{elsewhere}"
        );
    }
    let tasks = served.get("/v1/objects?object=EcsTask&limit=200");
    assert!(tasks["items"].as_array().unwrap().len() >= 40);
    let canary = served.site.simulator.canary();
    let places = [
        super::data(&served.site),
        served.site.folder.path().to_owned(),
    ];
    for text in [CANARY, canary] {
        assert_eq!(
            places
                .iter()
                .flat_map(|it| files_with(it, text))
                .collect::<Vec<_>>(),
            Vec::<String>::new()
        );
    }
}

#[test]
fn pages_counts_and_exports_of_a_filter_agree() {
    let served = Served::small();
    let task = served.register("it", &served.credential("keys"));
    served.ended(&task);
    for filter in [
        "",
        "&result=FAIL,NOT_EVALUATED",
        "&severity=high,critical&sort=since",
        "&sort=uid",
    ] {
        let rows = served.all(&format!("/v1/findings?{}", filter.trim_start_matches('&')));
        let ids: Vec<_> = rows
            .iter()
            .map(|it| it["id"].as_str().unwrap().to_owned())
            .collect();
        let path = format!("/v1/findings/export?{}", filter.trim_start_matches('&'));
        let exported = crate::support::json_lines(&served.text(&path));
        let exported: Vec<&str> = exported
            .iter()
            .map(|it| it["id"].as_str().unwrap())
            .collect();
        assert_eq!(exported, ids, "{filter}");
        let unique: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len());
        if !filter.contains("sort") {
            let sum = served.counted(&format!("/v1/findings/counts?by=result{filter}"));
            assert_eq!(usize::try_from(sum).unwrap(), ids.len());
        }
    }
    let coverage = served.get("/v1/coverage?limit=200");
    assert!(!coverage["items"].as_array().unwrap().is_empty());
}

#[test]
fn a_mute_acts_and_ends_at_once() {
    let served = Served::small();
    let task = served.register("it", &served.credential("keys"));
    served.ended(&task);
    let finding = served.get("/v1/findings?result=FAIL&limit=1")["items"][0].clone();
    let subject = finding["finding"]["SUBJECT_UID"].clone();
    let muted = || {
        served.get("/v1/findings?muted=true&limit=200")["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(muted(), 0);
    let body = json!({"control": finding["finding"]["CONTROL_ID"], "subject": subject, "reason": "known", "until": "2000-01-01"});
    served.refused(400, "POST", "/v1/mutes", Some(&body));
    let until = &tomorrow();
    let body = json!({"control": finding["finding"]["CONTROL_ID"], "subject": subject, "reason": "known", "until": until});
    let mute = served.ask("POST", "/v1/mutes", Some(&body));
    assert_eq!(muted(), 1);
    let id = finding["id"].as_str().unwrap();
    let shown = served.get(&format!("/v1/findings/{id}"));
    assert_eq!(shown["mute"]["author"], "admin");
    assert_eq!(shown["finding"]["MUTED_UNTIL"], json!(until));
    served.ask(
        "DELETE",
        &format!("/v1/mutes/{}", mute["muteId"].as_str().unwrap()),
        None,
    );
    assert_eq!(muted(), 0);
    let body = json!({"control": "*", "subject": "*", "reason": "all", "until": until});
    served.ask("POST", "/v1/mutes", Some(&body));
    assert_eq!(served.get("/v1/findings?muted=false")["items"], json!([]));
}

pub(crate) fn tomorrow() -> String {
    let date =
        crate::support::run(std::process::Command::new("date").args(["-u", "-d", "+1 day", "+%F"]));
    date.with(0).stdout.trim().to_owned()
}

/// Every key of the configuration file, and what a registration says to it.
#[test]
fn what_belongs_to_the_process_stays_with_it() {
    let served = Served::small();
    let credential = served.credential("keys");
    let schema = std::fs::read_to_string(root().join("schemas/config.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let mut verdicts = String::from(
        "The keys of the configuration file, and whether a registration takes them under the name of JSON. The others are\n\
         a matter of the process. `modules` is a list of names in a registration, and a table of settings in the file.\n\n",
    );
    for key in schema["properties"].as_object().unwrap().keys() {
        let mut words = key.split('-');
        let first = words.next().unwrap().to_owned();
        let name = words.fold(first, |name, word| {
            format!("{name}{}{}", word[..1].to_uppercase(), &word[1..])
        });
        let mut body = json!({"taskName": "it", "secretUUID": credential, "region": "us-east-1"});
        body[&name] = json!({"an": "object"});
        let (_, problem) = served.ask_as(&served.token, "POST", "/v1/aws/ecs/tasks", Some(&body));
        let detail = problem["detail"].as_str().unwrap_or_default();
        let verdict = match detail.starts_with("unknown field") {
            true => "refused",
            false => name.as_str(),
        };
        verdicts.push_str(&format!("{key:<24} {verdict}\n"));
    }
    committed("tests/contracts/registration-settings.txt", &verdicts);
    let detail = served.refused(
        422,
        "POST",
        "/v1/aws/ecs/tasks",
        Some(&json!({"taskName": "it", "secretUUID": credential, "region": "us-gov-west-1"})),
    );
    assert!(detail.contains("a credential of aws-us-gov"), "{detail}");
}

#[test]
fn nobody_gets_in_without_a_token_and_roles_are_kept() {
    let served = Served::small();
    let document = served.get("/openapi.json");
    let valid = &served.token;
    let mut wrong = valid.clone();
    wrong.replace_range(20..21, if &valid[20..21] == "0" { "1" } else { "0" });
    let viewer = token(&served.site, "reader", "viewer");
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let path = path.replace("{id}", "00000000-0000-0000-0000-000000000000");
            let (status, _) = served.ask_as("", &method.to_uppercase(), &path, None);
            let is_health = ["/healthz", "/readyz"].contains(&path.as_str());
            assert_eq!(status == 200, is_health, "{method} {path}: {status}");
            assert!(
                is_health || status == 401 || status == 429,
                "{method} {path}: {status}"
            );
            if method != "get" {
                let (status, _) =
                    served.ask_as(&viewer, &method.to_uppercase(), &path, Some(&json!({})));
                assert_eq!(status, 403, "{method} {path}");
            }
        }
    }
    assert_eq!(served.ask_as(&viewer, "GET", "/v1/findings", None).0, 200);
    assert_eq!(
        served.ask_as(&viewer, "GET", "/v1/aws/credentials", None).0,
        403
    );
    assert_eq!(served.ask_as(&viewer, "GET", "/v1/audit", None).0, 403);
    assert_ne!(served.ask_as(&wrong, "GET", "/v1/findings", None).0, 200);
    let revoke =
        crate::support::run(super::command(&served.site).args(["token", "revoke", "reader"]));
    revoke.with(0);
    assert_ne!(served.ask_as(&viewer, "GET", "/v1/findings", None).0, 200);
    let log = served.get("/v1/audit?limit=200").to_string();
    for action in [
        "token.created",
        "token.refused",
        "request.refused",
        "token.revoked",
    ] {
        assert!(log.contains(action), "{action} is not in {log}");
    }
    assert!(!log.contains(valid.as_str()));
}

#[test]
fn a_repeated_request_gets_the_first_answer() {
    let served = Served::small();
    let ask = |body: &Value| {
        let mut curl = std::process::Command::new("curl");
        curl.args([
            "--silent",
            "--noproxy",
            "*",
            "--header",
            "Idempotency-Key: one",
            "--header",
        ])
        .arg(format!("Authorization: Bearer {}", served.token))
        .args(["--header", "Content-Type: application/json", "--data"])
        .arg(body.to_string())
        .arg(format!("{}/v1/aws/credentials", served.url));
        let answer: Value =
            serde_json::from_str(&crate::support::run(&mut curl).with(0).stdout).unwrap();
        answer
    };
    let body =
        json!({"credentialName": "keys", "accessKey": BASE_ACCESS_KEY, "accessSecret": CANARY});
    let first = ask(&body);
    assert_eq!(first["status"], "ok", "{first}");
    assert_eq!(ask(&body), first);
    let other =
        json!({"credentialName": "others", "accessKey": BASE_ACCESS_KEY, "accessSecret": CANARY});
    assert_eq!(ask(&other)["status"], json!(422));
}
