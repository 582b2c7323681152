use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Served;
use portolan_tests::simulator::Denial;

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|it| it["id"].as_str().unwrap()).collect()
}

#[test]
fn every_order_has_every_row_once_and_turns_round() {
    let served = Served::small();
    let task = served.register("it", &served.credential("keys"));
    served.ended(&task);
    for (list, shown) in [("/v1/findings", "finding"), ("/v1/objects", "attributes")] {
        let detail = served.refused(400, "GET", &format!("{list}?sort=nonsense"), None);
        let (_, names) = detail.split_once("one of ").unwrap();
        let (names, _) = names.split_once(", or one").unwrap();
        let filter = "region=us-east-1&gone=false";
        let all = served.counted(&format!("{list}/counts?{filter}"));
        assert!(all > 300, "{all}");
        for name in names.split(", ") {
            let rows = served.all(&format!("{list}?{filter}&sort={name}"));
            let ids = ids(&rows);
            let unique: BTreeSet<&&str> = ids.iter().collect();
            assert_eq!(
                (unique.len(), rows.len()),
                (rows.len(), usize::try_from(all).unwrap()),
                "{name}"
            );
            let turned = served.all(&format!("{list}?{filter}&sort=-{name}"));
            let mut turned = self::ids(&turned);
            turned.reverse();
            assert_eq!(turned, ids, "{list} {name}");
            let column = match name {
                "account" => "ACCOUNT_ID",
                "control" => "CONTROL_ID",
                "uid" => "UID",
                _ => continue,
            };
            let values: Vec<&str> = rows
                .iter()
                .map(|it| it[shown][column].as_str().unwrap())
                .collect();
            assert!(values.is_sorted(), "{list} {name}");
        }
        let next = served.get(&format!("{list}?limit=1&sort=region"))["next"].clone();
        let other = format!("{list}?sort=account&after={}", next.as_str().unwrap());
        // The second's requests of the token may be used up.
        std::thread::sleep(std::time::Duration::from_secs(1));
        let detail = served.refused(400, "GET", &other, None);
        assert!(detail.contains("another order"), "{detail}");
        served.refused(400, "GET", &format!("{list}?after=e30"), None);
    }
}

/// Every filter leaves those rows that have the value, and counts agree.
#[test]
fn every_filter_narrows() {
    let served = Served::small();
    let task = served.register("it", &served.credential("keys"));
    served.ended(&task);
    let all = served.all("/v1/findings");
    let values = |name: &str| -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for row in &all {
            let value = row["finding"][name].as_str().unwrap_or_default();
            *counts.entry(value.to_owned()).or_default() += 1;
        }
        counts
    };
    for (parameter, attribute) in [
        ("severity", "SEVERITY"),
        ("result", "RESULT"),
        ("control", "CONTROL_ID"),
        ("object", "SUBJECT_OBJECT"),
        ("cluster", "CLUSTER_ARN"),
        ("account", "ACCOUNT_ID"),
        ("region", "REGION"),
    ] {
        let counts = served.get(&format!("/v1/findings/counts?by={parameter}"));
        let counts = counts["counts"].as_array().unwrap();
        let expected = values(attribute);
        assert_eq!(counts.len(), expected.len(), "{parameter}");
        for count in counts {
            let value = count["value"].as_str().unwrap();
            assert_eq!(
                count["count"],
                json!(expected[value]),
                "{parameter} {value}"
            );
            if value.is_empty() || expected[value] > 300 {
                continue;
            }
            let rows = served.all(&format!("/v1/findings?{parameter}={value}"));
            assert_eq!(rows.len(), expected[value], "{parameter}={value}");
            let is = |row: &Value| row["finding"][attribute] == value;
            assert!(rows.iter().all(is), "{parameter}={value}");
        }
    }
    assert_eq!(
        served
            .all(&format!("/v1/findings?task={task}&name=it"))
            .len(),
        all.len()
    );
}

#[test]
fn standards_services_and_what_runs_are_filters() {
    let served = Served::small();
    let task = served.register("it", &served.credential("keys"));
    served.ended(&task);
    let all = served.all("/v1/findings");
    let standard = served.all("/v1/findings?standard=securityhub");
    let is_of = |row: &Value| {
        row["finding"]["STANDARDS"]
            .to_string()
            .contains("\"Security Hub ")
    };
    assert_eq!(standard.len(), all.iter().filter(|row| is_of(row)).count());
    assert!(!standard.is_empty() && standard.iter().all(is_of));

    let running = |what: &str| served.all(&format!("/v1/{what}?running=true")).len();
    let tasks = served.all("/v1/objects?object=EcsTask");
    let is_running = |it: &&Value| it["attributes"]["SOURCE_STATUS"] == "RUNNING";
    let those = served.all("/v1/objects?object=EcsTask&running=true");
    assert_eq!(those.len(), tasks.iter().filter(is_running).count());
    assert!(running("findings") > 0 && running("objects") > those.len());
    let service = those
        .iter()
        .find_map(|it| it["attributes"]["SERVICE_NAME"].as_str());
    let service = service.unwrap();
    let of_service = served.all(&format!("/v1/objects?service={service}"));
    let objects: BTreeSet<&str> = of_service
        .iter()
        .map(|it| it["object"].as_str().unwrap())
        .collect();
    assert!(
        objects.contains("EcsService") && objects.contains("EcsTask"),
        "{objects:?}"
    );
    assert!(
        !served
            .all(&format!("/v1/findings?service={service}"))
            .is_empty()
    );
}

#[test]
fn a_trend_has_a_gap_where_no_scan_was_complete() {
    let served = Served::small();
    let task = served.register("it", &served.credential("keys"));
    served.ended(&task);
    let scan = || {
        served.ask("POST", &format!("/v1/aws/ecs/tasks/{task}/scan"), None);
        served.ended(&task)
    };
    let denial = Denial {
        operation: Some("DescribeServices".into()),
        ..Denial::default()
    };
    let simulator = &served.site.simulator;
    simulator.change_rules(|rules| rules.denials.push(denial));
    scan();
    simulator.change_rules(|rules| rules.denials.clear());
    scan();
    let points = served.all(&format!("/v1/trend?task={task}"));
    let states: Vec<&str> = points
        .iter()
        .map(|it| it["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["complete", "partial", "complete"]);
    assert_eq!(points[1].get("failures"), None);
    assert_eq!(points[0]["failures"], points[2]["failures"]);
    for severity in ["critical", "high", "medium", "low", "informational"] {
        let listed = served.counted(&format!(
            "/v1/findings/counts?result=FAIL&severity={severity}"
        ));
        assert_eq!(points[0]["failures"][severity], json!(listed), "{severity}");
    }
    assert_eq!(served.all("/v1/trend?task=nobody"), Vec::<Value>::new());
}
