//! Every case of `tests/controls`, through `portolan assess`: cases with the same settings become one output, each in
//! an account of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use portolan_fetch::Options;
use portolan_page::object::Parent;
use serde_json::Map;

use super::*;
use crate::support::{json_lines, portolan, run};

/// The time of syncs, where a case has none.
const CAPTURED_AT: &str = "2026-11-30T12:00:00.000Z";
/// The option that is a setting of cases.
const SINCE: &str = "EcsAuditEvent.since";

/// The object of the records under each name of `related`.
const RELATED: [(&str, Object); 13] = [
    ("containers", Object::EcsContainerDefinition),
    ("tasks", Object::EcsTask),
    ("definition", Object::EcsTaskDefinition),
    ("definitions", Object::EcsTaskDefinition),
    ("service", Object::EcsService),
    ("services", Object::EcsService),
    ("cluster", Object::EcsCluster),
    ("deployments", Object::EcsDeployment),
    ("taskSets", Object::EcsTaskSet),
    ("settings", Object::EcsAccountSetting),
    ("providers", Object::EcsCapacityProvider),
    ("events", Object::EcsAuditEvent),
    ("taskContainers", Object::EcsContainer),
];

/// A case, with the file and line that it stands in.
struct Case {
    place: String,
    given: Value,
}

impl Case {
    fn all() -> Vec<Self> {
        let folder = root().join("tests/controls");
        let files = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap());
        let files = files.map(|file| file.path());
        let mut files: Vec<_> = files
            .filter(|file| file.extension().is_some_and(|it| it == "jsonl"))
            .collect();
        files.sort();
        let of_file = |file: std::path::PathBuf| {
            let text = std::fs::read_to_string(&file).unwrap();
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let lines = json_lines(&text).into_iter().zip(1..);
            lines
                .map(|(given, line)| Self {
                    place: format!("{name}:{line}"),
                    given,
                })
                .collect::<Vec<_>>()
        };
        files.into_iter().flat_map(of_file).collect()
    }

    fn control(&self) -> &str {
        self.given["control"].as_str().unwrap()
    }

    /// The settings that the cases of one output share.
    fn settings(&self) -> Map<String, Value> {
        let mut settings = self.given["settings"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        settings.retain(|name, value| name != SINCE || *value != "24h");
        settings
    }

    /// Whether the report calls complete what goes by this name.
    fn is_complete(&self, name: &str) -> bool {
        self.given["complete"][name] != false
    }

    /// The records, each with its object. The subject of TK.1 is not a record of its own.
    fn records(&self, subject: Object, account: &str) -> Vec<(Object, Value)> {
        let mut records = Vec::new();
        if !self.control().starts_with("TK.1/") {
            records.push((subject, self.given["subject"].clone()));
        }
        for (name, value) in self.given["related"].as_object().into_iter().flatten() {
            let object = RELATED.iter().find(|(it, _)| it == name).unwrap().1;
            match value {
                Value::Array(all) => records.extend(all.iter().map(|it| (object, it.clone()))),
                one => records.push((object, one.clone())),
            }
        }
        for (_, record) in &mut records {
            record["ACCOUNT_ID"] = account.into();
            record["CLOUD_PROVIDER"] = "AWS".into();
            if record["LAST_CAPTURED"].is_null() {
                record["LAST_CAPTURED"] = CAPTURED_AT.into();
            }
        }
        records
    }

    /// The lines of a report about the account and Region of the case, in which everything was synced.
    fn scopes(&self, subject: Object, account: &str, records: &[(Object, Value)]) -> Vec<Value> {
        let clusters = records.iter().filter_map(|it| it.1["CLUSTER_ARN"].as_str());
        let clusters: BTreeSet<&str> = clusters.collect();
        let includes = ["TAGS", "CONFIGURATIONS"].into_iter();
        let unread: Vec<&str> = includes.filter(|it| !self.is_complete(it)).collect();
        let is_scanned = self.given["settings"]["detect-secrets"] == true;
        let mut scopes = Vec::new();
        for object in Object::ALL {
            let mut names = RELATED.iter().filter(|(_, it)| *it == object);
            let complete = names.all(|(name, _)| self.is_complete(name));
            let mut scope = json!({
                "account_id": account, "region": self.given["subject"]["REGION"], "object": object,
                "listed": 0, "described": 0, "written": 0, "tombstones": 0, "rejected": 0, "failed": 0,
                "complete": complete,
            });
            if !complete {
                scope["reason"] = "denied".into();
            }
            if object == subject {
                scope["unread"] = json!(unread);
            }
            match object {
                Object::EcsTaskDefinition if self.is_complete("TAGS") => {
                    scope["tags"] = "tagging-api".into();
                }
                Object::EcsTaskDefinition => scope["tags"] = "not-read".into(),
                Object::EcsContainerDefinition => {
                    let secrets = if is_scanned { "scanned" } else { "not-scanned" };
                    scope["secrets"] = secrets.into();
                }
                _ => {}
            }
            scopes.push(scope.clone());
            if object.row().parent == Parent::Cluster {
                for cluster in &clusters {
                    scope["cluster"] = (*cluster).into();
                    scopes.push(scope.clone());
                }
            }
        }
        scopes
    }

    /// How the finding differs from what the case expects.
    fn fault(&self, found: Option<&Value>) -> Option<String> {
        let wanted = &self.given;
        let Some(found) = found else {
            return (!wanted["result"].is_null()).then(|| "there is no finding".to_owned());
        };
        let mut said = Vec::new();
        let mut compare = |name: &str, found: &Value, wanted: &Value| {
            if found != wanted {
                said.push(format!("{name} is {found}, not {wanted}"));
            }
        };
        compare("RESULT", &found["RESULT"], &wanted["result"]);
        compare("VERDICT", &found["VERDICT"], &wanted["verdict"]);
        for (name, attribute) in [("severity", "SEVERITY"), ("running", "RUNNING_TASKS_COUNT")] {
            if !wanted[name].is_null() {
                compare(attribute, &found[attribute], &wanted[name]);
            }
        }
        // Pairs of UID and attribute.
        let pair = |each: &Value| match each {
            Value::Array(_) => each.to_string(),
            each => json!([each["UID"], each["ATTRIBUTE"]]).to_string(),
        };
        let evidence = |list: &Value| -> BTreeSet<String> {
            list.as_array().into_iter().flatten().map(pair).collect()
        };
        let has = evidence(&found["EVIDENCE"]);
        let needs = evidence(&wanted["evidence"]);
        let may_have_more = self.control().starts_with("AU.") && wanted["result"] == "FAIL";
        if has != needs && !(may_have_more && has.is_superset(&needs)) {
            said.push(format!("EVIDENCE is {has:?}, not {needs:?}"));
        }
        (!said.is_empty()).then(|| format!("{}; {}", said.join("; "), found["REASONS"]))
    }
}

