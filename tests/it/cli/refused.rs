//! Arguments that cannot be meant are refused before any call, with exit status 2 and the nearest valid
//! argument.

use crate::support::{REGION, Site, portolan, run};

/// Checks that a sync with these arguments is refused with a text that contains all of these parts.
#[track_caller]
fn refused(arguments: &[&str], says: &[&str]) {
    let site = Site::small();
    let ended = site.sync(arguments).with(2);
    assert_eq!(ended.stdout, "");
    for part in says {
        assert!(
            ended.stderr.contains(part),
            "{arguments:?}: no `{part}` in: {}",
            ended.stderr
        );
    }
    assert_eq!(
        (site.simulator.counts(), site.files()),
        (vec![], vec![]),
        "{arguments:?}"
    );
}

#[test]
fn unknown_objects_name_the_nearest() {
    refused(
        &["--objects", "EcsTasks"],
        &["`EcsTasks`", "did you mean `EcsTask`"],
    );
    refused(&["--objects", "ecscluster"], &["did you mean `EcsCluster`"]);
    refused(&["--objects", ""], &["objects"]);
}

#[test]
fn unknown_options_name_the_nearest() {
    refused(
        &["--option", "EcsTask.fetchstoppedtasks=true"],
        &["did you mean `EcsTask.fetchStoppedTasks`"],
    );
    refused(
        &["--option", "EcsTask.fetchStoppedTasks=yes"],
        &["`yes`", "true, false"],
    );
    refused(
        &["--option", "EcsTask.fetchStoppedTasks=TRUE"],
        &["true, false"],
    );
    refused(
        &["--option", "EcsTaskDefinition.status=active"],
        &["ACTIVE, INACTIVE, DELETE_IN_PROGRESS, ALL"],
    );
    for option in ["EcsTask.fetchStoppedTasks", "=true", "RunTask", ""] {
        refused(&["--option", option], &["KEY=VALUE"]);
    }
    refused(
        &["--option", "EcsTask.fetchStoppedTasks=true,RunTask"],
        &[
            "KEY=VALUE",
            "names without a key follow EcsAuditEvent.names",
        ],
    );
    refused(
        &["--option", "EcsAuditEvent.names=Run Task"],
        &["`Run Task`", "RunTask,ExecuteCommand"],
    );
    for age in ["0h", "91d", "1", "forever"] {
        let option = format!("EcsAuditEvent.since={age}");
        refused(&["--option", &option], &["ages up to 90d"]);
    }
}

#[test]
fn unknown_flags_name_the_nearest() {
    refused(&["--page-sice", "3"], &["--page-sice", "--page-size"]);
}

#[test]
fn numbers_have_ranges() {
    refused(&["--page-size", "0"], &["page-size", "1 to 100"]);
    refused(
        &["--parallel-requests", "0"],
        &["parallel-requests", "1 to 256"],
    );
    refused(&["--parallel-requests", "257"], &["1 to 256"]);
    refused(
        &["--session-duration", "899"],
        &["session-duration", "900 to 43200 seconds"],
    );
    refused(&["--session-duration", "43201"], &["900 to 43200 seconds"]);
    refused(
        &["--maximum-retries", "101"],
        &["maximum-retries", "0 to 100"],
    );
    refused(&["--page-size", "many"], &["page-size"]);
}

#[test]
fn names_have_forms() {
    refused(&["--regions", "US East"], &["regions", "us-east-1"]);
    refused(
        &["--assume-role-arn", "PortolanRead"],
        &["assume-role-arn", "arn:aws:iam::123456789012:role/Name"],
    );
    refused(&["--session-name", "a b"], &["session-name", "2 to 64"]);
    refused(
        &["--endpoint-url", "localhost:4566"],
        &["endpoint-url", "http://"],
    );
    refused(&["--log", "loud"], &["log", "trace"]);
}

#[test]
fn fips_and_an_endpoint_exclude_each_other() {
    refused(
        &["--use-fips-endpoint"],
        &["use-fips-endpoint", "exclude each other"],
    );
}

