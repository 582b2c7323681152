//! An account that the credentials can reach.

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_credential_types::provider::SharedCredentialsProvider;
use portolan_page::{AccountId, RegionName};
use std::sync::Arc;

use super::call::Caller;
use super::http::in_turn;
use super::renewal::Renewing;
use super::request::Sender;
use super::sdk::endpoint_of;
use super::settings::Connection;
use super::sts::Sts;
use crate::quota::Quotas;
use portolan_machine::clock::Clock;
use portolan_page::ledger::Ledger;

/// An account that can be synced.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account's twelve digits.
    pub account_id: AccountId,
    /// The AWS partition, for example `aws-us-gov`.
    pub partition: String,
    /// The ARN of the user or role session that makes the calls.
    pub identity: String,
    /// The Region whose STS accepted the credentials; `None` if the account is known only from ARNs.
    pub(super) confirmed_in: Option<String>,
    pub(super) access: Access,
}

/// Credentials that do not reach an account, or an account whose Regions cannot be listed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct AccountError {
    /// The account's twelve digits; `None` if a role's ARN does not name it.
    pub account_id: Option<AccountId>,
    /// The Regions that are not synced because of it; an empty name stands for Regions that could not be
    /// listed.
    pub regions: Vec<RegionName>,
    /// A short constant in kebab case, for example `credentials`.
    pub code: &'static str,
    /// The identity that failed, the reason, and what to do.
    pub message: String,
}

/// The client settings, credentials and quotas that calls use.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) sts: Sts,
    pub(super) credentials: Renewing,
    quotas: Quotas,
}

impl Access {
    /// Access with the configured credentials, and the Regions whose STS to call.
    pub(super) fn new(
        base: SdkConfig,
        regions: Vec<String>,
        connection: &Connection,
        quotas: Quotas,
        clock: &Clock,
    ) -> Self {
        let credentials = Renewing::chain(connection, clock.clone());
        let sdk = with_credentials(base, &credentials);
        Self {
            sts: Sts {
                sdk,
                regions,
                clock: clock.clone(),
                good: Arc::default(),
            },
            credentials,
            quotas,
        }
    }

    /// The client settings and credentials for requests to a Region.
    pub(super) fn sender(&self, region: &str) -> Sender {
        Sender {
            sdk: self.sts.sdk.clone(),
            region: region.into(),
            credentials: self.credentials.clone(),
        }
    }

    /// The same access with other credentials.
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
    /// The Region for requests that do not depend on a Region.
    pub(super) fn region(&self) -> &str {
        let region = self.access.sts.sdk.region();
        region.map_or("us-east-1", AsRef::as_ref)
    }

    /// The server: `aws`, or the URL of the endpoint that replaces AWS's own.
    pub fn endpoint(&self) -> String {
        endpoint_of(&self.access.sts.sdk, "ECS").unwrap_or_else(|| "aws".into())
    }

    /// Returns a caller for a Region. It keeps to the account's quotas, and counts its calls in `ledger`.
    pub fn caller(&self, region: &RegionName, maximum_retries: u32, ledger: Arc<Ledger>) -> Caller {
        let place = self.access.quotas.place(&self.account_id, region);
        let mut sender = self.access.sender(region);
        if let Some(client) = sender.sdk.http_client() {
            let client = in_turn(client, place.in_flight());
            sender.sdk = sender.sdk.into_builder().http_client(client).build();
        }
        Caller::new(
            self.account_id.clone(),
            (place, sender),
            (self.access.sts.clock.clone(), self.confirmed_in.clone()),
            maximum_retries,
            ledger,
        )
    }
}
