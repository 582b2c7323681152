//! Missing permissions and credentials, and their effect on the rest.

use portolan_tests::simulator::{Denial, Rules, Scope, Shape, World};
use serde_json::Value;

use super::everything::{REGIONS, ROLES};
use crate::support::{Site, run};

fn denial(account: Option<&str>, region: Option<&str>, operation: Option<&str>) -> Rules {
    let scope = Scope {
        account: account.map(str::to_owned),
        region: region.map(str::to_owned),
    };
    Rules {
        denials: vec![Denial {
            scope,
            operation: operation.map(str::to_owned),
        }],
        ..Rules::default()
    }
}

/// The scopes that are not complete.
fn incomplete(report: &Value) -> Vec<Value> {
    let scopes = report["scopes"].as_array().unwrap();
    scopes
        .iter()
        .filter(|scope| scope["complete"] == false)
        .cloned()
        .collect()
}

#[test]
fn a_denied_operation_fails_its_object_only() {
    let site = Site::new(World::small(1), denial(None, None, Some("ListServices")));
    let ended = site.sync(&[]).with(3);
    let report = site.report();
    let failed = incomplete(&report);
    assert!(!failed.is_empty());
    for scope in &failed {
        assert_eq!(scope["object"], "EcsService");
        let reason = scope["reason"].as_str().unwrap();
        assert!(
            reason.contains("AccessDenied") && reason.contains("ecs:ListServices"),
            "{reason}"
        );
    }
    assert_eq!(report["complete"], false);
    assert_eq!(
        (
            site.records("EcsTask").len(),
            site.records("EcsService").len()
        ),
        (40, 0)
    );
    assert!(
        ended.stderr.contains("allow ecs:ListServices"),
        "{}",
        ended.stderr
    );
    assert!(site.calls("ListServices") <= 2, "denials are not repeated");
}

#[test]
fn a_denied_describe_is_not_asked_for_again_and_again() {
    let shape = Shape {
        clusters: 1,
        running_tasks: 1000,
        ..Shape::default()
    };
    let site = Site::new(
        World::single(1, shape),
        denial(None, None, Some("DescribeTasks")),
    );
    site.sync(&["--page-size", "10", "--parallel-requests", "4"])
        .with(3);
    let report = site.report();
    assert_eq!(report["objects"]["EcsTask"]["failed"], 1000);
    // Two describers for each request in flight hold a batch when the first denial comes, and one of them
    // repeats it without tags. There are 100 batches.
    let calls = site.calls("DescribeTasks");
    assert!(calls <= 2 * 4 + 1, "{calls} calls");
}

#[test]
fn a_denied_region_fails_alone() {
    let site = Site::new(World::demo(1), denial(None, Some("eu-west-1"), None));
    site.sync(&["--assume-role-arn", ROLES, "--regions", REGIONS])
        .with(3);
    let report = site.report();
    let failed = incomplete(&report);
    assert_eq!(failed.len(), 8, "two accounts with four objects each");
    assert!(
        failed.iter().all(|scope| scope["region"] == "eu-west-1"),
        "{failed:?}"
    );
    assert_eq!(report["objects"]["EcsTaskDefinition"]["written"], 80);
    let asked = site
        .simulator
        .requests()
        .into_iter()
        .filter(|it| it.region == "eu-west-1")
        .count();
    // Two List calls of each account, and its tags, which no denial of ECS keeps from being read.
    assert!(asked <= 6, "{asked} calls where everything is denied");
}

#[test]
fn a_denied_account_fails_alone() {
    let site = Site::new(World::demo(1), denial(Some("222222222222"), None, None));
    site.sync(&["--assume-role-arn", ROLES, "--regions", REGIONS])
        .with(3);
    let failed = incomplete(&site.report());
    assert_eq!(failed.len(), 8, "two Regions with four objects each");
    assert!(
        failed
            .iter()
            .all(|scope| scope["account_id"] == "222222222222"),
        "{failed:?}"
    );
}

#[test]
fn a_role_that_cannot_be_assumed_fails_alone_and_by_name() {
    let site = Site::new(World::demo(1), Rules::default());
    let roles = "arn:aws:iam::111111111111:role/PortolanRead,arn:aws:iam::222222222222:role/Nobody";
    let ended = site.sync(&["--assume-role-arn", roles]).with(3);
    let failed = incomplete(&site.report());
    assert_eq!(failed.len(), 4);
    assert!(
        failed
            .iter()
            .all(|scope| scope["account_id"] == "222222222222"),
        "{failed:?}"
    );
    assert!(
        ended
            .stderr
            .contains("arn:aws:iam::222222222222:role/Nobody"),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("not authorized to perform: sts:AssumeRole"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_refusal_is_told_in_words() {
    let site = Site::new(World::demo(1), Rules::default());
    let role = "arn:aws:iam::222222222222:role/Nobody";
    site.sync(&["--assume-role-arn", role]).with(1);
    for scope in incomplete(&site.report()) {
        let reason = scope["reason"].as_str().unwrap();
        assert!(reason.contains("not authorized to perform"), "{reason}");
        assert!(!reason.contains("Error {"), "a dump of a struct: {reason}");
    }
}

#[test]
fn credentials_that_nobody_knows_fail_the_sync() {
    let site = Site::small();
    let mut sync = site.sync_command(&[]);
    let ended = run(sync.env("AWS_ACCESS_KEY_ID", "AKIANOBODY")).with(1);
    assert!(ended.stderr.contains("check keys"), "{}", ended.stderr);
    assert_eq!(site.report()["status"], "failed");
    let calls: u64 = site
        .simulator
        .counts()
        .iter()
        .map(|count| count.calls)
        .sum();
    assert!(
        calls <= 2,
        "{calls} calls with credentials that are refused"
    );
    assert_eq!(site.files(), ["report.json"]);
}

#[test]
fn no_credentials_at_all_are_told_without_a_call() {
    let site = Site::small();
    let mut sync = site.sync_command(&[]);
    sync.env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    let ended = run(&mut sync).with(1);
    assert!(
        ended.stderr.contains("no credentials found"),
        "{}",
        ended.stderr
    );
    assert!(
        !ended.stderr.contains('\u{FFFD}'),
        "a message has holes: {}",
        ended.stderr
    );
    assert_eq!(site.simulator.counts(), []);
}

#[test]
fn the_same_account_twice_is_synced_once() {
    let role = "arn:aws:iam::111111111111:role/PortolanRead";
    let site = Site::new(World::demo(1), Rules::default());
    let ended = site
        .sync(&["--assume-role-arn", &format!("{role},{role}")])
        .with(0);
    assert_eq!(site.records("EcsTaskDefinition").len(), 40);
    assert!(ended.stderr.contains("111111111111"), "{}", ended.stderr);
}
