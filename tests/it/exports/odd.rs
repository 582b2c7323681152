//! Findings that no account has, but an account could have.

use portolan_assess::{Assessing, Finding, Record};
use portolan_export::{Export, Format};
use serde_json::{Value, json};

use super::{accepted, undated};
use crate::support::{REGION, json_lines};

/// Each with the record of its subject.
pub(super) fn findings() -> Vec<(Finding, Record)> {
    let mut all = Vec::new();
    let results = ["PASS", "FAIL", "NOT_APPLICABLE", "NOT_EVALUATED"];
    for result in results {
        for severity in ["informational", "low", "medium", "high", "critical"] {
            let uid = format!("arn:aws:ecs:{REGION}:123456789012:cluster/{result}-{severity}");
            all.push(finding(
                json!({"RESULT": result, "SEVERITY": severity, "SUBJECT_UID": uid}),
            ));
        }
    }
    let long =
        "Ünïcödé 😀 \u{202e}right to left\u{2028}\" ' , ; \\ \r\n\t\u{7} <script> ".repeat(400);
    let standards: Vec<String> = (0..40)
        .map(|number| format!("Security Hub ECS.{number}"))
        .collect();
    let evidence = json!({"UID": long, "ATTRIBUTE": "HOST_PATHS", "VALUE": vec![&long; 30]});
    let fields: Record = (0..60)
        .map(|number| (format!("OVERLAY_{number}"), long.clone().into()))
        .collect();
    let mut everything = json!({
        "CONTROL_TITLE": long, "SUBJECT_UID": long, "SUBJECT_NAME": long, "VERDICT": "READY_ON_UNCERTAIN",
        "STANDARDS": standards, "REASONS": vec![&long; 32], "EVIDENCE": vec![evidence; 20],
        "REMEDIATION": long, "REFERENCES": [long, "https://example.com/a b", "https://example.com/?a=b&c#d"],
        "CLUSTER_ARN": long, "IS_LATEST": false, "RUNNING_TASKS_COUNT": 648, "OWNER": ["=a", "b"],
    });
    everything.as_object_mut().unwrap().extend(fields);
    all.push(finding(everything));
    for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"] {
        let name = json!({"SUBJECT_UID": formula, "SUBJECT_NAME": formula, "REASONS": [formula], "OWNER": formula});
        all.push(finding(name));
    }
    all.push(finding(json!({
        "MUTED": true, "MUTE_REASON": "Accepted by \"payments\"", "MUTED_UNTIL": "2027-01-31",
    })));
    all.push(finding(json!({
        "CONTROL_TITLE": "", "REMEDIATION": " ", "REASONS": [""], "CONTROL_ID": "\u{7}", "MUTED": true,
    })));
    for region in ["us-gov-west-1", "cn-north-1", "us-iso-east-1"] {
        all.push(finding(json!({"SUBJECT_UID": "no ARN", "REGION": region})));
    }
    all.extend(calls());
    all
}

/// Findings about calls.
fn calls() -> Vec<(Finding, Record)> {
    let records = [
        json!({}),
        json!({"EVENT_NAME": "DescribeTasks", "READ_ONLY": true, "ACTOR_TYPE": "Root", "SOURCE_IP": "2001:db8::1"}),
        json!({"EVENT_NAME": "DeleteCluster", "ACTOR_ARN": "arn:aws:iam::1:user/x", "SOURCE_IP": "ecs.amazonaws.com"}),
        json!({
            "EVENT_NAME": "ExecuteCommand", "EVENT_TIME": "2026-11-20T08:00:00.500Z", "ACTOR_TYPE": "AssumedRole",
            "ACTOR_ARN": "arn:aws:sts::1:assumed-role/r/s", "ACTOR_PRINCIPAL_ID": "AROA:s",
            "ACTOR_ISSUER_ARN": "arn:aws:iam::1:role/r", "ACTOR_MFA": false, "ACCESS_KEY_ID": "ASIA",
            "INVOKED_BY": "ecs.amazonaws.com", "SOURCE_IP": "192.0.2.7", "VPC_ENDPOINT_ID": "vpce-1",
            "USER_AGENT": "aws-cli", "CLIENT_HOST": "ecs-fips.us-east-1.amazonaws.com", "REQUEST_ID": "r",
            "ERROR_CODE": "AccessDenied", "ERROR_MESSAGE": "no", "TARGET_ARNS": ["arn:aws:ecs:x", "arn:aws:ecs:y"],
        }),
    ];
    let all = records.into_iter().enumerate().map(|(place, record)| {
        let (mut finding, _) = finding(json!({
            "CONTROL_ID": "AU.2", "SUBJECT_OBJECT": "EcsAuditEvent", "SUBJECT_UID": format!("event-{place}"),
            "MUTED": place == 2, "MUTE_REASON": "known",
        }));
        finding.uid = format!("AU.2@event-{place}");
        (finding, record.as_object().unwrap().clone())
    });
    all.collect()
}