#[test]
fn fips_and_an_endpoint_of_the_environment_exclude_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("config");
    let text =
        "[default]\nservices = local\n[services local]\necs =\n  endpoint_url = http://profile\n";
    std::fs::write(&profile, text).unwrap();
    let profile = profile.to_str().unwrap();
    for (name, value, shown) in [
        ("AWS_ENDPOINT_URL", "http://all", "http://all"),
        ("AWS_ENDPOINT_URL_ECS", "http://ecs", "http://ecs"),
        ("AWS_ENDPOINT_URL_STS", "http://sts", "http://sts"),
        ("AWS_CONFIG_FILE", profile, "http://profile"),
    ] {
        for command in [&["sync", "--output", "-"][..], &["check"]] {
            let mut sync = portolan();
            sync.args(command)
                .args(["--use-fips-endpoint", "--regions", "us-east-1"])
                .env(name, value);
            let ended = run(&mut sync).with(2);
            for part in ["use-fips-endpoint", "exclude each other", shown] {
                assert!(ended.stderr.contains(part), "{name}: {}", ended.stderr);
            }
        }
    }
}

#[test]
fn fips_is_refused_where_ecs_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("ecs");
    let mut sync = portolan();
    sync.args([
        "sync",
        "--use-fips-endpoint",
        "--regions",
        "us-east-1,eu-west-1",
        "--output",
    ])
    .arg(&output);
    let ended = run(&mut sync).with(2);
    assert!(
        ended.stderr.contains("no FIPS endpoint in eu-west-1")
            && ended.stderr.contains("us-gov-west-1"),
        "{}",
        ended.stderr
    );
    // The Region and FIPS may also come from the AWS variables.
    let mut sync = portolan();
    sync.args(["sync", "--output"])
        .arg(&output)
        .env("AWS_USE_FIPS_ENDPOINT", "true")
        .env("AWS_REGION", "eu-west-1");
    let ended = run(&mut sync).with(2);
    assert!(
        ended.stderr.contains("no FIPS endpoint in eu-west-1"),
        "{}",
        ended.stderr
    );
}

#[test]
fn no_region_is_told_with_the_ways_to_name_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut sync = portolan();
    sync.args(["sync", "--output"])
        .arg(folder.path().join("ecs"));
    let ended = run(sync
        .env("AWS_ACCESS_KEY_ID", "A")
        .env("AWS_SECRET_ACCESS_KEY", "b"))
    .with(2);
    assert!(
        ended.stderr.contains("--regions") && ended.stderr.contains("AWS_REGION"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_configuration_file_is_checked_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portolan.toml");
    let cases = [
        ("paralel-requests = 3", "did you mean `parallel-requests`"),
        ("page_size = 3", "did you mean `page-size`"),
        ("page-size = 'many'", "page-size"),
        ("page-size = 0", "1 to 100"),
        ("page-size = ", "portolan.toml"),
        ("secret-access-key = 'x'", "`secret-access-key-file`"),
        ("objects = ['EcsTasks']", "did you mean `EcsTask`"),
        (
            "[options]\nEcsTask.fetchStopedTasks = true",
            "did you mean `EcsTask.fetchStoppedTasks`",
        ),
    ];
    for (text, says) in cases {
        std::fs::write(&file, text).unwrap();
        let mut policy = portolan();
        let ended = run(policy.arg("iam-policy").arg("--config").arg(&file)).with(2);
        assert!(ended.stderr.contains(says), "{text}: {}", ended.stderr);
    }
    let ended = run(portolan().args(["iam-policy", "--config", "/nowhere.toml"])).with(2);
    assert!(
        ended
            .stderr
            .contains("cannot read the configuration file /nowhere.toml"),
        "{}",
        ended.stderr
    );
}

#[test]
fn commands_need_what_they_need() {
    for arguments in [
        &["sync"][..],
        &[],
        &["sync", "--output"],
        &["fetch"],
        &["validate"],
        &["schema", "EcsTasks"],
    ] {
        let ended = run(portolan().args(arguments).env("AWS_REGION", REGION)).with(2);
        assert_eq!(ended.stdout, "", "{arguments:?}");
        assert!(!ended.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn variables_are_checked_like_flags() {
    let site = Site::small();
    let mut sync = site.sync_command(&[]);
    let ended = run(sync.env("PORTOLAN_PAGE_SIZE", "0")).with(2);
    assert!(
        ended.stderr.contains("page-size: 0 is out of range"),
        "{}",
        ended.stderr
    );
}
