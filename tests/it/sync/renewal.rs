//! Credentials that end in the middle of a sync: renewed if there are new ones, else the end of their scopes.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use portolan_tests::simulator::{BASE_ACCESS_KEY, Rules, SINGLE_ACCOUNT, Shape, World};

use crate::support::{Ended, SECRET, Site, wait_until};

const ROLE: &str = "arn:aws:iam::123456789012:role/Read";
const SECOND_KEY: &str = "AKIASECOND0000000000";
const REVISIONS: usize = 120;

/// A world that takes about three seconds with two requests in flight.
fn site(rules: Rules) -> Site {
    let shape = Shape {
        clusters: 2,
        services: 8,
        running_tasks: 40,
        families: 4,
        active_revisions: REVISIONS as u64 / 4,
        ..Shape::default()
    };
    let world = World::single(1, shape)
        .with_role(ROLE, None)
        .with_access_key(SECOND_KEY, SINGLE_ACCOUNT);
    let rules = Rules {
        latency: Duration::from_millis(50),
        ..rules
    };
    Site::new(world, rules)
}

const SLOWLY: [&str; 2] = ["--parallel-requests", "2"];
const SLOWLY_AS_ROLE: [&str; 4] = ["--parallel-requests", "2", "--assume-role-arn", ROLE];

/// Number of requests that the simulator refused for expired credentials.
fn refused(site: &Site) -> usize {
    let requests = site.simulator.requests();
    let refused = requests
        .iter()
        .filter(|request| request.answer.starts_with("ExpiredToken"));
    refused.count()
}

#[track_caller]
fn nothing_is_missing(site: &Site) {
    assert_eq!(site.report()["complete"], true);
    assert_eq!(site.records("EcsTaskDefinition").len(), REVISIONS);
    assert_eq!(site.records("EcsTask").len(), 40);
}

#[test]
fn sessions_that_end_before_their_time_are_renewed() {
    let site = site(Rules {
        sessions_end_early: Some(Duration::from_millis(1_200)),
        ..Rules::default()
    });
    // No repetition is allowed for failures.
    let arguments = [&SLOWLY_AS_ROLE[..], &["--maximum-retries", "0"]].concat();
    site.sync(&arguments).with(0);
    nothing_is_missing(&site);
    let (refused, assumed) = (refused(&site), site.calls("AssumeRole"));
    assert!(
        refused > 0,
        "no session ended, so that this test says nothing"
    );
    assert!((2..=30).contains(&assumed), "{assumed} sessions");
}

#[test]
fn sessions_that_say_when_they_end_are_renewed_before() {
    let site = site(Rules {
        session_lifetime: Some(Duration::from_secs(2)),
        ..Rules::default()
    });
    site.sync(&SLOWLY_AS_ROLE).with(0);
    nothing_is_missing(&site);
    assert_eq!(refused(&site), 0);
    let assumed = site.calls("AssumeRole");
    assert!((2..=30).contains(&assumed), "{assumed} sessions");
}

/// A profile with keys that are rotated.
struct Profile {
    path: PathBuf,
}

impl Profile {
    fn new(site: &Site) -> Self {
        let path = site.folder.path().join("credentials");
        let profile = Self { path };
        profile.holds(BASE_ACCESS_KEY);
        profile
    }

    fn holds(&self, access_key_id: &str) {
        let text = format!(
            "[default]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {SECRET}\n"
        );
        std::fs::write(&self.path, text).unwrap();
    }

    fn in_use(&self, mut command: Command) -> Command {
        command
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY")
            .env("AWS_SHARED_CREDENTIALS_FILE", &self.path);
        command
    }
}

/// Runs a sync. In its middle the profile's keys end, and `replacement` takes their place.
fn rotate(site: &Site, arguments: &[&str], replacement: Option<&str>) -> Ended {
    let profile = Profile::new(site);
    let child = profile
        .in_use(site.sync_command(arguments))
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until("the sync describes", || {
        site.calls("DescribeTaskDefinition") > 10
    });
    if let Some(replacement) = replacement {
        profile.holds(replacement);
    }
    site.simulator
        .change_rules(|rules| rules.retired_access_keys.push(BASE_ACCESS_KEY.into()));
    child.wait_with_output().unwrap().into()
}

#[test]
fn keys_that_were_rotated_are_read_again() {
    let site = site(Rules::default());
    rotate(&site, &SLOWLY, Some(SECOND_KEY)).with(0);
    nothing_is_missing(&site);
    assert!(refused(&site) > 0, "no key was refused");
}

#[test]
fn a_role_is_assumed_again_with_rotated_keys() {
    let site = site(Rules {
        sessions_end_early: Some(Duration::from_millis(1_200)),
        ..Rules::default()
    });
    rotate(&site, &SLOWLY_AS_ROLE, Some(SECOND_KEY)).with(0);
    nothing_is_missing(&site);
    let requests = site.simulator.requests();
    let refused_by_sts = requests
        .iter()
        .any(|request| request.operation == "AssumeRole" && request.answer == "ExpiredToken");
    assert!(refused_by_sts, "the role was never assumed with old keys");
}

#[test]
fn dead_credentials_fail_their_scopes_at_once() {
    let site = site(Rules::default());
    let ended = rotate(&site, &SLOWLY, None).with(3);
    assert!(
        ended.stderr.contains("ExpiredTokenException")
            && ended.stderr.contains("check the credentials"),
        "{}",
        ended.stderr
    );
    let refused = refused(&site);
    assert!(
        (1..=20).contains(&refused),
        "{refused} calls with dead keys"
    );
}
