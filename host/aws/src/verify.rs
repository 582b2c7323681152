//! Whose access keys are these?

use aws_config::Region;
use futures_util::future::BoxFuture;

use super::account::Access;
use super::environment::Environment;
use super::sdk::base;
use super::settings::{AccessKeys, Connection};
use crate::quota::Quotas;
use portolan_machine::clock::Clock;
use portolan_machine::text::printable;

/// A Region of each partition whose keys can be stored by their customers, in the order of their use.
const HOMES: [(&str, &str); 3] = [
    ("aws", "us-east-1"),
    ("aws-us-gov", "us-gov-west-1"),
    ("aws-cn", "cn-north-1"),
];
/// STS does not know keys of another partition.
const UNKNOWN_KEY: &str = "InvalidClientTokenId";

/// The owner of access keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account's twelve digits.
    pub account_id: String,
    /// The ARN of the user or role session.
    pub arn: String,
    /// The AWS partition, for example `aws-us-gov`.
    pub partition: String,
}

/// Asks STS whose keys these are: in `aws`, `aws-us-gov` and `aws-cn` in turn, until a partition knows them.
/// `connection` says how to reach AWS; its accounts and Regions do not matter.
///
/// # Errors
/// The sentence of the failure. It contains no secret.
pub fn identify_keys(
    connection: &Connection,
    keys: AccessKeys,
) -> BoxFuture<'_, Result<Identity, String>> {
    Box::pin(async move {
        let connection = Connection {
            access_keys: Some(keys),
            roles: Vec::new(),
            organization: None,
            ..connection.clone()
        };
        let clock = Clock::default();
        let environment = Environment::read(&connection).await;
        let environment = environment.map_err(|error| error.to_string())?;
        let base = base(&environment, &connection, &clock).await;
        let base = base.map_err(|error| error.to_string())?;
        let mut unknown = String::new();
        for (_, region) in HOMES {
            let sdk = base.clone().into_builder();
            let sdk = sdk.region(Region::new(region)).build();
            let quotas = Quotas::new(None, 1);
            let access = Access::new(sdk, vec![region.to_owned()], &connection, quotas, &clock);
            let asked = access.sts.ask("sts:GetCallerIdentity", |client| {
                client.get_caller_identity().send()
            });
            match asked.await {
                Ok((_, answer)) => {
                    let account_id = answer.account.filter(|id| super::identity::is_account(id));
                    return match account_id.zip(answer.arn) {
                        Some((account_id, arn)) => Ok(Identity {
                            account_id,
                            partition: arn.split(':').nth(1).unwrap_or("aws").to_owned(),
                            arn: printable(&arn, 2048),
                        }),
                        None => Err("STS did not return the account of the keys; check which server answers at the endpoint".into()),
                    };
                }
                Err(refusal) if refusal.code == UNKNOWN_KEY => {
                    if unknown.is_empty() {
                        unknown = refusal.message;
                    }
                }
                Err(refusal) => return Err(refusal.to_string()),
            }
        }
        let names = HOMES.map(|(partition, _)| partition).join(", ");
        Err(format!(
            "no partition of {names} knows the access key: {unknown}; check the access key ID, and whether it is active"
        ))
    })
}
