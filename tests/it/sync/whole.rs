//! Objects that come whole from pages of one operation: capacity providers and account settings.

use std::collections::BTreeSet;

use portolan_tests::simulator::{
    Denial, Fault, FaultRule, Rules, Scope, Shape, VanishRule, Vanishing, World,
};
use serde_json::Value;

use crate::support::Site;

const PROVIDERS: [&str; 2] = ["--objects", "EcsCapacityProvider"];
const SETTINGS: [&str; 2] = ["--objects", "EcsAccountSetting"];
/// FARGATE, FARGATE_SPOT, and those of Auto Scaling groups.
const OF_REGION: usize = 13;

fn world(seed: u64) -> World {
    let shape = Shape {
        clusters: 6,
        ..Shape::default()
    };
    World::single(seed, shape)
}

fn site(rules: Rules) -> Site {
    Site::new(world(3), rules)
}

fn providers(site: &Site) -> Vec<Value> {
    site.records("EcsCapacityProvider").into_values().collect()
}

/// The only scope of an object.
fn scope(site: &Site, object: &str) -> Value {
    let report = site.report();
    let scopes = report["scopes"].as_array().unwrap().iter();
    let mut scopes = scopes.filter(|scope| scope["object"] == object);
    let found = scopes.next().unwrap().clone();
    assert!(scopes.next().is_none());
    found
}

#[test]
fn a_region_has_its_providers_and_those_of_managed_instances() {
    let site = site(Rules::default());
    site.sync(&PROVIDERS).with(0);
    let all = providers(&site);
    assert_eq!(
        all.len() as u64,
        site.simulator.truth()[0].capacity_providers
    );
    let managed: Vec<&Value> = all
        .iter()
        .filter(|it| it["TYPE"] == "MANAGED_INSTANCES")
        .collect();
    assert_eq!(all.len() - managed.len(), OF_REGION);
    let clusters: BTreeSet<&str> = managed
        .iter()
        .map(|it| it["CLUSTER_ARN"].as_str().unwrap())
        .collect();
    assert_eq!(clusters.len(), 2);
    let asked: BTreeSet<String> = site
        .simulator
        .requests()
        .iter()
        .filter(|it| it.operation == "DescribeCapacityProviders")
        .filter_map(|it| Some(it.body["cluster"].as_str()?.to_owned()))
        .collect();
    // Others name Fargate's and those of groups only, which are the Region's.
    assert_eq!(
        asked.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        clusters
    );
    assert!(managed.iter().any(|it| it["FIPS_ENABLED"] == true));
    assert!(managed.iter().any(|it| it.get("FIPS_ENABLED").is_none()));
    assert!(all.iter().any(|it| it.get("TAGS").is_some()));
}

#[test]
fn without_their_clusters_managed_ones_may_be_missing() {
    for operation in ["ListClusters", "DescribeClusters"] {
        let denial = Denial {
            operation: Some(operation.to_owned()),
            ..Denial::default()
        };
        let site = site(Rules {
            denials: vec![denial],
            ..Rules::default()
        });
        site.sync(&PROVIDERS).with(3);
        let scope = scope(&site, "EcsCapacityProvider");
        assert_eq!(
            (&scope["complete"], providers(&site).len()),
            (&false.into(), OF_REGION)
        );
        let reason = scope["reason"].as_str().unwrap();
        assert!(reason.contains("the clusters are not complete"), "{reason}");
    }
}

#[test]
fn a_provider_that_comes_twice_is_one_record() {
    let faults = vec![FaultRule::next(
        "DescribeCapacityProviders",
        Fault::RepeatedObject,
        5,
    )];
    let site = site(Rules {
        faults,
        ..Rules::default()
    });
    site.sync(&PROVIDERS).with(0);
    assert_eq!(
        providers(&site).len() as u64,
        site.simulator.truth()[0].capacity_providers
    );
    let scope = scope(&site, "EcsCapacityProvider");
    assert_eq!(
        (&scope["rejected"], &scope["complete"]),
        (&0.into(), &true.into())
    );
    assert_eq!(scope["listed"], scope["written"]);
    let struck = site.simulator.requests().into_iter();
    assert!(struck.filter(|it| it.answer != "OK").count() > 2);
}

