use portolan_export::Format;
use serde_json::{Value, json};

use super::Served;
use crate::exports::accepted;
use crate::support::json_lines;

/// The UIDs of an export, in its order.
fn uids(format: Format, text: &str) -> Vec<String> {
    let text_of = |value: &Value| value.as_str().unwrap().to_owned();
    match format {
        Format::Ocsf => json_lines(text)
            .iter()
            .map(|it| match it["finding_info"]["uid"].as_str() {
                Some(uid) => uid.to_owned(),
                None => text_of(&it["metadata"]["uid"]),
            })
            .collect(),
        Format::Asff => json_lines(text)
            .iter()
            .map(|it| text_of(&it["ProductFields"]["portolan/UID"]))
            .collect(),
        Format::Sarif => {
            let document: Value = serde_json::from_str(text).unwrap();
            let results = document["runs"][0]["results"].as_array().unwrap();
            let uid = |it: &Value| text_of(&it["partialFingerprints"]["portolanFindingUid/v1"]);
            results.iter().map(uid).collect()
        }
        Format::Csv => {
            // Values with line feeds would have quotes, and UIDs have neither.
            let rows = text.split("\r\n").skip(1).filter(|row| !row.is_empty());
            let uid = |row: &str| row.split(',').next().unwrap().to_owned();
            rows.map(uid).collect()
        }
    }
}

// Long, because each format is compared with the list, before and after a mute.
#[test]
fn every_format_has_exactly_what_a_filter_shows() {
    let served = Served::small();
    let task = served.register("it", &served.credential("keys"));
    served.ended(&task);
    let first = served.get("/v1/findings?result=FAIL&limit=1")["items"][0]["finding"].clone();
    let until = super::walk::tomorrow();
    let mute = json!({"control": first["CONTROL_ID"], "subject": first["SUBJECT_UID"],
        "reason": "known & accepted", "until": until});
    served.ask("POST", "/v1/mutes", Some(&mute));
    let mut calls = 0;
    for filter in [
        "",
        "result=FAIL&severity=high,critical&sort=-control",
        "object=EcsAuditEvent",
        "region=nowhere",
        "standard=securityhub&sort=subject",
    ] {
        let listed = served.all(&format!("/v1/findings?{filter}"));
        let wanted: Vec<&str> = listed
            .iter()
            .map(|it| it["finding"]["UID"].as_str().unwrap())
            .collect();
        for format in Format::ALL {
            let word = format.word();
            let text = served.text(&format!("/v1/findings/export?format={word}&{filter}"));
            let file = served.site.folder.path().join(format!("all.{word}"));
            std::fs::write(&file, &text).unwrap();
            accepted(format, &file);
            assert_eq!(uids(format, &text), wanted, "{word} {filter}");
            let is_empty_filter = filter.is_empty();
            match format {
                Format::Sarif if is_empty_filter => {
                    assert_eq!(text.matches("known & accepted").count(), 1);
                    assert!(text.contains("\"status\":\"accepted\""));
                }
                Format::Asff if is_empty_filter => {
                    assert_eq!(text.matches("\"ARCHIVED\"").count(), 1);
                }
                Format::Ocsf if filter.contains("EcsAuditEvent") => {
                    let events = json_lines(&text);
                    calls += events.len();
                    assert!(events.iter().all(|it| it["api"]["operation"].is_string()));
                }
                Format::Ocsf if is_empty_filter => {
                    assert_eq!(text.matches("\"Suppressed\"").count(), 1);
                }
                _ => {}
            }
        }
    }
    assert!(calls > 0, "the world has no findings about calls");
    for (query, expected) in [
        ("format=xml", "jsonl, ocsf, sarif, asff, csv"),
        ("limit=5", "leave out limit"),
        ("standard=pci", "securityhub, cis or prowler"),
    ] {
        let path = format!("/v1/findings/export?{query}");
        let detail = served.refused(400, "GET", &path, None);
        assert!(detail.contains(expected), "{detail}");
    }
}

#[test]
fn the_audit_log_is_a_file() {
    let served = Served::small();
    let task = served.register("it", &served.credential("keys"));
    served.ended(&task);
    let entries = json_lines(&served.text("/v1/audit/export"));
    assert_eq!(entries, served.all("/v1/audit"));
    let actions: Vec<&str> = entries
        .iter()
        .map(|it| it["action"].as_str().unwrap())
        .collect();
    for action in [
        "token.created",
        "credential.stored",
        "registration.created",
        "credential.used",
    ] {
        assert!(actions.contains(&action), "{action} is not in {actions:?}");
    }
}
