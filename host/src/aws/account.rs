//! An account that credentials reach.

use aws_config::identity::IdentityCache;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_ecs::config::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_types::service_config::ServiceConfigKey;
use std::sync::Arc;
use std::time::Duration;

use super::call::Caller;
use super::failure::{chain, is_refusal};
use super::renewal::Renewing;
use crate::config::{Config, RoleArn};
use crate::quota::Quotas;
use crate::report::Ledger;

/// A TCP and TLS connection within AWS takes milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For an answer and for the one before it, behind which a request may have to wait. `http` bounds how long
/// an answer may take to begin, and the SDK how long it may stall.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(300);

/// STS is asked who we are this often: there is another way to find out, and a sync should not wait.
const IDENTITY_ATTEMPTS: u32 = 3;

/// An account that can be synced.
#[derive(Clone, Debug)]
pub struct Account {
    /// Twelve digits.
    pub account_id: String,
    /// For example `aws-us-gov`.
    pub partition: String,
    /// ARN of the user or role session that the calls are made as.
    pub identity: String,
    access: Access,
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
    pub(super) sdk: SdkConfig,
    credentials: Renewing,
    quotas: Quotas,
}

impl Access {
    /// Access as the credentials of the configuration themselves.
    pub(super) fn new(base: SdkConfig, config: &Config) -> Self {
        let credentials = Renewing::chain(config);
        Self {
            sdk: with_credentials(base, &credentials),
            credentials,
            quotas: Quotas::new(config),
        }
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
        &self.access.sdk
    }

    /// Who answers: `aws`, or the URL of the endpoint that is used instead of AWS's own.
    pub(crate) fn endpoint(&self) -> String {
        endpoint_of(&self.access.sdk, "ECS").unwrap_or_else(|| "aws".into())
    }

    /// An ECS client for a Region. It does not repeat requests by itself: `Caller` does, and counts.
    pub(crate) fn ecs(&self, region: &str) -> aws_sdk_ecs::Client {
        let mut config = aws_sdk_ecs::config::Builder::from(&self.access.sdk)
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::disabled());
        if let Some(client) = self.access.sdk.http_client() {
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

/// Settings of clients that make calls as the credentials themselves.
pub(super) async fn base(config: &Config) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(super::http::client())
        .retry_config(RetryConfig::standard().with_max_attempts(config.maximum_retries + 1))
        .timeout_config(timeouts);
    if let Some(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = config.regions.first() {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = &config.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if config.use_fips_endpoint {
        loader = loader.use_fips(true);
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
    loader.load().await
}

/// Assumes a role.
pub(super) async fn assume(
    access: &Access,
    config: &Config,
    role: &RoleArn,
) -> Result<Account, AccountError> {
    let mut builder = AssumeRoleProvider::builder(&role.arn)
        .configure(&access.sdk)
        .session_name(&config.session_name)
        .session_length(config.session_duration);
    if let Some(id) = &config.external_id {
        builder = builder.external_id(id);
    }
    let credentials = Renewing::role(builder.build().await, access.credentials.clone());
    let access = Access {
        sdk: with_credentials(access.sdk.clone(), &credentials),
        credentials,
        quotas: access.quotas.clone(),
    };
    identify(access, Some(role)).await
}

/// Finds out which account credentials belong to.
pub(super) async fn identify(
    access: Access,
    role: Option<&RoleArn>,
) -> Result<Account, AccountError> {
    let who = role.map_or_else(
        || "the credentials".to_owned(),
        |role| format!("role {}", role.arn),
    );
    let failed = |message: String| AccountError {
        account_id: role.map(|role| role.account_id.clone()),
        regions: Vec::new(),
        code: "credentials",
        message,
    };
    let config = aws_sdk_sts::config::Builder::from(&access.sdk)
        .retry_config(RetryConfig::standard().with_max_attempts(IDENTITY_ATTEMPTS))
        .build();
    let answer = aws_sdk_sts::Client::from_conf(config)
        .get_caller_identity()
        .send()
        .await;
    let error = match answer {
        Ok(answer) => {
            let (Some(account_id), Some(identity)) = (answer.account, answer.arn) else {
                return Err(failed(format!(
                    "STS did not say which account {who} belongs to"
                )));
            };
            let partition = identity.split(':').nth(1).unwrap_or("aws").to_owned();
            return Ok(Account {
                account_id,
                partition,
                identity,
                access,
            });
        }
        Err(error) => error,
    };
    let reason = chain(&error);
    if reason.contains("no credentials found in chain") {
        return Err(failed(
            "no credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with --profile, or give keys as settings (`portolan sync --help`)".into(),
        ));
    }
    // Without credentials there was no request, and there will be none to ECS either.
    let code = error
        .as_service_error()
        .and_then(|error| error.meta().code());
    let is_refused = code.is_some_and(is_refusal) || reason.contains("redential");
    if !is_refused && let Some((partition, account_id)) = account_of_arns(&access.sdk, role).await {
        // A network that reaches ECS through a VPC endpoint need not reach STS.
        tracing::warn!("STS does not answer ({reason}); taking the account from ARNs instead");
        return Ok(Account {
            account_id,
            partition,
            identity: who,
            access,
        });
    }
    let advice = if is_refused {
        "check keys, profile, trust policy and external ID"
    } else {
        "STS does not answer, and ECS names nothing whose ARN would tell the account; check --regions, --endpoint-url and the network"
    };
    Err(failed(format!("{who} cannot be used: {reason}; {advice}")))
}

/// Partition and account of the role, or of anything that ECS lists.
async fn account_of_arns(sdk: &SdkConfig, role: Option<&RoleArn>) -> Option<(String, String)> {
    if let Some(role) = role {
        return Some((role.partition.clone(), role.account_id.clone()));
    }
    let config = aws_sdk_ecs::config::Builder::from(sdk)
        .retry_config(RetryConfig::standard().with_max_attempts(IDENTITY_ATTEMPTS))
        .build();
    let ecs = aws_sdk_ecs::Client::from_conf(config);
    let clusters = ecs
        .list_clusters()
        .max_results(1)
        .send()
        .await
        .ok()?
        .cluster_arns
        .unwrap_or_default();
    let arn = match clusters.into_iter().next() {
        Some(arn) => arn,
        None => {
            let answer = ecs
                .list_task_definitions()
                .max_results(1)
                .send()
                .await
                .ok()?;
            answer.task_definition_arns?.into_iter().next()?
        }
    };
    let mut parts = arn.split(':').skip(1);
    Some((parts.next()?.to_owned(), parts.nth(2)?.to_owned()))
}
