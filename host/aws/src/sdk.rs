//! Settings of the SDK's clients, from Portolan's settings, the environment and AWS profiles.

use std::time::{Duration, SystemTime};

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_async::time::TimeSource;
use aws_smithy_types::retry::RetryConfig;
use aws_types::service_config::ServiceConfigKey;
use secrecy::ExposeSecret;

use super::environment::Environment;
use super::settings::{Connection, ConnectionError};
use portolan_machine::clock::Clock;

/// A TCP and TLS connection within AWS takes milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The number of attempts of each request in the SDK's chain. The operator waits for it.
const CHAIN_ATTEMPTS: u32 = 3;
/// The limit for an answer, and for the answer before it on the same connection. `http` limits the time until
/// an answer begins, and the SDK the time that it may stall.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(300);

/// The URL that flags, environment or profile set for a service, by the SDK's rules.
pub(super) fn endpoint_of(base: &SdkConfig, service: &'static str) -> Option<String> {
    // A flag overrides the environment and the profile for all services.
    if base.get_origin("endpoint_url").is_client_config() {
        return base.endpoint_url().map(str::to_owned);
    }
    let key = ServiceConfigKey::builder()
        .service_id(service)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    base.service_config()
        .and_then(|services| services.load_config(key))
        .or_else(|| base.endpoint_url().map(str::to_owned))
}

/// The clock, as a time source of the SDK.
#[derive(Clone, Debug)]
struct Corrected(Clock);

impl TimeSource for Corrected {
    fn now(&self) -> SystemTime {
        self.0.time()
    }
}

/// Settings of clients that use the configured credentials.
///
/// # Errors
/// Fails if the configured certificate authorities cannot be used.
pub(super) async fn base(
    environment: &Environment,
    connection: &Connection,
    clock: &Clock,
) -> Result<SdkConfig, ConnectionError> {
    let base = loader(environment, connection, clock, None)?;
    // `Clock` corrects the time of all clients at once, and of records.
    Ok(base.disable_clock_skew_correction(true).load().await)
}

/// Settings of the clients inside the SDK's chain, which call `region`, if given. They correct a wrong clock
/// themselves.
///
/// # Errors
/// As [`base`].
pub(super) async fn chain_base(
    environment: &Environment,
    connection: &Connection,
    clock: &Clock,
    region: Option<&str>,
) -> Result<SdkConfig, ConnectionError> {
    let chain = loader(environment, connection, clock, region)?;
    Ok(chain.disable_clock_skew_correction(false).load().await)
}

fn loader(
    environment: &Environment,
    connection: &Connection,
    clock: &Clock,
    region: Option<&str>,
) -> Result<ConfigLoader, ConnectionError> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let authorities = environment.ca_bundle(connection)?;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .env(environment.variables())
        .profile_files(environment.profiles.files())
        .http_client(super::http::client(authorities, &environment.proxies))
        .retry_config(RetryConfig::standard().with_max_attempts(CHAIN_ATTEMPTS))
        .timeout_config(timeouts)
        .time_source(Corrected(clock.clone()));
    // The chain calls STS and IAM Identity Center as every AWS tool does, whatever Regions are synced.
    let region = region
        .or_else(|| environment.region())
        .or(connection.regions.first().map(String::as_str));
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    if let Some(url) = &connection.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(use_fips) = connection.use_fips_endpoint {
        loader = loader.use_fips(use_fips);
    }
    if let Some(keys) = &connection.access_keys {
        loader = loader.credentials_provider(Credentials::new(
            keys.access_key_id.clone(),
            keys.secret_access_key.expose_secret(),
            keys.session_token
                .as_ref()
                .map(|token| token.expose_secret().to_owned()),
            None,
            "portolan settings",
        ));
    }
    Ok(loader)
}
