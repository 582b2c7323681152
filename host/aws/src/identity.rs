//! The account of credentials, and the roles that they may assume.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};

use super::account::{Access, Account, AccountError};
use super::assumption::Assumption;
use super::failure::{CallFailure, time_of_refusal};
use super::pause::pause;
use super::renewal::Renewing;
use super::settings::{Connection, RoleArn};
use super::sts::Refusal;
use portolan_page::object::Operation;

/// The limit for finding an ARN with the account id in ECS, over all Regions together.
const ARN_LIMIT: Duration = Duration::from_secs(10);
/// The number of tries for each list operation in a Region.
const ARN_TRIES: u32 = 3;

/// Assumes a role, and returns its account.
pub(super) async fn assume(
    access: &Access,
    connection: &Connection,
    role: &RoleArn,
) -> Result<Account, AccountError> {
    let assumption = Assumption::new(&access.sts, connection, role);
    let credentials = Renewing::role(assumption, access.credentials.clone());
    identify(access.with(credentials), Some(role)).await
}

/// Returns the account that credentials belong to.
pub(super) async fn identify(
    access: Access,
    role: Option<&RoleArn>,
) -> Result<Account, AccountError> {
    let who = role.map_or_else(
        || "the credentials".to_owned(),
        |role| format!("role {}", role.arn),
    );
    // Without credentials, the request to ECS below would fail too.
    access.credentials.load().await.map_err(|reason| {
        failed(
            role,
            match role {
                Some(_) => format!("{who} cannot be used: {reason}"),
                None => reason,
            },
        )
    })?;
    let asked = access.sts.ask("sts:GetCallerIdentity", |client| {
        client.get_caller_identity().send()
    });
    let refusal = match asked.await {
        Ok((region, answer)) => {
            let (Some(account_id), Some(identity)) = (answer.account, answer.arn) else {
                return Err(failed(
                    role,
                    format!(
                        "STS did not return the account of {who}; check which server answers at the endpoint"
                    ),
                ));
            };
            if !is_account(&account_id) {
                return Err(failed(
                    role,
                    format!(
                        "STS returned an account for {who} that does not have twelve digits; check which server answers at the endpoint"
                    ),
                ));
            }
            let partition = identity.split(':').nth(1).unwrap_or("aws").to_owned();
            return Ok(Account {
                account_id: account_id.into(),
                partition,
                identity,
                confirmed_in: Some(region),
                access,
            });
        }
        Err(refusal) => refusal,
    };
    of_arns(access, role, who, &refusal).await
}

/// The account from ARNs, if STS does not return it.
async fn of_arns(
    access: Access,
    role: Option<&RoleArn>,
    who: String,
    refusal: &Refusal,
) -> Result<Account, AccountError> {
    // A network with a VPC endpoint for ECS may lack one for STS.
    let Some((partition, account_id)) = account_of_arns(&access, role).await else {
        let Refusal {
            message, advice, ..
        } = refusal;
        // If no server answered, the error does not concern the credentials.
        return Err(failed(
            role,
            match refusal.code.as_str() {
                "" => format!("{message}{advice}"),
                _ => format!("{who} cannot be used: {message}{advice}"),
            },
        ));
    };
    tracing::warn!(
        "STS does not return the account ({}); taking the account {account_id} from ARNs instead",
        refusal.message
    );
    Ok(Account {
        account_id: account_id.into(),
        partition,
        identity: who,
        confirmed_in: None,
        access,
    })
}

fn failed(role: Option<&RoleArn>, message: String) -> AccountError {
    AccountError {
        account_id: role.map(|role| role.account_id.clone()),
        regions: Vec::new(),
        code: "credentials",
        message,
    }
}

/// Whether a text is a valid account id.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The partition and account of the role, or of any ARN that ECS lists in any of the Regions.
async fn account_of_arns(access: &Access, role: Option<&RoleArn>) -> Option<(String, String)> {
    if let Some(role) = role {
        return Some((role.partition.clone(), role.account_id.to_string()));
    }
    let regions = access.sts.regions.iter();
    let mut asked: FuturesUnordered<_> = regions.map(|region| arn_in(access, region)).collect();
    let first = async {
        loop {
            match asked.next().await {
                Some(Some(arn)) => return Some(arn),
                Some(None) => {}
                None => return None,
            }
        }
    };
    let arn = tokio::time::timeout(ARN_LIMIT, first).await.ok()??;
    let mut parts = arn.split(':').skip(1);
    let (partition, account_id) = (parts.next()?, parts.nth(2)?);
    is_account(account_id).then(|| (partition.to_owned(), account_id.to_owned()))
}

/// An ARN of a cluster or a revision in a Region.
async fn arn_in(access: &Access, region: &str) -> Option<String> {
    let sender = access.sender(region);
    for (operation, member) in [
        (Operation::ListClusters, "clusterArns"),
        (Operation::ListTaskDefinitions, "taskDefinitionArns"),
    ] {
        let mut tries = 0;
        let answer = loop {
            tries += 1;
            let error = match sender.send(operation, &json!({"maxResults": 1})).await {
                Ok(answer) => break answer,
                Err(error) if tries < ARN_TRIES => error,
                Err(_) => return None,
            };
            match time_of_refusal(&error) {
                Some(time) => access.sts.clock.refused_at(time),
                None if CallFailure::of_sdk(operation, &error).is_momentary() => {
                    tokio::time::sleep(pause(tries)).await;
                }
                None => return None,
            }
        };
        let answer: Value = serde_json::from_slice(&answer.body).ok()?;
        if let Some(arn) = answer[member][0].as_str() {
            return Some(arn.to_owned());
        }
    }
    None
}
