//! Finds the accounts and Regions of a run: from roles, from an organization, or from the credentials.

use futures_util::future::BoxFuture;
use portolan_page::{AccountId, RegionName};
use std::collections::BTreeMap;

use aws_config::{Region, SdkConfig};

use super::account::{Access, Account, AccountError};
use super::environment::Environment;
use super::identity::{assume, identify};
use super::sdk::{base, endpoint_of};
use super::settings::{Connection, ConnectionError, Organization, RoleArn};
use super::{fips, organization, partitions, regions};
use crate::quota::Quotas;
use portolan_machine::clock::Clock;

/// The Region whose STS is called if none is configured: it answers for every Region of its partition.
const ANY_REGION: &str = "us-east-1";

/// The accounts of a run, before they are reached.
#[derive(Debug)]
pub struct Accounts {
    /// The errors while the accounts were listed.
    pub errors: Vec<AccountError>,
    /// Warnings about the list.
    pub warnings: Vec<String>,
    /// One route for each account.
    pub routes: Vec<AccountRoute>,
    connection: Connection,
    base: Access,
    /// The account of the credentials themselves; `None` if it was not queried or is not known.
    own: Option<String>,
    /// The Regions to sync in each account; `None` to list the enabled Regions of each account.
    regions: Option<Vec<String>>,
}

/// An account, and the credentials that may reach it, in the order in which they are tried.
#[derive(Clone, Debug)]
pub struct AccountRoute {
    /// The account's twelve digits.
    account_id: AccountId,
    ways: Vec<Route>,
}

#[derive(Clone, Debug)]
enum Route {
    /// The configured credentials, which belong to the account.
    Own(Box<Account>),
    /// A role of the account.
    Role(RoleArn),
}

/// The result of trying a route.
#[derive(Debug, Default)]
pub struct Reached {
    /// The account, and its Regions to sync here.
    pub account: Option<(Account, Vec<RegionName>)>,
    /// The errors, with their Regions.
    pub errors: Vec<AccountError>,
    /// Warnings about the account.
    pub warnings: Vec<String>,
}

