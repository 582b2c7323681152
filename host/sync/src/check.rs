//! What the credentials are good for, asked before a sync: one harmless call for each permission.

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

/// How often a check repeats a request: a person waits for it.
const RETRIES: u32 = 3;

/// What was found for one account.
#[derive(Debug, Serialize)]
pub struct AccountCheck {
    /// Twelve digits, as far as known.
    pub account_id: Option<AccountId>,
    /// ARN of the user or role session.
    pub identity: Option<String>,
    /// Why the credentials cannot be used, if they cannot.
    pub problem: Option<String>,
    /// By Region.
    pub regions: Vec<RegionCheck>,
}

/// What was found for one Region.
#[derive(Debug, Serialize)]
pub struct RegionCheck {
    /// The Region.
    pub region: RegionName,
    /// One for each operation of the configured objects.
    pub permissions: Vec<PermissionCheck>,
}

/// Whether an operation answers.
#[derive(Debug, Serialize)]
pub struct PermissionCheck {
    /// The operation.
    pub operation: Operation,
    /// Whether it is allowed.
    pub allowed: bool,
    /// What to fix, if not.
    pub problem: Option<String>,
}

impl AccountCheck {
    /// Whether everything that a sync needs answers.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.problem.is_none()
            && self
                .regions
                .iter()
                .all(|region| region.permissions.iter().all(|each| each.allowed))
    }

    /// Whether anything answers.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.regions
            .iter()
            .any(|region| region.permissions.iter().any(|each| each.allowed))
    }
}

/// Checks every account and Region of a configuration.
///
/// # Errors
/// If no Region is known.
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

/// One entry for the account, and one for each thing about it that failed.
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
    // An account whose Regions all fail, or are in other shards, has nothing to show here.
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
    // Where one operation cannot be reached, the others cannot either.
    let mut unreachable: Option<String> = None;
    for operation in Operation::ALL {
        if !config
            .fetching
            .objects
            .iter()
            .any(|object| object.operations().contains(&operation))
        {
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
            allowed: problem.is_none(),
            problem,
        });
    }
    RegionCheck {
        region: region.to_owned(),
        permissions,
    }
}

/// An answer about the request's content comes only from someone who was let in.
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
