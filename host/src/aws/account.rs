//! An account that credentials reach.

use aws_config::identity::IdentityCache;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_ecs::config::SharedCredentialsProvider;
use aws_smithy_async::time::TimeSource;
use aws_smithy_types::retry::RetryConfig;
use aws_types::service_config::ServiceConfigKey;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::call::Caller;
use super::environment::Environment;
use super::renewal::Renewing;
use super::sts::Sts;
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::quota::Quotas;
use crate::report::Ledger;

/// A TCP and TLS connection within AWS takes milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the SDK's chain asks where it finds credentials. Somebody waits for it.
const CHAIN_ATTEMPTS: u32 = 3;
/// For an answer and for the one before it, behind which a request may have to wait. `http` bounds how long
/// an answer may take to begin, and the SDK how long it may stall.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(300);

/// An account that can be synced.
#[derive(Clone, Debug)]
pub struct Account {
    /// Twelve digits.
    pub account_id: String,
    /// For example `aws-us-gov`.
    pub partition: String,
    /// ARN of the user or role session that the calls are made as.
    pub identity: String,
    /// The Region whose STS took the credentials; none if the account is known from ARNs alone.
    pub(super) confirmed_in: Option<String>,
    pub(super) access: Access,
}

/// Credentials that reach no account, or an account that does not say what it has.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct AccountError {
    /// Twelve digits, as far as a role's ARN tells them.
    pub account_id: Option<String>,
    /// The Regions that it costs; an empty name stands for Regions that nobody could list.
    pub regions: Vec<String>,
    /// A short constant in kebab case, for example `credentials`.
    pub code: &'static str,
    /// Who failed, why, and what to do.
    pub message: String,
}

/// What calls are made with: settings of clients, the credentials in them, and the quotas of the process.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) sts: Sts,
    pub(super) credentials: Renewing,
    quotas: Quotas,
}

impl Access {
    /// Access as the credentials of the configuration themselves, and the Regions to ask STS in.
    pub(super) fn new(
        base: SdkConfig,
        regions: Vec<String>,
        config: &Config,
        clock: Clock,
    ) -> Self {
        let credentials = Renewing::chain(config, clock.clone());
        let retries = RetryConfig::standard().with_max_attempts(config.maximum_retries + 1);
        let base = base.into_builder().retry_config(retries).build();
        let sdk = with_credentials(base, &credentials);
        Self {
            sts: Sts {
                sdk,
                regions,
                clock,
                good: Arc::default(),
            },
            credentials,
            quotas: Quotas::new(config),
        }
    }

    /// The same with other credentials.
    pub(super) fn with(&self, credentials: Renewing) -> Self {
        let mut access = self.clone();
        access.sts.sdk = with_credentials(access.sts.sdk, &credentials);
        access.credentials = credentials;
        access
    }
}

fn with_credentials(sdk: SdkConfig, credentials: &Renewing) -> SdkConfig {
    sdk.into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials.clone()))
        .identity_cache(IdentityCache::no_cache())
        .build()
}

impl Account {
    /// Settings of clients of this account.
    pub(super) const fn sdk(&self) -> &SdkConfig {
        &self.access.sts.sdk
    }

    /// Who answers: `aws`, or the URL of the endpoint that is used instead of AWS's own.
    pub(crate) fn endpoint(&self) -> String {
        endpoint_of(&self.access.sts.sdk, "ECS").unwrap_or_else(|| "aws".into())
    }

    /// An ECS client for a Region. It does not repeat requests by itself: `Caller` does, and counts.
    pub(crate) fn ecs(&self, region: &str) -> aws_sdk_ecs::Client {
        let mut config = aws_sdk_ecs::config::Builder::from(&self.access.sts.sdk)
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::disabled());
        if let Some(client) = self.access.sts.sdk.http_client() {
            let place = self.access.quotas.place(&self.account_id, region);
            config.set_http_client(Some(super::http::in_turn(client, place.in_flight())));
        }
        aws_sdk_ecs::Client::from_conf(config.build())
    }

    /// Makes calls in a Region, at the pace of the account's quotas, and counts them in `ledger`.
    pub(crate) fn caller(&self, region: &str, maximum_retries: u32, ledger: Arc<Ledger>) -> Caller {
        let place = self.access.quotas.place(&self.account_id, region);
        Caller::new(
            self.account_id.clone(),
            region.to_owned(),
            (place, self.access.credentials.clone()),
            (self.access.sts.clock.clone(), self.confirmed_in.clone()),
            maximum_retries,
            ledger,
        )
    }
}

/// The URL that flags, environment or profile set for a service, as its client would find it.
pub(super) fn endpoint_of(base: &SdkConfig, service: &'static str) -> Option<String> {
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

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        self.time()
    }
}

/// Settings of clients that make calls as the credentials themselves.
///
/// # Errors
/// If the certificate authorities that somebody names cannot be used.
pub(super) async fn base(
    environment: &Environment,
    config: &Config,
    clock: &Clock,
) -> Result<SdkConfig, ConfigError> {
    let base = loader(environment, config, clock, None)?;
    // `Clock` does it for all clients at once, and for records.
    Ok(base.disable_clock_skew_correction(true).load().await)
}

/// Settings of the clients inside the SDK's chain, which ask in `region`, if one is given. They correct a wrong
/// clock by themselves.
///
/// # Errors
/// As [`base`].
pub(super) async fn chain_base(
    environment: &Environment,
    config: &Config,
    clock: &Clock,
    region: Option<&str>,
) -> Result<SdkConfig, ConfigError> {
    let chain = loader(environment, config, clock, region)?;
    Ok(chain.disable_clock_skew_correction(false).load().await)
}

fn loader(
    environment: &Environment,
    config: &Config,
    clock: &Clock,
    region: Option<&str>,
) -> Result<ConfigLoader, ConfigError> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let authorities = environment.ca_bundle(config)?;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .env(environment.variables())
        .profile_files(environment.profiles.files())
        .http_client(super::http::client(authorities, &environment.proxies))
        .retry_config(RetryConfig::standard().with_max_attempts(CHAIN_ATTEMPTS))
        .timeout_config(timeouts)
        .time_source(clock.clone());
    // The chain asks STS and IAM Identity Center as every AWS tool does, whatever is synced.
    let region = region
        .or_else(|| environment.region())
        .or(config.regions.first().map(String::as_str));
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    if let Some(url) = &config.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(use_fips) = config.use_fips_endpoint {
        loader = loader.use_fips(use_fips);
    }
    if let Some(keys) = &config.access_keys {
        loader = loader.credentials_provider(Credentials::new(
            keys.access_key_id.clone(),
            keys.secret_access_key.expose(),
            keys.session_token
                .as_ref()
                .map(|token| token.expose().to_owned()),
            None,
            "portolan settings",
        ));
    }
    Ok(loader)
}
