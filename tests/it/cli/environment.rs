//! No value of a variable causes a panic, and no message repeats it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::support::{REGION, Site, portolan_at, root, run};

/// AWS variables that the program or the SDK reads.
const AWS: [&str; 18] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_ECS",
    "AWS_ENDPOINT_URL_STS",
    "AWS_CA_BUNDLE",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_MAX_ATTEMPTS",
    "AWS_RETRY_MODE",
    "AWS_SDK_UA_APP_ID",
    "AWS_EXECUTION_ENV",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// Portolan's own variables, from the help.
fn ours() -> Vec<String> {
    let help = std::fs::read_to_string(root().join("tests/contracts/help.txt")).unwrap();
    let mut names: Vec<String> = help
        .split(|each: char| !each.is_ascii_uppercase() && each != '_')
        .filter(|word| word.starts_with("PORTOLAN_") && word.len() > "PORTOLAN_".len())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    assert!(names.len() > 30, "{names:?}");
    names
}

#[test]
fn no_value_of_the_environment_ends_in_a_panic_or_is_repeated() {
    let site = Site::small();
    let values: [&[u8]; 4] = [b"", b"s3cr3t\nvalue", b" s3cr3t-\xc3\xa9 ", b"s3cr3t\x80"];
    let output = site.folder.path().join("out");
    for name in AWS.map(str::to_owned).into_iter().chain(ours()) {
        for value in values {
            let mut command = portolan_at(site.simulator.url());
            command
                .current_dir(site.folder.path())
                .args(["sync", "--regions", REGION, "--maximum-retries", "0"])
                .env("PORTOLAN_OUTPUT", &output)
                .env(&name, OsString::from_vec(value.to_vec()));
            let ended = run(&mut command);
            assert!(
                (0..=3).contains(&ended.status),
                "{name}={value:?}: {ended:#?}"
            );
            // A message repeats mistyped names, so that users can find them, but not secrets.
            let is_secret = name.starts_with("AWS_")
                || [
                    "KEY_ID",
                    "ACCESS_KEY",
                    "TOKEN",
                    "EXTERNAL_ID",
                    "ENDPOINT_URL",
                ]
                .iter()
                .any(|end| name.ends_with(end));
            let is_name = ["_FILE", "_PROFILE", "_BUNDLE"]
                .iter()
                .any(|end| name.ends_with(end));
            assert!(
                is_name || !is_secret || !ended.stderr.contains("s3cr3t"),
                "{name}={value:?}: {}",
                ended.stderr
            );
            assert!(
                !ended.stderr.contains("panicked"),
                "{name}: {}",
                ended.stderr
            );
        }
    }
}
