//! `--organization` and `--regions all`: AWS lists the accounts and Regions.

use portolan_tests::simulator::{
    BASE_ACCESS_KEY, BASE_ACCOUNT, Denial, Rules, Scope, Shape, World,
};
use serde_json::json;

use super::{account, fleet, pairs, places, world};
use crate::support::{Site, portolan, run};

const ORGANIZATION: [&str; 5] = [
    "--organization",
    "--organization-role",
    "PortolanRead",
    "--regions",
    "all",
];

fn deny(site: &Site, operation: &str, number: Option<usize>) {
    let denial = Denial {
        scope: Scope {
            account: number.map(account),
            region: None,
        },
        operation: Some(operation.into()),
    };
    site.simulator
        .change_rules(|rules| rules.denials = vec![denial]);
}

#[test]
fn every_active_account_and_its_regions_are_synced() {
    let mut world = world(45).with_member(&account(99), "SUSPENDED");
    world = world.with_member(&account(98), "PENDING_CLOSURE");
    let site = Site::new(world, Rules::default());
    site.sync(&ORGANIZATION).with(0);
    assert_eq!(places(&site.report(), true), pairs(1..=45));
    assert_eq!(
        site.calls("ListAccounts"),
        3,
        "47 accounts are three pages of 20"
    );
    assert_eq!(site.calls("ListRegions"), 45);
    assert_eq!(site.records("EcsTask").len(), 45 * 3 * 3);
}

#[test]
fn accounts_can_be_included_and_excluded() {
    let site = fleet(4);
    let include = format!("{},{},{}", account(1), account(2), account(9));
    let mut arguments = ORGANIZATION.to_vec();
    let exclude = account(2);
    arguments.extend([
        "--organization-include",
        &include,
        "--organization-exclude",
        &exclude,
    ]);
    let ended = site.sync(&arguments).with(0);
    assert_eq!(places(&site.report(), true), pairs([1]));
    let told = format!("organization-include names {}", account(9));
    assert!(ended.stderr.contains(&told), "{}", ended.stderr);
    let numbers: Vec<String> = (1..=4).map(account).collect();
    let mut arguments = ORGANIZATION.to_vec();
    let exclude = numbers[1..].join(",");
    arguments.extend(["--organization-exclude", &exclude]);
    site.sync(&arguments).with(0);
    assert_eq!(places(&site.report(), true), pairs([1]));
}

#[test]
fn an_account_whose_role_cannot_be_assumed_fails_alone() {
    let shape = Shape {
        families: 1,
        active_revisions: 1,
        ..Shape::default()
    };
    let world = world(2).with_place(&account(3), "us-east-1", shape);
    let site = Site::new(world, Rules::default());
    let ended = site.sync(&ORGANIZATION).with(3);
    let report = site.report();
    assert_eq!(places(&report, true), pairs([1, 2]));
    assert_eq!(places(&report, false), [(account(3), String::new())].into());
    let told = format!(
        "role arn:aws:iam::{}:role/PortolanRead cannot be used",
        account(3)
    );
    assert!(ended.stderr.contains(&told), "{}", ended.stderr);
}

#[test]
fn the_own_account_needs_no_role() {
    let shape = Shape {
        families: 1,
        active_revisions: 1,
        ..Shape::default()
    };
    let world = World::new(1)
        .with_access_key(BASE_ACCESS_KEY, BASE_ACCOUNT)
        .with_place(BASE_ACCOUNT, "us-east-1", shape);
    let site = Site::new(world, Rules::default());
    site.sync(&ORGANIZATION).with(0);
    assert_eq!(site.calls("AssumeRole"), 0);
    assert_eq!(site.records("EcsTaskDefinition").len(), 1);
}

#[test]
fn a_role_can_be_an_arn_pattern() {
    let site = fleet(2);
    let pattern = "arn:aws:iam::{account}:role/PortolanRead";
    let arguments = [
        "--organization",
        "--organization-role",
        pattern,
        "--regions",
        "eu-west-1",
    ];
    site.sync(&arguments).with(0);
    assert_eq!(places(&site.report(), true).len(), 2);
    assert_eq!(site.calls("ListRegions"), 0);
}

#[test]
fn an_organization_that_may_not_be_listed_fails_the_sync_in_words() {
    let site = fleet(2);
    deny(&site, "ListAccounts", None);
    let ended = site.sync(&ORGANIZATION).with(1);
    for told in [
        "AccessDenied",
        "organizations:ListAccounts",
        "--assume-role-arn-file",
    ] {
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
    assert_eq!(site.report()["status"], "failed");
}

#[test]
fn an_account_whose_regions_may_not_be_listed_fails_alone() {
    let site = fleet(3);
    deny(&site, "ListRegions", Some(2));
    let ended = site.sync(&ORGANIZATION).with(3);
    assert_eq!(places(&site.report(), true), pairs([1, 3]));
    assert_eq!(
        places(&site.report(), false),
        [(account(2), String::new())].into()
    );
    for told in [
        account(2),
        "account:ListRegions".into(),
        "name the Regions with --regions".into(),
    ] {
        assert!(ended.stderr.contains(&told), "{}", ended.stderr);
    }
}

#[test]
fn check_shows_what_a_sync_would_take() {
    let site = fleet(2);
    let ended = run(site
        .command("check")
        .args(ORGANIZATION)
        .args(["--objects", "EcsCluster"]))
    .with(0);
    for number in [1, 2] {
        let identity = format!("account {} as arn:aws:sts::", account(number));
        assert!(ended.stdout.contains(&identity), "{}", ended.stdout);
    }
    for region in super::REGIONS {
        assert_eq!(
            ended.stdout.matches(&format!("  {region}\n")).count(),
            2,
            "{}",
            ended.stdout
        );
    }
    assert!(!ended.stdout.contains("ap-east-1"), "it is not enabled");
}

#[test]
fn the_policy_allows_to_list_accounts_and_regions() {
    let ended = run(portolan().arg("iam-policy").args(ORGANIZATION)).with(0);
    let policy: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let actions: Vec<_> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|statement| statement["Sid"] != "PortolanReadsEcs")
        .map(|statement| (statement["Action"].clone(), statement["Resource"].clone()))
        .collect();
    assert_eq!(
        actions,
        [
            (json!(["tag:GetResources"]), json!("*")),
            (json!("account:ListRegions"), json!("*")),
            (json!("organizations:ListAccounts"), json!("*")),
            (
                json!("sts:AssumeRole"),
                json!(["arn:*:iam::*:role/PortolanRead"])
            ),
        ]
    );
}

#[test]
fn what_does_not_go_together_is_a_usage_error() {
    for (arguments, told) in [
        (vec!["--organization"], "organization-role"),
        (vec!["--organization-role", "Read"], "add --organization"),
        (vec!["--regions", "all,us-east-1"], "leave the others out"),
        (vec!["--shard", "6/5"], "one looks like 2/5"),
        (
            vec!["--parallel-scopes", "0"],
            "1 to 1024 accounts and Regions",
        ),
    ] {
        let ended = fleet(1).sync(&arguments).with(2);
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
}
