//! `portolan check`: the identity of the credentials, and their permissions.

use portolan_tests::simulator::{Denial, Rules, Scope, World};
use serde_json::Value;

use crate::support::{Ended, Site, run};

const ROLES: &str =
    "arn:aws:iam::111111111111:role/PortolanRead,arn:aws:iam::222222222222:role/PortolanRead";

fn check(site: &Site, arguments: &[&str]) -> Ended {
    run(site.command("check").args(arguments))
}

#[test]
fn everything_allowed_is_eight_times_ok() {
    let site = Site::small();
    let ended = check(&site, &[]).with(0);
    assert!(
        ended
            .stdout
            .contains("account 123456789012 as arn:aws:iam::123456789012:user/"),
        "{}",
        ended.stdout
    );
    assert_eq!(
        ended.stdout.matches("ok  ecs:").count(),
        8,
        "{}",
        ended.stdout
    );
    let all: u64 = site
        .simulator
        .counts()
        .iter()
        .map(|count| count.calls)
        .sum();
    let optional = "    ok  tag:GetResources (optional)\n";
    assert!(ended.stdout.contains(optional), "{}", ended.stdout);
    assert_eq!(
        all,
        1 + 8 + 1,
        "one call for the identity and one for each permission"
    );
}

#[test]
fn each_role_and_region_is_checked() {
    let site = Site::new(World::demo(1), Rules::default());
    let ended = check(
        &site,
        &[
            "--assume-role-arn",
            ROLES,
            "--regions",
            "us-east-1,eu-west-1",
        ],
    )
    .with(0);
    assert_eq!(
        ended.stdout.matches("ok  ecs:").count(),
        2 * 2 * 8,
        "{}",
        ended.stdout
    );
    for account in ["111111111111", "222222222222"] {
        let identity = format!(
            "account {account} as arn:aws:sts::{account}:assumed-role/PortolanRead/portolan"
        );
        assert!(ended.stdout.contains(&identity), "{}", ended.stdout);
    }
}

#[test]
fn a_denied_permission_is_named_with_what_to_fix() {
    for operation in [
        "ListClusters",
        "DescribeClusters",
        "ListServices",
        "DescribeServices",
        "ListTasks",
        "DescribeTasks",
        "ListTaskDefinitions",
        "DescribeTaskDefinition",
    ] {
        let denials = vec![Denial {
            operation: Some(operation.into()),
            ..Denial::default()
        }];
        let site = Site::new(
            World::small(1),
            Rules {
                denials,
                ..Rules::default()
            },
        );
        let ended = check(&site, &[]).with(3);
        let denied: Vec<&str> = ended
            .stdout
            .lines()
            .filter(|line| line.trim().starts_with("no "))
            .collect();
        assert_eq!(denied.len(), 1, "{}", ended.stdout);
        assert!(
            denied[0].contains(&format!("ecs:{operation}: ")),
            "{}",
            denied[0]
        );
        assert!(
            denied[0].contains("AccessDenied") && denied[0].contains("portolan iam-policy"),
            "{}",
            denied[0]
        );
    }
}

/// Without it a sync is complete, so that a check is too; but alone it is of no use.
#[test]
fn the_optional_permission_is_named_and_decides_nothing() {
    for (operations, status) in [
        (&["GetResources"][..], 0),
        (&["GetResources", "ListTasks"], 3),
    ] {
        let denial = |operation: &&str| Denial {
            operation: Some((*operation).to_owned()),
            ..Denial::default()
        };
        let rules = Rules {
            denials: operations.iter().map(denial).collect(),
            ..Rules::default()
        };
        let ended = check(&Site::new(World::small(1), rules), &[]).with(status);
        let told = "    no  tag:GetResources (optional): ";
        assert!(ended.stdout.contains(told), "{}", ended.stdout);
    }
}

#[test]
fn credentials_that_nobody_knows_fail() {
    let site = Site::small();
    let ended = run(site.command("check").env("AWS_ACCESS_KEY_ID", "AKIANOBODY")).with(1);
    assert!(
        ended.stdout.contains("InvalidClientTokenId") && ended.stdout.contains("check keys"),
        "{}",
        ended.stdout
    );
}

#[test]
fn one_role_that_cannot_be_assumed_is_partial() {
    let site = Site::new(World::demo(1), Rules::default());
    let roles = "arn:aws:iam::111111111111:role/PortolanRead,arn:aws:iam::222222222222:role/Nobody";
    let ended = check(&site, &["--assume-role-arn", roles]).with(3);
    assert!(
        ended
            .stdout
            .contains("role arn:aws:iam::222222222222:role/Nobody cannot be used"),
        "{}",
        ended.stdout
    );
}

#[test]
fn everything_denied_is_a_failure() {
    let denials = vec![Denial {
        scope: Scope::default(),
        operation: None,
    }];
    let site = Site::new(
        World::small(1),
        Rules {
            denials,
            ..Rules::default()
        },
    );
    let ended = check(&site, &[]).with(1);
    let optional = "ok  tag:GetResources (optional)";
    assert!(ended.stdout.contains(optional), "{}", ended.stdout);
}

#[test]
fn programs_get_json() {
    let site = Site::small();
    let checks: Value = serde_json::from_str(&check(&site, &["--json"]).with(0).stdout).unwrap();
    assert_eq!(checks[0]["account_id"], "123456789012");
    let permissions = checks[0]["regions"][0]["permissions"].as_array().unwrap();
    assert!(permissions.iter().all(|each| each["allowed"] == true));
    let optional = permissions.iter().filter(|each| each["optional"] == true);
    let optional: Vec<_> = optional
        .map(|each| each["operation"].as_str().unwrap())
        .collect();
    assert_eq!((permissions.len(), optional), (9, vec!["GetResources"]));
}

#[test]
fn only_the_chosen_objects_are_checked() {
    let ended = check(&Site::small(), &["--objects", "EcsTaskDefinition"]).with(0);
    assert_eq!(
        ended.stdout.matches("ok  ecs:").count(),
        2,
        "{}",
        ended.stdout
    );
}