#[test]
fn providers_of_a_cluster_that_vanished_are_gone_with_it() {
    let vanished = VanishRule {
        scope: Scope::default(),
        object: Vanishing::Cluster(1),
    };
    let site = site(Rules {
        vanished: vec![vanished],
        ..Rules::default()
    });
    site.sync(&PROVIDERS).with(0);
    let truth = site.simulator.truth()[0].capacity_providers;
    assert_eq!(providers(&site).len() as u64, truth);
    assert_eq!(truth as usize, OF_REGION + 1);
}

#[test]
fn a_page_that_fails_is_not_called_complete() {
    let site = site(Rules {
        faults: vec![FaultRule::next(
            "DescribeCapacityProviders",
            Fault::InternalFailure,
            1,
        )],
        ..Rules::default()
    });
    site.sync(&[&PROVIDERS[..], &["--maximum-retries", "0"]].concat())
        .with(3);
    assert_eq!(scope(&site, "EcsCapacityProvider")["complete"], false);
}

fn own(site: &Site) -> Vec<(String, Option<bool>)> {
    let records = site.records("EcsAccountSetting").into_values();
    let name = |it: &Value| it["NAME"].as_str().unwrap().to_owned();
    records
        .map(|it| (name(&it), it.get("IS_CALLERS_OWN").and_then(Value::as_bool)))
        .collect()
}

#[test]
fn a_setting_is_the_callers_own_or_not() {
    let mut seen = BTreeSet::new();
    for seed in 1..=6 {
        let site = Site::new(world(seed), Rules::default());
        site.sync(&SETTINGS).with(0);
        let truth = site.simulator.truth()[0].clone();
        let own = own(&site);
        assert_eq!(own.len() as u64, truth.settings);
        assert!(own.iter().all(|it| it.1.is_some()));
        let names: Vec<&str> = own
            .iter()
            .filter(|it| it.1 == Some(true))
            .map(|it| it.0.as_str())
            .collect();
        assert_eq!(names.len() as u64, truth.own_settings);
        seen.insert(names.len());
        // A page has room for ten, and there are twelve.
        assert_eq!(site.calls("ListAccountSettings"), 1 + 2);
    }
    assert_eq!(seen, BTreeSet::from([0, 1, 2]));
}

#[test]
fn who_set_a_setting_may_be_unknown() {
    let faults = vec![FaultRule::next(
        "ListAccountSettings",
        Fault::InternalFailure,
        1,
    )];
    let site = site(Rules {
        faults,
        ..Rules::default()
    });
    let ended = site
        .sync(&[&SETTINGS[..], &["--maximum-retries", "0"]].concat())
        .with(3);
    let own = own(&site);
    assert!(
        own.len() == 12 && own.iter().all(|it| it.1.is_none()),
        "{own:?}"
    );
    let scope = scope(&site, "EcsAccountSetting");
    assert_eq!(
        (&scope["complete"], &scope["unread"]),
        (&true.into(), &serde_json::json!(["ownSettings"]))
    );
    let told = "whether the caller has set account settings for itself is unknown";
    assert_eq!(ended.stderr.matches(told).count(), 1, "{}", ended.stderr);
    // What one side did not read is not compared.
    let output = site.output().to_str().unwrap().to_owned();
    site.sync(&[&SETTINGS[..], &["--changes-since", &output]].concat())
        .with(0);
    assert_eq!(
        site.report()["changes"]["objects"]["EcsAccountSetting"]["changed"],
        0
    );
}

#[test]
fn a_changed_setting_is_told() {
    let site = site(Rules::default());
    site.sync(&SETTINGS).with(0);
    site.simulator.change_rules(|rules| {
        rules.settings = [("guardDutyActivate".to_owned(), "on".to_owned())].into();
    });
    let output = site.output().to_str().unwrap().to_owned();
    site.sync(&[&SETTINGS[..], &["--changes-since", &output]].concat())
        .with(0);
    let feed =
        std::fs::read_to_string(site.output().join("EcsAccountSetting.changes.jsonl")).unwrap();
    let [line] = &crate::support::json_lines(&feed)[..] else {
        panic!("{feed}")
    };
    assert_eq!(line["changed_attributes"], serde_json::json!(["VALUE"]));
    assert!(
        line["uid"]
            .as_str()
            .unwrap()
            .ends_with(":setting/guardDutyActivate")
    );
}
