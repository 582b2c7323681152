//! Checks the credentials before a sync, with one harmless call for each permission.

use futures_util::future::BoxFuture;
use portolan_page::{AccountId, RegionName};
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::config::{Config, ConfigError};
use portolan_aws::{Account, AccountError, Accounts, CallFailure, FailureKind, Reached};
use portolan_machine::clock::Clock;
use portolan_page::ledger::Ledger;
use portolan_page::object::Operation;

/// The most retries of a check's request. It is low, because the operator waits for the result.
const RETRIES: u32 = 3;

/// The result of the check for one account.
#[derive(Debug, Serialize)]
pub struct AccountCheck {
    /// The account's twelve digits; `None` if they are not known.
    pub account_id: Option<AccountId>,
    /// The ARN of the user or role session.
    pub identity: Option<String>,
    /// The reason that the credentials cannot be used, if they cannot.
    pub problem: Option<String>,
    /// The results of each Region.
    pub regions: Vec<RegionCheck>,
}

/// The result of the check for one Region.
#[derive(Debug, Serialize)]
pub struct RegionCheck {
    /// The checked Region.
    pub region: RegionName,
    /// One entry for each operation of the configured objects.
    pub permissions: Vec<PermissionCheck>,
}

/// Whether an operation is allowed.
#[derive(Debug, Serialize)]
pub struct PermissionCheck {
    /// The checked operation.
    pub operation: Operation,
    /// Whether a sync is complete without it too.
    pub optional: bool,
    /// Whether AWS allows it.
    pub allowed: bool,
    /// The problem and its fix, if it is not allowed.
    pub problem: Option<String>,
}

impl AccountCheck {
    /// Whether every operation that a sync needs is allowed.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.problem.is_none()
            && self.regions.iter().all(|region| {
                let mut permissions = region.permissions.iter();
                permissions.all(|each| each.allowed || each.optional)
            })
    }

    /// Whether any operation is allowed.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.regions.iter().any(|region| {
            let mut permissions = region.permissions.iter();
            permissions.any(|each| each.allowed && !each.optional)
        })
    }
}

/// Checks every account and Region of a configuration.
///
/// # Errors
/// Fails if no Region is known.
pub fn run<'a>(config: &'a Config) -> BoxFuture<'a, Result<Vec<AccountCheck>, ConfigError>> {
    Box::pin(async move {
        let bounds = config.fetching.quotas();
        let accounts = Accounts::find(&config.connection, bounds, &Clock::default()).await?;
        let accounts = Arc::new(accounts);
        for warning in &accounts.warnings {
            tracing::warn!("{warning}");
        }
        let mut checks: Vec<AccountCheck> = accounts.errors.iter().map(failed).collect();
        let turns = Arc::new(Semaphore::new(config.fetching.parallel_scopes));
        let mut tasks = JoinSet::new();
        for (index, route) in accounts.routes.iter().cloned().enumerate() {
            let (accounts, config, turns) =
                (Arc::clone(&accounts), config.clone(), Arc::clone(&turns));
            tasks.spawn(async move {
                // The semaphore is never closed.
                let _turn = turns.acquire().await.ok();
                (
                    index,
                    check_account(accounts.reach(&route).await, &config).await,
                )
            });
        }
        let mut found = tasks.join_all().await;
        found.sort_by_key(|(index, _)| *index);
        checks.extend(found.into_iter().flat_map(|(_, checks)| checks));
        Ok(checks)
    })
}

fn failed(error: &AccountError) -> AccountCheck {
    AccountCheck {
        account_id: error.account_id.clone(),
        identity: None,
        problem: Some(error.message.clone()),
        regions: Vec::new(),
    }
}

/// One entry for the account, and one for each of its failures.
async fn check_account(reached: Reached, config: &Config) -> Vec<AccountCheck> {
    for warning in &reached.warnings {
        tracing::warn!("{warning}");
    }
    let mut checks: Vec<AccountCheck> = reached.errors.iter().map(failed).collect();
    let Some((account, regions)) = reached.account else {
        return checks;
    };
    let mut found = Vec::with_capacity(regions.len());
    for region in &regions {
        found.push(check_region(&account, region, config).await);
    }
    // An account is left out if all its Regions fail or are in other shards.
    if !found.is_empty() {
        checks.push(AccountCheck {
            account_id: Some(account.account_id),
            identity: Some(account.identity),
            problem: None,
            regions: found,
        });
    }
    checks
}

async fn check_region(account: &Account, region: &RegionName, config: &Config) -> RegionCheck {
    let retries = config.fetching.maximum_retries.min(RETRIES);
    let caller = account.caller(region, retries, Arc::new(Ledger::default()));
    let mut permissions = Vec::new();
    // If one operation cannot be reached, the others cannot either.
    let mut unreachable: Option<String> = None;
    let optional_operations = config.fetching.optional_operations();
    for operation in Operation::ALL {
        let optional = optional_operations.contains(&operation) && caller.has_host(operation);
        let mut objects = config.fetching.objects.iter();
        if !optional && !objects.any(|object| object.operations().contains(&operation)) {
            continue;
        }
        let problem = match &unreachable {
            Some(problem) => Some(problem.clone()),
            None => {
                let failure = portolan_fetch::probe(&caller, operation).await.err();
                let failure = failure.filter(|failure| !proves_permission(failure));
                let problem = failure.as_ref().map(|failure| failure.line().message);
                if failure.is_some_and(|failure| failure.is_unreachable()) {
                    unreachable.clone_from(&problem);
                }
                problem
            }
        };
        permissions.push(PermissionCheck {
            operation,
            optional,
            allowed: problem.is_none(),
            problem,
        });
    }
    RegionCheck {
        region: region.to_owned(),
        permissions,
    }
}

/// Whether a failure proves the permission: AWS checks a request's content only after its permission.
fn proves_permission(failure: &CallFailure) -> bool {
    match failure.kind {
        FailureKind::ClusterGone | FailureKind::ObjectGone => true,
        FailureKind::Final => matches!(
            failure.code.as_str(),
            "ClientException" | "InvalidParameterException"
        ),
        _ => false,
    }
}