impl Accounts {
    /// Finds credentials and lists the accounts. Calls to all of them keep to `quotas`.
    ///
    /// # Errors
    /// Fails if no Region is known. Credentials that do not work are errors of their account only.
    pub fn find<'a>(
        connection: &'a Connection,
        quotas: Quotas,
        clock: &'a Clock,
    ) -> BoxFuture<'a, Result<Self, ConnectionError>> {
        Box::pin(async move {
            let environment = Environment::read(connection).await?;
            let base = base(&environment, connection, clock).await?;
            let chain_region = base.region().map(|region| region.as_ref().to_owned());
            let regions = match (
                connection.all_regions,
                connection.regions.is_empty(),
                &chain_region,
            ) {
                (true, ..) => None,
                (false, false, _) => Some(connection.regions.clone()),
                (false, true, Some(region)) => Some(vec![region.clone()]),
                (false, true, None) => {
                    let reason = environment.missing_profile().unwrap_or_else(|| "no Region is set; name one with --regions, AWS_REGION or in the AWS profile".into());
                    return Err(invalid_regions(reason));
                }
            };
            check_regions(&base, regions.as_deref(), chain_region.as_ref())?;
            let asked = regions.clone().filter(|regions| !regions.is_empty());
            let asked = asked.unwrap_or_else(|| {
                let any = partitions::any_beside(chain_region.as_deref().unwrap_or(ANY_REGION))
                    .to_owned();
                chain_region.into_iter().chain([any]).collect()
            });
            let region = asked.first().cloned().map(Region::new);
            let base = base.into_builder().region(region).build();
            let mut accounts = Self {
                errors: Vec::new(),
                warnings: Vec::new(),
                routes: Vec::new(),
                connection: connection.clone(),
                base: Access::new(base, asked, connection, quotas, clock),
                own: None,
                regions,
            };
            accounts.list().await;
            Ok(accounts)
        })
    }

    async fn list(&mut self) {
        let mut ways: BTreeMap<String, Vec<Route>> = BTreeMap::new();
        let mut order = Vec::new();
        let mut add = |account_id: &str, way: Route| {
            let known = ways.entry(account_id.to_owned()).or_insert_with(|| {
                order.push(account_id.to_owned());
                Vec::new()
            });
            known.push(way);
        };
        for role in &self.connection.roles {
            add(&role.account_id, Route::Role(role.clone()));
        }
        if let Some(organization) = self.connection.organization.clone() {
            for (account_id, way) in self.members(&organization).await {
                add(&account_id, way);
            }
        } else if self.connection.roles.is_empty()
            && let Some(own) = self.identify().await
        {
            add(&own.account_id.clone(), Route::Own(Box::new(own)));
        }
        self.routes
            .extend(order.into_iter().map(|account_id| AccountRoute {
                ways: ways.remove(&account_id).unwrap_or_default(),
                account_id: account_id.into(),
            }));
    }

    /// Returns the account of the configured credentials.
    async fn identify(&mut self) -> Option<Account> {
        match identify(self.base.clone(), None).await {
            Ok(own) => {
                self.own = Some(own.account_id.to_string());
                Some(own)
            }
            Err(error) => {
                self.errors.push(self.placed(error));
                None
            }
        }
    }

    /// Calls STS to correct the clock before the first role is assumed, unless it was called already.
    pub fn correct_clock<'a>(&'a self) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if self.own.is_none() && self.errors.is_empty() {
                // If STS refuses the credentials, it refuses them again, with a report, when a role is
                // assumed.
                let asked = self.base.sts.ask("sts:GetCallerIdentity", |client| {
                    client.get_caller_identity().send()
                });
                let _ = asked.await;
            }
        })
    }

    /// The facts beside the configuration that determine the accounts and Regions. `None` if these depend on
    /// the account of the configured credentials, and it is not known.
    pub fn place(&self) -> Option<[(&'static str, String); 3]> {
        let needs_own = self.connection.organization.is_some() || self.connection.roles.is_empty();
        if needs_own && self.own.is_none() {
            return None;
        }
        let mut regions = self.regions.clone();
        regions.iter_mut().for_each(|regions| regions.sort());
        let endpoint = endpoint_of(&self.base.sts.sdk, "ECS");
        Some([
            ("account of the credentials", format!("{:?}", self.own)),
            ("regions", format!("{regions:?}")),
            ("endpoint-url", format!("{endpoint:?}")),
        ])
    }

    /// The selected accounts of the organization, each with its route.
    async fn members(&mut self, organization: &Organization) -> Vec<(String, Route)> {
        let Some(own) = self.identify().await else {
            return Vec::new();
        };
        let (ids, problem) = organization::active_accounts(&own).await;
        if let Some(message) = problem {
            self.errors.push(AccountError {
                account_id: None,
                regions: vec![String::new().into()],
                code: "organization",
                message,
            });
        } else {
            let missing = organization.include.iter().filter(|id| !ids.contains(id));
            self.warnings.extend(missing.map(|id| {
                format!("organization-include names {id}, which is not an active account of the organization")
            }));
        }
        let wanted = ids.into_iter().filter(|id| organization.wants(id));
        wanted
            .map(|account_id| {
                // A management account seldom has the role that the members have.
                let way = if own.account_id == *account_id {
                    Route::Own(Box::new(own.clone()))
                } else {
                    Route::Role(organization.role.role_in(&own.partition, &account_id))
                };
                (account_id, way)
            })
            .collect()
    }

    /// Assumes the account's role, and lists its Regions to sync here.
    pub fn reach<'a>(&'a self, route: &'a AccountRoute) -> BoxFuture<'a, Reached> {
        Box::pin(async move {
            let mut reached = Reached::default();
            if let Some(regions) = &self.regions
                && !regions
                    .iter()
                    .any(|region| self.takes(&route.account_id, region))
            {
                return reached;
            }
            for way in &route.ways {
                if let Some((account, _)) = &reached.account {
                    let who = match way {
                        Route::Own(_) => "the credentials".to_owned(),
                        Route::Role(role) => role.arn.clone(),
                    };
                    reached.warnings.push(format!(
                    "{who} reaches account {}, which another role reaches already; it was left out, because its records would be duplicates",
                    account.account_id
                ));
                    continue;
                }
                let account = match way {
                    Route::Own(own) => Ok(Account::clone(own)),
                    Route::Role(role) => assume(&self.base, &self.connection, role).await,
                };
                match account {
                    Ok(account) => self.regions_of(account, &mut reached).await,
                    Err(error) => reached.errors.push(self.placed(error)),
                }
            }
            reached.errors.retain(|error| !error.regions.is_empty());
            reached
        })
    }

    async fn regions_of(&self, account: Account, reached: &mut Reached) {
        let failed = |code, region: &str, message| AccountError {
            account_id: Some(account.account_id.clone()),
            regions: vec![region.into()],
            code,
            message,
        };
        let (regions, are_found) = match &self.regions {
            Some(regions) => (regions.clone(), false),
            None => match regions::enabled(&account).await {
                Ok(regions) => (regions, true),
                Err(reason) => {
                    if self.takes(&account.account_id, "") {
                        let message = format!("account {}: {reason}", account.account_id);
                        reached.errors.push(failed("regions", "", message));
                    }
                    (Vec::new(), true)
                }
            },
        };
        let uses_fips = are_found && self.base.sts.sdk.use_fips() == Some(true);
        let mut taken = Vec::new();
        for region in regions {
            if !self.takes(&account.account_id, &region) {
                continue;
            }
            let endpoint_url = endpoint_of(&self.base.sts.sdk, "ECS");
            match fips::check(&region, endpoint_url.as_deref()) {
                Err(error) if uses_fips => {
                    reached
                        .errors
                        .push(failed("fips", &region, error.to_string()));
                }
                _ => taken.push(region.into()),
            }
        }
        reached.account = Some((account, taken));
    }

    /// Adds to an error of credentials the Regions that cannot be synced here because of it.
    fn placed(&self, mut error: AccountError) -> AccountError {
        let account_id = error.account_id.clone().unwrap_or_default();
        // Regions that could not be listed count as one Region without a name.
        let regions = self.regions.clone().unwrap_or_else(|| vec![String::new()]);
        let regions = regions.into_iter();
        error.regions = regions
            .filter(|region| account_id.is_empty() || self.takes(&account_id, region))
            .map(RegionName::from)
            .collect();
        error
    }

    fn takes(&self, account_id: &str, region: &str) -> bool {
        let shard = self.connection.shard;
        shard.is_none_or(|shard| shard.takes(account_id, region))
    }
}

fn invalid_regions(reason: String) -> ConnectionError {
    ConnectionError::Setting {
        setting: "regions",
        reason,
    }
}

/// Checks that Region names are valid: the names of the synced Regions, and the default Region, whose STS
/// identifies the credentials.
fn check_regions(
    base: &SdkConfig,
    regions: Option<&[String]>,
    chain_region: Option<&String>,
) -> Result<(), ConnectionError> {
    let is_label = |region: &String| {
        region
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if chain_region.is_some_and(|region| !is_label(region)) {
        let reason = "instance metadata names an invalid Region; name one with --regions";
        return Err(invalid_regions(reason.into()));
    }
    let endpoint_url = ["ECS", "STS"]
        .into_iter()
        .find_map(|service| endpoint_of(base, service));
    // The default Region is checked too, even if only its STS is called.
    let asked_first = regions.iter().copied().flatten().chain(chain_region);
    if endpoint_url.is_none() {
        asked_first
            .into_iter()
            .try_for_each(|region| partitions::check(region).map_err(invalid_regions))?;
    }
    for region in regions.iter().copied().flatten() {
        if base.use_fips() == Some(true) {
            fips::check(region, endpoint_url.as_deref())?;
        }
    }
    Ok(())
}
