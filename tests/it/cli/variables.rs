//! `PORTOLAN_…` variables as shells, Compose and CI set them: empty, with line ends, or by mistake; and roles
//! in them.

use portolan_tests::simulator::{Rules, World};

use crate::support::{Site, portolan, run};

#[test]
fn a_comma_in_the_name_of_a_role_is_no_separator() {
    const ROLE: &str = "arn:aws:iam::123456789012:role/team,Read+Only=1";
    let site = Site::new(World::small(1).with_role(ROLE, None), Rules::default());
    let file = site.folder.path().join("portolan.toml");
    std::fs::write(&file, format!("assume-role-arn = \"{ROLE}\"\n")).unwrap();
    let mut by_variable = site.sync_command(&[]);
    by_variable.env("PORTOLAN_ASSUME_ROLE_ARN", format!("{ROLE}\r\n"));
    for mut sync in [
        site.sync_command(&["--assume-role-arn", ROLE]),
        site.sync_command(&["--config", file.to_str().unwrap()]),
        by_variable,
    ] {
        run(&mut sync).with(0);
        let requests = site.simulator.requests();
        let assumed = requests.iter().rfind(|each| each.operation == "AssumeRole");
        assert_eq!(assumed.unwrap().body["RoleArn"], ROLE);
    }
}

/// Every variable of an argument.
fn variables() -> Vec<String> {
    let help = run(portolan().args(["sync", "--help"])).with(0).stdout;
    let names = help.split("[env: ").skip(1);
    names
        .map(|rest| rest.split([']', '=']).next().unwrap().to_owned())
        .collect()
}

#[test]
fn empty_variables_are_as_good_as_none() {
    let site = Site::small();
    for value in ["", " \r\n"] {
        let mut sync = site.sync_command(&[]);
        // The variables of the simulator stay.
        for name in variables() {
            let is_needed = ["_URL", "_REGIONS", "_QUOTAS", "_FOLDER", "_CACHE"];
            if !is_needed.iter().any(|end| name.ends_with(end)) {
                sync.env(name, value);
            }
        }
        let ended = run(sync
            .env("PORTOLAN_SECRET_ACCESS_KEY", value)
            .env("PORTOLAN_SESSION_TOKEN", value))
        .with(0);
        assert_eq!(ended.stderr, "");
    }
    assert!(variables().len() > 30);
}

#[test]
fn variables_have_blanks_around_them_and_several_words_for_truth() {
    let site = Site::small();
    for (name, value, status) in [
        ("PORTOLAN_PAGE_SIZE", " 7\r\n", 0),
        ("PORTOLAN_OBJECTS", "EcsTask\r\n", 0),
        ("PORTOLAN_LOG", "error\n", 0),
        ("PORTOLAN_MODULE_POLICY", " any", 0),
        ("PORTOLAN_ORGANIZATION", "No", 0),
        ("PORTOLAN_ORGANIZATION", "0", 0),
        ("PORTOLAN_USE_FIPS_ENDPOINT", "off", 0),
        // With the endpoint of the simulator FIPS is refused, which shows that the value was understood.
        ("PORTOLAN_USE_FIPS_ENDPOINT", "YES", 2),
    ] {
        run(site.sync_command(&[]).env(name, value)).with(status);
    }
}

#[test]
fn a_variable_that_cannot_be_used_is_named_and_its_value_is_not() {
    use std::os::unix::ffi::OsStrExt;
    let site = Site::small();
    for (name, says) in [
        ("PORTOLAN_PAGE_SIZE", "--page-size"),
        ("PORTOLAN_QUOTA_SHARE", "--quota-share"),
        ("PORTOLAN_ORGANIZATION", "true, false"),
        ("PORTOLAN_QUOTAS", "aws, none"),
        ("PORTOLAN_MODULE_POLICY", "any, pinned, signed"),
        ("PORTOLAN_OPTIONS", "--option"),
    ] {
        let ended = run(site.sync_command(&[]).env(name, "s3cr3t")).with(2);
        assert!(
            ended.stderr.contains(name) && ended.stderr.contains(says),
            "{}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("s3cr3t"), "{}", ended.stderr);
        // A command without the argument, or with its flag, ignores the variable.
        run(portolan().args(["schema", "EcsTask"]).env(name, "s3cr3t")).with(0);
    }
    for name in [
        "PORTOLAN_PROFILE",
        "PORTOLAN_SECRET_ACCESS_KEY",
        "PORTOLAN_REGIONS",
    ] {
        let mut sync = site.sync_command(&[]);
        let ended = run(sync.env(name, std::ffi::OsStr::from_bytes(b"s3cr3t\xff"))).with(2);
        assert!(
            ended
                .stderr
                .contains(&format!("{name}: its value is not UTF-8")),
            "{}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("s3cr3t"), "{}", ended.stderr);
    }
    let mut sync = site.sync_command(&["--page-size", "5"]);
    run(sync.env("PORTOLAN_PAGE_SIZE", "s3cr3t")).with(0);
}
