//! Which account credentials belong to, and roles that they may assume.

use std::time::Duration;

use aws_config::Region;
use aws_smithy_types::retry::RetryConfig;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::account::{Access, Account, AccountError};
use super::assumption::Assumption;
use super::failure::time_of_refusal;
use super::renewal::Renewing;
use super::settings::{Connection, RoleArn};
use super::sts::{Refusal, Sts};

/// How long ECS is asked for an ARN that tells the account, in all Regions together.
const ARN_LIMIT: Duration = Duration::from_secs(10);

/// Assumes a role.
pub(super) async fn assume(
    access: &Access,
    connection: &Connection,
    role: &RoleArn,
) -> Result<Account, AccountError> {
    let assumption = Assumption::new(&access.sts, connection, role);
    let credentials = Renewing::role(assumption, access.credentials.clone());
    identify(access.with(credentials), Some(role)).await
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
    // Without credentials there will be no request to ECS either.
    access.credentials.load().await.map_err(|reason| {
        failed(match role {
            Some(_) => format!("{who} cannot be used: {reason}"),
            None => reason,
        })
    })?;
    let asked = access.sts.ask("sts:GetCallerIdentity", |client| {
        client.get_caller_identity().send()
    });
    let refusal = match asked.await {
        Ok((region, answer)) => {
            let (Some(account_id), Some(identity)) = (answer.account, answer.arn) else {
                return Err(failed(format!(
                    "STS did not say which account {who} belongs to; check what answers at the endpoint"
                )));
            };
            if !is_account(&account_id) {
                return Err(failed(format!(
                    "STS named an account that is not one of twelve digits for {who}; check what answers at the endpoint"
                )));
            }
            let partition = identity.split(':').nth(1).unwrap_or("aws").to_owned();
            return Ok(Account {
                account_id,
                partition,
                identity,
                confirmed_in: Some(region),
                access,
            });
        }
        Err(refusal) => refusal,
    };
    // A network that reaches ECS through a VPC endpoint need not reach STS.
    let Some((partition, account_id)) = account_of_arns(&access.sts, role).await else {
        let Refusal {
            message, advice, ..
        } = &refusal;
        // Where nothing answers, nothing is said of the credentials.
        return Err(failed(match refusal.code.as_str() {
            "" => format!("{message}{advice}"),
            _ => format!("{who} cannot be used: {message}{advice}"),
        }));
    };
    tracing::warn!(
        "STS does not say which account this is ({}); taking the account {account_id} from ARNs instead",
        refusal.message
    );
    Ok(Account {
        account_id,
        partition,
        identity: who,
        confirmed_in: None,
        access,
    })
}

/// Whether a text can be the id of an account.
fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Partition and account of the role, or of anything that ECS lists in any of the Regions.
async fn account_of_arns(sts: &Sts, role: Option<&RoleArn>) -> Option<(String, String)> {
    if let Some(role) = role {
        return Some((role.partition.clone(), role.account_id.clone()));
    }
    let mut asked: FuturesUnordered<_> = sts
        .regions
        .iter()
        .map(|region| arn_in(sts, region))
        .collect();
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
async fn arn_in(sts: &Sts, region: &str) -> Option<String> {
    let config = aws_sdk_ecs::config::Builder::from(&sts.sdk)
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::standard())
        .build();
    let ecs = aws_sdk_ecs::Client::from_conf(config);
    let mut clusters = ecs.list_clusters().max_results(1).send().await;
    if let Some(time) = clusters.as_ref().err().and_then(time_of_refusal) {
        sts.clock.refused_at(time);
        clusters = ecs.list_clusters().max_results(1).send().await;
    }
    let cluster = clusters.ok()?.cluster_arns.unwrap_or_default().pop();
    if cluster.is_some() {
        return cluster;
    }
    let definitions = ecs.list_task_definitions().max_results(1).send().await;
    definitions.ok()?.task_definition_arns?.pop()
}