/// An ordinary finding with other values of some attributes.
fn finding(others: Value) -> (Finding, Record) {
    let mut finding = json!({
        "UID": "", "CONTROL_ID": "TD.1", "CONTROL_TITLE": "Containers are not privileged", "SEVERITY": "high",
        "RESULT": "FAIL", "STANDARDS": ["Security Hub ECS.4", "CIS AWS Compute 1.1.0 3.4"],
        "SUBJECT_OBJECT": "EcsTaskDefinition",
        "SUBJECT_UID": "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:task-definition/web:7",
        "REASONS": ["The container app is privileged."],
        "EVIDENCE": [{"UID": "c", "ATTRIBUTE": "PRIVILEGED", "VALUE": true}, {"UID": "d", "ATTRIBUTE": "USER"}],
        "REMEDIATION": "Take it out.", "REFERENCES": ["https://docs.aws.amazon.com/x"],
        "CLOUD_PROVIDER": "AWS", "ACCOUNT_ID": "123456789012", "REGION": "us-gov-west-1",
        "LAST_CAPTURED": "2026-11-21T01:32:00.123Z",
    });
    let members = finding.as_object_mut().unwrap();
    members.extend(others.as_object().unwrap().clone());
    let part = |name: &str| members[name].as_str().unwrap().to_owned();
    let uid = format!("{}@{}", part("CONTROL_ID"), part("SUBJECT_UID"));
    members["UID"] = uid.into();
    let subject = json!({"UID": members["SUBJECT_UID"]});
    let finding = serde_json::from_value(finding).unwrap();
    (finding, subject.as_object().unwrap().clone())
}

/// An export of all of them.
pub(super) fn export(format: Format, standard: Option<&str>) -> String {
    let request = Assessing {
        carried: vec!["OWNER".to_owned()],
        standard: standard.map(str::to_owned),
        ..Assessing::default()
    };
    let mut export = Export::begin(format, &request, Vec::new()).unwrap();
    for (finding, subject) in findings() {
        export.write(&finding, &subject).unwrap();
    }
    String::from_utf8(export.finish().unwrap()).unwrap()
}

#[test]
fn odd_findings_are_accepted_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let file = folder.path().join(format.word());
        std::fs::write(&file, export(format, None)).unwrap();
        accepted(format, &file);
        let again = || undated(&export(format, None));
        assert_eq!(again(), again());
    }
    let sarif = Export::begin(Format::Sarif, &Assessing::default(), Vec::new()).unwrap();
    let empty = folder.path().join("empty.sarif");
    std::fs::write(&empty, sarif.finish().unwrap()).unwrap();
    accepted(Format::Sarif, &empty);
}

/// Identities say which finding it is, whatever its result and its name.
#[test]
fn a_finding_keeps_its_identity_and_no_two_share_one() {
    let ids = |format, standard| -> Vec<String> {
        let text = export(format, standard);
        let id = |value: &Value| value.as_str().unwrap().to_owned();
        match format {
            Format::Sarif => {
                let document: Value = serde_json::from_str(&text).unwrap();
                let results = document["runs"][0]["results"].as_array().unwrap();
                let of =
                    |result: &Value| id(&result["partialFingerprints"]["portolanFindingUid/v1"]);
                results.iter().map(of).collect()
            }
            Format::Asff => json_lines(&text).iter().map(|it| id(&it["Id"])).collect(),
            _ => {
                let info = |it: &Value| match it["class_uid"].as_u64() {
                    Some(2003) => id(&it["finding_info"]["uid"]),
                    _ => id(&it["metadata"]["uid"]),
                };
                json_lines(&text).iter().map(info).collect()
            }
        }
    };
    for format in [Format::Ocsf, Format::Sarif, Format::Asff] {
        let own = ids(format, None);
        assert_eq!(own, ids(format, Some("Security Hub ")));
        let mut different = own.clone();
        different.sort();
        different.dedup();
        // Of the three Regions, the subject has the same UID.
        assert_eq!(different.len(), own.len() - 2, "{own:#?}");
    }
}

