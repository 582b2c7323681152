//! Flags override the environment, the environment overrides the file, and the file overrides the default;
//! and each setting takes effect.

use std::collections::BTreeSet;
use std::path::PathBuf;

use portolan_tests::simulator::{BASE_ACCESS_KEY, Rules, World};
use serde_json::Value;

use crate::support::{SECRET, Site, run};

fn config(site: &Site, text: &str) -> PathBuf {
    let path = site.folder.path().join("portolan.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// The page sizes of the requests.
fn page_sizes(site: &Site) -> BTreeSet<u64> {
    site.simulator
        .requests()
        .iter()
        .filter_map(|request| request.body["maxResults"].as_u64())
        .collect()
}

#[test]
fn a_flag_wins_over_environment_and_file() {
    const FILE: &str = "page-size = 13";
    for (flag, variable, file, expected) in [
        ("11", "12", FILE, 11),
        ("", "12", FILE, 12),
        ("", "", FILE, 13),
        ("", "", "", 100),
    ] {
        let site = Site::small();
        let mut sync = site.sync_command(&[]);
        if !flag.is_empty() {
            sync.args(["--page-size", flag]);
        }
        if !variable.is_empty() {
            sync.env("PORTOLAN_PAGE_SIZE", variable);
        }
        sync.arg("--config").arg(config(&site, file));
        run(&mut sync).with(0);
        assert_eq!(page_sizes(&site), BTreeSet::from([expected]));
    }
}

#[test]
fn lists_and_options_are_replaced_as_a_whole() {
    let site = Site::small();
    let file = config(
        &site,
        "objects = ['EcsCluster', 'EcsService']\n[options]\nEcsTask.fetchStoppedTasks = true\n",
    );
    let mut sync = site.sync_command(&["--config", file.to_str().unwrap()]);
    run(sync.env("PORTOLAN_OBJECTS", "EcsTask")).with(0);
    assert_eq!(site.files(), ["EcsTask.jsonl", "report.json"]);
    assert_eq!(
        site.records("EcsTask").len(),
        46,
        "the file's option holds where nothing overrides it"
    );
    let mut sync = site.sync_command(&["--config", file.to_str().unwrap(), "--objects", "EcsTask"]);
    run(sync.env("PORTOLAN_OPTIONS", "EcsTask.fetchStoppedTasks=false")).with(0);
    assert_eq!(site.records("EcsTask").len(), 40);
}

#[test]
fn a_file_alone_can_say_everything() {
    let role = "arn:aws:iam::123456789012:role/Read";
    let site = Site::new(
        World::small(1).with_role(role, Some("external")),
        Rules::default(),
    );
    let secret = site.folder.path().join("secret");
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    let text = format!(
        "access-key-id = '{BASE_ACCESS_KEY}'\nsecret-access-key-file = '{}'\nregions = ['us-east-1']\n\
         assume-role-arn = '{role}'\nexternal-id = 'external'\nsession-name = 'from-the-file'\n\
         session-duration = 1800\nendpoint-url = '{}'\npage-size = 9\nparallel-requests = 2\n\
         maximum-retries = 3\nobjects = 'EcsTask,EcsTaskDefinition'\n\
         [options]\n'EcsTask.fetchStoppedTasks' = 'true'\nEcsTaskDefinition.status = 'ALL'\n",
        secret.display(),
        site.simulator.url()
    );
    let mut sync = crate::support::portolan();
    sync.arg("sync")
        .arg("--output")
        .arg(site.output())
        .arg("--config")
        .arg(config(&site, &text));
    run(&mut sync).with(0);
    assert_eq!(
        (
            site.records("EcsTask").len(),
            site.records("EcsTaskDefinition").len()
        ),
        (46, 24)
    );
    assert_eq!(page_sizes(&site), BTreeSet::from([9]));
    let assumed = site
        .simulator
        .requests()
        .into_iter()
        .find(|request| request.operation == "AssumeRole")
        .unwrap();
    assert_eq!(
        (
            &assumed.body["RoleSessionName"],
            &assumed.body["DurationSeconds"]
        ),
        (&"from-the-file".into(), &"1800".into())
    );
}

#[test]
fn the_configuration_schema_knows_every_key_of_the_help() {
    let ended = run(crate::support::portolan().args(["schema", "config"])).with(0);
    let schema: Value = serde_json::from_str(&ended.stdout).unwrap();
    let keys: BTreeSet<&str> = schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(schema["additionalProperties"], false);
    let assess = &schema["$defs"]["AssessSettings"];
    assert_eq!(assess["additionalProperties"], false);
    let below = assess["properties"].as_object().unwrap();
    let keys: BTreeSet<&str> = keys
        .into_iter()
        .chain(below.keys().map(String::as_str))
        .collect();
    let help = run(crate::support::portolan().args(["sync", "--help"]))
        .with(0)
        .stdout;
    for key in keys
        .iter()
        .filter(|key| !["assess", "modules", "options"].contains(*key))
    {
        assert!(help.contains(&format!("--{key} ")), "{key} is not a flag");
    }
    for line in help.lines().filter(|line| line.contains("[env: PORTOLAN_")) {
        // The help also shows the value of a variable.
        let variable = line.split("[env: ").nth(1).unwrap();
        let variable = variable.split([']', '=']).next().unwrap();
        let key = variable
            .trim_start_matches("PORTOLAN_")
            .to_lowercase()
            .replace('_', "-");
        let is_of_run = ["output", "log", "config", "checkpoint"].contains(&key.as_str());
        assert!(
            is_of_run || keys.contains(key.as_str()),
            "{variable} is not a key of the file"
        );
    }
}

#[test]
fn aws_variables_keep_their_meaning() {
    let site = Site::small();
    let mut sync = site.sync_command(&[]);
    sync.env_remove("PORTOLAN_REGIONS")
        .env_remove("PORTOLAN_ENDPOINT_URL");
    run(sync
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL", site.simulator.url()))
    .with(0);
    assert_eq!(site.records("EcsTask").len(), 40);
}

#[test]
fn a_profile_is_found_by_name() {
    let site = Site::small();
    let (profiles, keys) = (
        site.folder.path().join("config"),
        site.folder.path().join("credentials"),
    );
    std::fs::write(&profiles, "[profile audit]\nregion = us-east-1\n").unwrap();
    std::fs::write(
        &keys,
        format!(
            "[audit]\naws_access_key_id = {BASE_ACCESS_KEY}\naws_secret_access_key = {SECRET}\n"
        ),
    )
    .unwrap();
    let mut sync = site.sync_command(&["--profile", "audit"]);
    sync.env_remove("PORTOLAN_REGIONS")
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    run(sync
        .env("AWS_CONFIG_FILE", profiles)
        .env("AWS_SHARED_CREDENTIALS_FILE", keys))
    .with(0);
    assert_eq!(site.records("EcsTask").len(), 40);
}

#[test]
fn a_role_gets_external_id_session_name_and_duration() {
    let role = "arn:aws:iam::123456789012:role/Read";
    let site = Site::new(
        World::small(1).with_role(role, Some("external-1")),
        Rules::default(),
    );
    let arguments = [
        "--assume-role-arns",
        role,
        "--session-name",
        "audit-7",
        "--session-duration",
        "900",
    ];
    let ended = site.sync(&arguments).with(1);
    assert!(ended.stderr.contains("external ID"), "{}", ended.stderr);
    site.sync(&[&arguments[..], &["--external-id", "external-1"]].concat())
        .with(0);
    let assumed = site
        .simulator
        .requests()
        .into_iter()
        .rfind(|request| request.operation == "AssumeRole")
        .unwrap();
    assert_eq!(assumed.body["RoleSessionName"], "audit-7");
    assert_eq!(assumed.body["ExternalId"], "external-1");
    assert_eq!(assumed.body["DurationSeconds"], "900");
}

#[test]
fn the_default_session_is_portolan_for_an_hour() {
    let role = "arn:aws:iam::123456789012:role/Read";
    let site = Site::new(World::small(1).with_role(role, None), Rules::default());
    site.sync(&["--assume-role-arn", role]).with(0);
    let assumed = site
        .simulator
        .requests()
        .into_iter()
        .find(|request| request.operation == "AssumeRole")
        .unwrap();
    assert_eq!(
        (
            &assumed.body["RoleSessionName"],
            &assumed.body["DurationSeconds"]
        ),
        (&"portolan".into(), &"3600".into())
    );
}
