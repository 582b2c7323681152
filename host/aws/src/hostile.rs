//! Tests random values of variables and profiles through all uses of them in the SDK.

use std::ffi::OsString;
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use proptest::prelude::*;

use super::environment::Environment;
use super::sdk::base;
use super::settings::Connection;
use super::value::sendable;
use portolan_machine::clock::Clock;

/// Variables, with the profile keys of the same meaning.
const NAMES: [(&str, &str); 24] = [
    ("AWS_ACCESS_KEY_ID", "aws_access_key_id"),
    ("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key"),
    ("AWS_SESSION_TOKEN", "aws_session_token"),
    ("AWS_ACCOUNT_ID", "aws_account_id"),
    ("AWS_REGION", "region"),
    ("AWS_DEFAULT_REGION", "sso_region"),
    ("AWS_PROFILE", "source_profile"),
    ("AWS_ENDPOINT_URL", "endpoint_url"),
    ("AWS_ENDPOINT_URL_ECS", "services"),
    ("AWS_ENDPOINT_URL_STS", "sso_start_url"),
    ("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
    ("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
    ("AWS_MAX_ATTEMPTS", "max_attempts"),
    ("AWS_RETRY_MODE", "retry_mode"),
    ("AWS_SDK_UA_APP_ID", "sdk_ua_app_id"),
    ("AWS_CA_BUNDLE", "ca_bundle"),
    ("AWS_CONFIG_FILE", "sso_session"),
    ("AWS_ROLE_ARN", "role_arn"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "credential_source"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "sso_account_id"),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "login_session"),
    ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "account_id_endpoint_mode"),
    (
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "ec2_metadata_service_endpoint",
    ),
];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just(" \t".into()),
        Just("http://".into()),
        Just("http://127.0.0.1:9/ x".into()),
        Just("http://[::1".into()),
        "[ -~]{0,12}",
        "\\PC{0,8}",
        "[a-z0-9:/\\r\\n\\t\u{0}\u{7f}é-]{0,12}",
        "[a-z]{1,9}[\\r\\n]{1,2}",
    ]
}

/// Uses the variables up to a signed request, which no server answers.
async fn is_survived(variables: Vec<(OsString, OsString)>) {
    let Ok(environment) = Environment::of(variables, None).await else {
        return;
    };
    let Ok(sdk) = base(&environment, &Connection::default(), &Clock::default()).await else {
        return;
    };
    let Some(provider) = sdk.credentials_provider() else {
        return;
    };
    let found = tokio::time::timeout(
        Duration::from_millis(300),
        aws_credential_types::provider::ProvideCredentials::provide_credentials(&provider),
    );
    let Ok(Ok(found)) = found.await else { return };
    let Ok(credentials) = sendable(&found) else {
        return;
    };
    let timeouts = TimeoutConfig::builder()
        .operation_timeout(Duration::from_millis(300))
        .build();
    let sdk = sdk
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .build();
    let _ = aws_sdk_sts::Client::new(&sdk)
        .get_caller_identity()
        .send()
        .await;
    let _ = aws_sdk_sts::Client::new(&sdk)
        .get_caller_identity()
        .send()
        .await;
}

fn run(variables: Vec<(String, String)>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let variables = variables.into_iter();
    let variables = variables.map(|(name, value)| (name.into(), value.into()));
    runtime.block_on(is_survived(variables.collect()));
}

fn around(more: Vec<(String, String)>) -> Vec<(String, String)> {
    let quiet = [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ];
    let quiet = quiet.map(|(name, value)| (name.to_owned(), value.to_owned()));
    quiet.into_iter().chain(more).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(96),
    ) })]

    #[test]
    fn no_value_of_a_variable_ends_in_a_panic(
        given in prop::collection::vec((prop::sample::select(&NAMES[..]), value()), 1..4),
    ) {
        let given = given.into_iter().map(|((name, _), value)| (name.to_owned(), value));
        run(around(given.collect()));
    }

    #[test]
    fn no_value_of_a_profile_ends_in_a_panic(
        given in prop::collection::vec((prop::sample::select(&NAMES[..]), value()), 1..6),
        name in value(),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config");
        let lines: String = given.iter().map(|((_, key), value)| format!("{key} = {value}\n")).collect();
        std::fs::write(&file, format!("[default]\n{lines}[profile {name}]\n{lines}")).expect("written");
        let place = file.display().to_string();
        let named = [("AWS_CONFIG_FILE".to_owned(), place), ("AWS_PROFILE".to_owned(), name)];
        let mut variables = around(named.into());
        // Without these variables, the profile is used.
        variables.retain(|(name, _)| !name.contains("ACCESS_KEY") && name != "AWS_REGION");
        run(variables);
    }
}

#[test]
fn profiles_are_read_with_blanks_quotes_and_either_line_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config");
    let text = "\u{feff}[profile \"Casey's laptop\"]\r\nregion =  eu-west-1 # home\r\nendpoint_url =\r\n\
        s3 =\r\n  max_concurrent_requests = 5\r\n[profile other]\r\nsource_profile = Casey's laptop\r\nendpoint_url = localhost\r\n";
    std::fs::write(&file, text).expect("written");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let read = |profile| {
        let given = vec![("AWS_CONFIG_FILE".into(), file.clone().into_os_string())];
        runtime.block_on(Environment::of(given, Some(profile)))
    };
    let casey = read("Casey's laptop").expect("valid");
    assert_eq!(casey.region(), Some("eu-west-1"));
    assert_eq!(casey.profiles.value("Casey's laptop", "endpoint_url"), None);
    assert_eq!(casey.profiles.sources("other"), ["other", "Casey's laptop"]);
    // An invalid value in an unused profile does not matter.
    let error = read("other").expect_err("no URL").to_string();
    assert!(
        error.contains("line 8: endpoint_url: its value is not a URL"),
        "{error}"
    );
}