#[test]
fn mutes_are_suppressions() {
    let ocsf = json_lines(&export(Format::Ocsf, None));
    let asff = json_lines(&export(Format::Asff, None));
    let sarif: Value = serde_json::from_str(&export(Format::Sarif, None)).unwrap();
    let sarif = sarif["runs"][0]["results"].as_array().unwrap();
    for (place, (finding, _)) in findings().iter().enumerate() {
        let of_call = &ocsf[place]["enrichments"][0]["data"]["is_suppressed"];
        let is_suppressed = match ocsf[place]["class_uid"].as_u64() {
            Some(2003) => ocsf[place]["status_id"] == 3,
            _ => of_call.as_bool().unwrap(),
        };
        assert_eq!(is_suppressed, finding.muted);
        assert_eq!(asff[place]["RecordState"] == "ARCHIVED", finding.muted);
        let suppressions = sarif[place]["suppressions"].as_array().unwrap();
        assert_eq!(suppressions.len(), usize::from(finding.muted));
        let reason = suppressions.first().and_then(|it| it.get("justification"));
        let reason = reason.and_then(Value::as_str);
        assert_eq!(
            reason,
            finding.mute_reason.as_deref().filter(|_| finding.muted)
        );
    }
}

#[test]
fn results_keep_their_meaning() {
    let ocsf = json_lines(&export(Format::Ocsf, None));
    let asff = json_lines(&export(Format::Asff, None));
    let sarif: Value = serde_json::from_str(&export(Format::Sarif, None)).unwrap();
    for (place, passed, kind, level) in [
        (3, (1, 4, "PASSED"), "pass", "none"),
        (8, (3, 1, "FAILED"), "fail", "error"),
        (13, (99, 4, "NOT_AVAILABLE"), "notApplicable", "none"),
        (18, (2, 1, "WARNING"), "open", "none"),
    ] {
        let event = &ocsf[place];
        let is = (
            &event["compliance"]["status_id"],
            &event["status_id"],
            &asff[place]["Compliance"]["Status"],
        );
        assert_eq!(is, (&passed.0.into(), &passed.1.into(), &passed.2.into()));
        let result = &sarif["runs"][0]["results"][place];
        assert_eq!(
            (&result["kind"], &result["level"]),
            (&kind.into(), &level.into())
        );
    }
    let [.., refused] = &ocsf[..] else { panic!() };
    assert_eq!(refused["class_uid"], 6003);
    assert_eq!(refused["time"], 1_795_161_600_500_u64);
    assert_eq!(refused["status_code"], "AccessDenied");
    assert_eq!(
        refused["src_endpoint"],
        json!({"ip": "192.0.2.7", "uid": "vpce-1"})
    );
    assert_eq!(
        refused["enrichments"][0]["data"]["compliance"]["status"],
        "Fail"
    );
}

#[test]
fn controls_have_the_names_of_the_chosen_standard() {
    for (standard, name) in [
        ("Security Hub ", "ECS.4"),
        ("CIS ", "3.4"),
        ("Prowler ", "TD.1"),
    ] {
        let [first, ..] = &json_lines(&export(Format::Ocsf, Some(standard)))[..] else {
            panic!()
        };
        assert_eq!(first["compliance"]["control"], name);
        assert_eq!(first["finding_info"]["analytic"]["uid"], "TD.1");
        let [first, ..] = &json_lines(&export(Format::Asff, Some(standard)))[..] else {
            panic!()
        };
        assert_eq!(first["Compliance"]["SecurityControlId"], name);
        let sarif: Value = serde_json::from_str(&export(Format::Sarif, Some(standard))).unwrap();
        assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], name);
        assert!(export(Format::Csv, Some(standard)).contains(&format!(",{name},TD.1,")));
    }
}

#[test]
fn partitions_are_those_of_arns_or_regions() {
    let products = json_lines(&export(Format::Asff, None));
    let products = products.iter().map(|it| it["ProductArn"].as_str().unwrap());
    let products: std::collections::BTreeSet<&str> = products.collect();
    for (partition, region) in [
        ("aws", "us-gov-west-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-cn", "cn-north-1"),
        ("aws-iso", "us-iso-east-1"),
    ] {
        let arn = format!(
            "arn:{partition}:securityhub:{region}:123456789012:product/123456789012/default"
        );
        assert!(products.contains(&*arn), "{products:?}");
    }
}

#[test]
fn a_subject_without_a_time_is_refused_by_name() {
    let (mut finding, subject) = finding(json!({"LAST_CAPTURED": "yesterday"}));
    for format in Format::ALL {
        let mut export = Export::begin(format, &Assessing::default(), Vec::new()).unwrap();
        let error = export.write(&finding, &subject).unwrap_err().to_string();
        assert!(
            error.contains("LAST_CAPTURED") && error.contains("web:7"),
            "{error}"
        );
    }
    finding.last_captured = "2026-11-21T01:32:00Z".into();
    let mut export = Export::begin(Format::Asff, &Assessing::default(), Vec::new()).unwrap();
    export.write(&finding, &subject).unwrap();
}
