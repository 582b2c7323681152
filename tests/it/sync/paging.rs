//! Pages and their tokens.

use std::collections::HashSet;
use std::time::Duration;

use portolan_tests::simulator::{Fault, FaultRule, Frequency, Rules, World};

use crate::support::Site;

#[test]
fn an_empty_page_with_a_token_is_not_the_end() {
    let rules = Rules {
        faults: [
            "ListClusters",
            "ListServices",
            "ListTasks",
            "ListTaskDefinitions",
        ]
        .map(|operation| FaultRule::next(operation, Fault::EmptyPage, 3))
        .to_vec(),
        ..Rules::default()
    };
    let site = Site::new(World::small(1), rules);
    site.sync(&["--page-size", "7"]).with(0);
    let calm = Site::small();
    calm.sync(&[]).with(0);
    assert_eq!(site.all_records(), calm.all_records());
}

#[test]
fn a_repeated_token_ends_the_listing_with_an_error() {
    for (operation, object) in [
        ("ListTasks", "EcsTask"),
        ("ListServices", "EcsService"),
        ("ListClusters", "EcsCluster"),
        ("ListTaskDefinitions", "EcsTaskDefinition"),
    ] {
        let rule = FaultRule {
            operation: Some(operation.into()),
            fault: Fault::RepeatedToken,
            frequency: Frequency::Rate(1.0),
        };
        let site = Site::new(
            World::small(1),
            Rules {
                faults: vec![rule],
                ..Rules::default()
            },
        );
        let ended = site.sync(&["--page-size", "5"]).with(3);
        assert!(
            ended
                .stderr
                .contains(&format!("{operation} returned the same nextToken twice")),
            "{}",
            ended.stderr
        );
        let report = site.report();
        let scopes = report["scopes"].as_array().unwrap();
        let failures = scopes
            .iter()
            .filter(|scope| scope["object"] == object)
            .filter_map(|scope| scope["failures"].as_array())
            .flatten();
        let codes: HashSet<&str> = failures
            .map(|failure| failure["code"].as_str().unwrap())
            .collect();
        assert_eq!(codes, HashSet::from(["repeated-token"]), "{operation}");
        assert!(
            site.calls(operation) <= 6,
            "{} calls of {operation}",
            site.calls(operation)
        );
    }
}

#[test]
fn tokens_are_sent_back_as_they_came() {
    let site = Site::small();
    site.sync(&["--page-size", "1"]).with(0);
    // The simulator signs its tokens, and refuses a token that it did not issue for this request.
    let all = site.simulator.requests();
    assert!(
        all.iter()
            .filter(|request| request.body["nextToken"].is_string())
            .count()
            > 40
    );
    assert!(all.iter().all(|request| request.answer == "OK"));
}

#[test]
fn a_token_that_expires_fails_its_listing() {
    let rules = Rules {
        token_lifetime: Some(Duration::ZERO),
        ..Rules::default()
    };
    let site = Site::new(World::small(1), rules);
    site.sync(&["--page-size", "5", "--objects", "EcsTask"])
        .with(3);
    let report = site.report();
    assert_eq!(
        (&report["complete"], &report["status"]),
        (&false.into(), &"partial".into())
    );
    assert_eq!(
        site.records("EcsTask").len(),
        10,
        "the first page of each of two clusters is kept"
    );
}

#[test]
fn a_page_size_that_aws_does_not_know_is_refused_or_bounded() {
    let site = Site::small();
    let ended = site.sync(&["--page-size", "0"]).with(2);
    assert!(
        ended.stderr.contains("page-size: 0 is out of range"),
        "{}",
        ended.stderr
    );
    let ended = site.sync(&["--page-size", "500"]).with(0);
    assert!(ended.stderr.contains("using 100"), "{}", ended.stderr);
    let all = site.simulator.requests();
    let lists = all
        .iter()
        .filter(|request| request.operation.starts_with("List"));
    assert!(
        lists
            .map(|request| &request.body["maxResults"])
            .all(|size| *size == 100)
    );
}
