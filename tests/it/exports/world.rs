use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use portolan_export::Format;
use serde_json::Value;

use super::{accepted, undated};
use crate::support::{Ended, Site, json_lines, portolan, run};

/// A sync of everything that controls read.
pub(super) fn synced() -> Site {
    let site = Site::small();
    site.sync(&[
        "--objects",
        "all",
        "--option",
        "EcsTaskDefinition.scope=current",
    ])
    .with(0);
    site
}

pub(super) fn assess(site: &Site, arguments: &[&str]) -> Ended {
    let mut command = portolan();
    command.arg("assess").arg(site.output()).args(arguments);
    run(command.current_dir(site.folder.path()))
}

/// Writes all formats, and gives their texts.
fn exported(site: &Site) -> BTreeMap<&'static str, String> {
    let wishes = Format::ALL.map(|format| format!("--export={0}=ecs/all.{0}", format.word()));
    let wishes: Vec<&str> = wishes.iter().map(String::as_str).collect();
    let ended = assess(site, &[&wishes[..], &["--results", "all"]].concat());
    assert!([0, 3].contains(&ended.status), "{ended:#?}");
    let read = |format: Format| {
        let file = site.output().join(format!("all.{}", format.word()));
        (format.word(), std::fs::read_to_string(file).unwrap())
    };
    Format::ALL.into_iter().map(read).collect()
}

#[test]
fn the_findings_of_an_account_are_accepted_in_every_format() {
    let site = synced();
    let texts = exported(&site);
    for format in Format::ALL {
        accepted(
            format,
            &site.output().join(format!("all.{}", format.word())),
        );
    }
    let findings = std::fs::read_to_string(site.output().join("Finding.jsonl")).unwrap();
    let findings = json_lines(&findings);
    let results: BTreeSet<&str> = findings
        .iter()
        .map(|it| it["RESULT"].as_str().unwrap())
        .collect();
    assert!(results.len() >= 3, "{results:?}");
    let calls = findings
        .iter()
        .filter(|it| it["SUBJECT_OBJECT"] == "EcsAuditEvent");
    assert!(calls.count() > 0, "the world has no findings about calls");
    let records = site.records("EcsAuditEvent");
    let ocsf = json_lines(&texts["ocsf"]);
    let sarif: Value = serde_json::from_str(&texts["sarif"]).unwrap();
    let sarif = sarif["runs"][0]["results"].as_array().unwrap();
    let asff = json_lines(&texts["asff"]);
    assert_eq!([ocsf.len(), sarif.len(), asff.len()], [findings.len(); 3]);
    for (place, finding) in findings.iter().enumerate() {
        let event = &ocsf[place];
        if finding["SUBJECT_OBJECT"] == "EcsAuditEvent" {
            assert_eq!(event["metadata"]["uid"], finding["UID"]);
            let record = &records[finding["SUBJECT_UID"].as_str().unwrap()];
            assert_eq!(event["api"]["operation"], record["EVENT_NAME"]);
            let kind = record["ACTOR_TYPE"].as_str().unwrap_or("Unknown");
            assert_eq!(event["actor"]["user"]["type"], kind);
        } else {
            assert_eq!(event["finding_info"]["uid"], finding["UID"]);
        }
        let id = &sarif[place]["partialFingerprints"]["portolanFindingUid/v1"];
        assert_eq!(id, &finding["UID"]);
        assert_eq!(asff[place]["ProductFields"]["portolan/UID"], finding["UID"]);
    }
    // The same records give the same bytes, and so the same findings wherever they are uploaded to.
    let undated = |texts: BTreeMap<_, String>| {
        texts
            .into_iter()
            .map(|(format, text)| (format, undated(&text)))
    };
    assert!(undated(exported(&site)).eq(undated(texts)));
}

/// Without `--results all`, exports have what Finding.jsonl has.
#[test]
fn standard_output_takes_one_export() {
    let site = synced();
    let ended = assess(&site, &["--export", "ocsf=-", "--standard", "securityhub"]);
    assert!([0, 3].contains(&ended.status), "{ended:#?}");
    let events = json_lines(&ended.stdout);
    let findings = std::fs::read_to_string(site.output().join("Finding.jsonl")).unwrap();
    assert_eq!(events.len(), findings.lines().count());
    for event in events {
        let control = event["compliance"]["control"].as_str().unwrap();
        assert!(control.starts_with("ECS."), "{event}");
        assert_ne!(event["status_id"], 4);
    }
    assert!(!Path::new(&site.output().join("-")).exists());
}