/// The object of the subjects of each stock control.
fn subjects() -> BTreeMap<String, Object> {
    let assessors = stock_assessors(&engine(), Some(&cache())).unwrap();
    let controls = assessors.iter().flat_map(|assessor| {
        let controls = assessor.component.manifest.controls.iter();
        controls.map(|control| (control.id.clone(), assessor.subject()))
    });
    controls.collect()
}

/// Writes the output of a sync with these cases, and judges it. Each case's account is its place.
fn judged(cases: &[&Case], subjects: &BTreeMap<String, Object>, folder: &Path) -> Vec<Value> {
    let settings = cases[0].settings();
    let mut files: BTreeMap<Object, String> = BTreeMap::new();
    let mut scopes = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        let account = format!("{place:012}");
        let subject = subjects.get(case.control());
        let subject = *subject.unwrap_or(&Object::EcsService);
        let records = case.records(subject, &account);
        scopes.extend(case.scopes(subject, &account, &records));
        for (object, record) in records {
            writeln!(files.entry(object).or_default(), "{record}").unwrap();
        }
    }
    for (object, text) in files {
        std::fs::write(folder.join(format!("{object}.jsonl")), text).unwrap();
    }
    let mut options = Options::default().settled();
    if let Some(since) = settings.get(SINCE) {
        for option in [SINCE, Options::AUDIT_EVENT_SETTINGS_SINCE] {
            options.insert(option.to_owned(), since.as_str().unwrap().to_owned());
        }
    }
    let report = json!({
        "portolan_version": "0", "captured_at": CAPTURED_AT, "finished_at": CAPTURED_AT, "status": "partial",
        "complete": false, "data_replaced": true, "options": options, "objects": {}, "scopes": scopes,
        "operations": [], "mappers": [], "warnings": [], "details_omitted": 0,
    });
    std::fs::write(folder.join("report.json"), report.to_string()).unwrap();
    let mut assess = portolan();
    assess.arg("assess").arg(folder);
    assess.args(["--results", "all", "--revisions", "all"]);
    for (name, list) in settings.iter().filter(|(_, value)| value.is_array()) {
        let list = list.as_array().unwrap().iter();
        let list: Vec<&str> = list.map(|it| it.as_str().unwrap()).collect();
        assess.arg(format!("--{name}")).arg(list.join(","));
    }
    let ended = run(&mut assess);
    assert!([0, 3].contains(&ended.status), "{ended:#?}");
    json_lines(&std::fs::read_to_string(folder.join("Finding.jsonl")).unwrap())
}

#[test]
fn every_case_of_every_control_is_judged_as_written() {
    let cases = Case::all();
    assert!(cases.len() >= 533, "{} cases", cases.len());
    let subjects = subjects();
    let mut groups: BTreeMap<String, Vec<&Case>> = BTreeMap::new();
    for case in &cases {
        let settings = Value::Object(case.settings()).to_string();
        groups.entry(settings).or_default().push(case);
    }
    let mut faults = String::new();
    for cases in groups.values() {
        let folder = tempfile::tempdir().unwrap();
        let findings = judged(cases, &subjects, folder.path());
        let key = |finding: &Value| format!("{}{}", finding["ACCOUNT_ID"], finding["UID"]);
        let findings: BTreeMap<String, &Value> = findings.iter().map(|it| (key(it), it)).collect();
        for (place, case) in cases.iter().enumerate() {
            let uid = case.given["subject"]["UID"].as_str().unwrap();
            let uid = format!("{}@{uid}", case.control());
            let key = key(&json!({"ACCOUNT_ID": format!("{place:012}"), "UID": uid}));
            if let Some(fault) = case.fault(findings.get(&key).copied()) {
                let (about, place) = (&case.given["about"], &case.place);
                writeln!(faults, "{place}: {}: {about}: {fault}", case.control()).unwrap();
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}
