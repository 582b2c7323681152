//! Scopes that fail or are slow, beside healthy ones.

use std::time::Duration;

use portolan_tests::simulator::{Denial, Scope};

use super::{REGIONS, account, fleet, pairs, places, role};

fn scope(number: usize, region: &str) -> Scope {
    Scope {
        account: Some(account(number)),
        region: Some(region.into()),
    }
}

/// Long, because it is one story.
#[test]
fn two_scopes_of_sixty_fail_in_different_ways() {
    let site = fleet(20);
    site.simulator.change_rules(|rules| {
        rules.denials = vec![Denial {
            scope: scope(7, "eu-west-1"),
            operation: None,
        }];
        rules.outages = vec![scope(13, "us-east-1")];
    });
    let file = site.folder.path().join("roles");
    let roles: Vec<String> = (1..=20)
        .map(|number| format!("{}  # {number}\n", role(number)))
        .collect();
    std::fs::write(&file, format!("# all of ours\n{}", roles.concat())).unwrap();
    let regions = REGIONS.join(",");
    let ended = site
        .sync(&[
            "--assume-role-arn-file",
            file.to_str().unwrap(),
            "--regions",
            &regions,
            "--parallel-scopes",
            "8",
            "--maximum-retries",
            "2",
        ])
        .with(3);
    let report = site.report();
    let failing = [
        (account(7), "eu-west-1".to_owned()),
        (account(13), "us-east-1".to_owned()),
    ];
    assert_eq!(places(&report, false), failing.clone().into());
    let mut whole = pairs(1..=20);
    whole.retain(|pair| !failing.contains(pair));
    assert_eq!(places(&report, true), whole);
    for (object, each) in [
        ("EcsCluster", 1),
        ("EcsService", 2),
        ("EcsTask", 3),
        ("EcsTaskDefinition", 2),
    ] {
        assert_eq!(report["objects"][object]["written"], 58 * each, "{object}");
        assert_eq!(site.records(object).len(), 58 * each, "{object}");
    }
    let codes = |pair: &(String, String)| -> Vec<&str> {
        let scopes = report["scopes"].as_array().unwrap().iter();
        let scopes = scopes.filter(|it| it["account_id"] == *pair.0 && it["region"] == *pair.1);
        let failures = scopes.flat_map(|scope| scope["failures"].as_array().unwrap());
        failures
            .map(|failure| failure["code"].as_str().unwrap())
            .collect()
    };
    assert_eq!(codes(&failing[0]), ["AccessDeniedException"; 4]);
    assert_eq!(codes(&failing[1]), ["connection-failed"; 4]);
    for (account, region) in &failing {
        assert!(
            ended
                .stderr
                .contains(&format!("incomplete: {account} {region} ")),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn a_slow_scope_keeps_no_other_waiting() {
    let site = fleet(6);
    site.simulator.change_rules(|rules| {
        rules.slow = vec![(scope(1, "us-east-1"), Duration::from_millis(700))];
    });
    let roles: Vec<String> = (1..=6).map(role).collect();
    let (roles, regions) = (roles.join(","), REGIONS.join(","));
    site.sync(&[
        "--assume-role-arn",
        &roles,
        "--regions",
        &regions,
        "--parallel-scopes",
        "2",
    ])
    .with(0);
    let requests = site.simulator.requests();
    let is_slow =
        |account_id: &str, region: &str| account_id == account(1) && region == "us-east-1";
    let last = |slow: bool| {
        let of = requests
            .iter()
            .filter(|it| it.operation.starts_with("Describe"));
        of.filter(|it| is_slow(&it.account, &it.region) == slow)
            .map(|it| it.offset_ms)
            .max()
            .unwrap()
    };
    // The slow scope takes one of two slots; the other slot serves the seventeen others meanwhile.
    assert!(
        last(false) < last(true),
        "{} ms, {} ms",
        last(false),
        last(true)
    );
}

#[test]
fn parallel_scopes_is_a_total_bound() {
    let site = fleet(4);
    site.simulator
        .change_rules(|rules| rules.latency = Duration::from_millis(20));
    let roles: Vec<String> = (1..=4).map(role).collect();
    let (roles, regions) = (roles.join(","), REGIONS.join(","));
    site.sync(&[
        "--assume-role-arn",
        &roles,
        "--regions",
        &regions,
        "--parallel-scopes",
        "1",
    ])
    .with(0);
    let requests = site.simulator.requests();
    let ecs = requests
        .iter()
        .filter(|it| it.operation != "AssumeRole" && it.operation != "GetCallerIdentity");
    let mut order: Vec<_> = ecs.map(|it| (&it.account, &it.region)).collect();
    order.dedup();
    assert_eq!(
        order.len(),
        12,
        "two scopes were fetched at once: {order:?}"
    );
}

#[test]
fn a_file_of_roles_that_cannot_be_used_is_a_usage_error() {
    let site = fleet(1);
    let file = site.folder.path().join("roles");
    for (text, told) in [
        ("arn:aws:iam::1:role/x\n", "line 1 is not the ARN of a role"),
        ("# nobody\n", "it names no role"),
    ] {
        std::fs::write(&file, text).unwrap();
        let ended = site
            .sync(&["--assume-role-arn-file", file.to_str().unwrap()])
            .with(2);
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
    assert_eq!(site.simulator.counts(), []);
}
