//! What a Describe call gave, and what became of every ARN that it was asked for.

use std::collections::HashSet;

use serde::Deserialize;

use super::{Batch, FetchedPage, Scope, cluster, service, task, task_definition};
use crate::aws::{CallFailure, Kind};
use crate::object::Object;
use crate::page::Page;
use crate::report::{ScopeKey, Tombstone};

/// What a Describe call gave.
pub(super) struct Described {
    pub(super) page: Page,
    pub(super) arns: Vec<String>,
    pub(super) failures: Vec<DescribeFailure>,
    /// Whether AWS was asked for it now.
    pub(super) is_new: bool,
}

/// An entry of `failures[]`.
#[derive(Deserialize)]
pub(super) struct DescribeFailure {
    arn: Option<String>,
    reason: Option<String>,
    detail: Option<String>,
}

impl Described {
    /// # Errors
    /// If an object is described twice, which would be two records of one thing.
    pub(super) fn new(
        page: Page,
        arns: Vec<String>,
        failures: Option<Vec<aws_sdk_ecs::types::Failure>>,
    ) -> Result<Self, String> {
        let failures = failures.unwrap_or_default().into_iter();
        let failures = failures.map(|failure| DescribeFailure {
            arn: failure.arn,
            reason: failure.reason,
            detail: failure.detail,
        });
        Self::of_distinct(page, arns, failures.collect())
    }

    fn of_distinct(
        page: Page,
        arns: Vec<String>,
        failures: Vec<DescribeFailure>,
    ) -> Result<Self, String> {
        let distinct: HashSet<&str> = arns.iter().map(String::as_str).collect();
        if distinct.len() < arns.len() {
            return Err("it describes an object twice".into());
        }
        Ok(Self {
            page,
            arns,
            failures,
            is_new: true,
        })
    }

    /// The same from the page alone, for an answer that does not fit the SDK's types.
    pub(super) fn of_page(page: Page) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Failures {
            failures: Option<Vec<DescribeFailure>>,
        }
        if !page.has_member() {
            return Err("it has no described objects".into());
        }
        let failures: Failures = serde_json::from_slice(page.body())
            .map_err(|_| "its failures are not those of ECS".to_owned())?;
        let arns = page
            .described()
            .filter_map(|index| page.arn(index))
            .collect();
        Self::of_distinct(page, arns, failures.failures.unwrap_or_default())
    }
}

/// What tells an object from its neighbours in one account, Region and cluster, whether it is named by
/// ARN, by an ARN without the cluster's name (as ECS wrote them until 2018), or by name alone.
fn own_name(named: &str) -> &str {
    named.rsplit_once('/').map_or(named, |(_, name)| name)
}

impl Scope {
    pub(super) async fn describe(&self, object: Object, batch: Batch) {
        let key = self.key(object, batch.cluster.clone());
        if self.is_stopped(&key) {
            self.ledger
                .lost(&key, "an earlier call was denied", batch.arns.len());
            return;
        }
        // What is neither described nor named as a failure is asked for once more: a short answer is not
        // yet a proof that something is gone.
        let missing = match self.describe_once(object, &key, batch).await {
            Some(missing) if !missing.arns.is_empty() => missing,
            _ => return,
        };
        let Some(gone) = self.describe_once(object, &key, missing).await else {
            return;
        };
        for arn in gone.arns {
            let tombstone = Tombstone {
                arn,
                reason: Tombstone::MISSING.into(),
                detail: Some("listed, but twice neither described nor named as a failure".into()),
            };
            self.ledger.tombstone(&key, tombstone);
        }
    }

    /// Describes a batch and gives what is missing from the answer; nothing if the call failed.
    async fn describe_once(&self, object: Object, key: &ScopeKey, batch: Batch) -> Option<Batch> {
        let result = match object {
            Object::EcsCluster => cluster::describe(self, &batch).await,
            Object::EcsService => service::describe(self, &batch).await,
            Object::EcsTask => task::describe(self, &batch).await,
            Object::EcsTaskDefinition => task_definition::describe(self, &batch).await,
        };
        match result {
            Ok(described) => Some(self.account(key, batch, described).await),
            Err(failure) => {
                self.failed(key, batch, &failure);
                None
            }
        }
    }

    /// Sends the page on, and gives the ARNs that were asked for and are not accounted for.
    async fn account(&self, key: &ScopeKey, mut batch: Batch, described: Described) -> Batch {
        let count = described.page.described().count();
        self.ledger.described(key, count);
        let asked = batch.arns.clone();
        // As many answers as questions leave nothing open, even if an ARN is missing or written otherwise.
        if count + described.failures.len() >= batch.arns.len() {
            batch.arns.clear();
        }
        let answered: HashSet<&str> = described
            .arns
            .iter()
            .map(String::as_str)
            .chain(
                described
                    .failures
                    .iter()
                    .filter_map(|failure| failure.arn.as_deref()),
            )
            .map(own_name)
            .collect();
        batch.arns.retain(|arn| !answered.contains(own_name(arn)));
        let mut kept = asked;
        kept.retain(|arn| !batch.arns.contains(arn));
        for failure in described.failures {
            let named = failure.arn.as_deref().map(own_name);
            // A failure may name its object shorter than the list did.
            let listed = kept.iter().position(|arn| Some(own_name(arn)) == named);
            let tombstone = Tombstone {
                arn: listed
                    .map(|index| kept.remove(index))
                    .or(failure.arn)
                    .unwrap_or_else(|| "an object without ARN".into()),
                reason: failure.reason.unwrap_or_else(|| "no reason given".into()),
                detail: failure.detail,
            };
            self.ledger.tombstone(key, tombstone);
        }
        self.note_in_use(&described.page);
        if !described.page.is_empty() {
            let page = FetchedPage {
                key: key.clone(),
                page: described.page,
                asked: kept,
                is_new: described.is_new,
            };
            // The receivers are gone only when the sync is being stopped.
            let _ = self.pages.send(page).await;
        }
        batch
    }

    fn failed(&self, key: &ScopeKey, batch: Batch, failure: &CallFailure) {
        match failure.kind {
            Kind::ClusterGone | Kind::ObjectGone => {
                for arn in batch.arns {
                    let detail = Some(failure.message.clone());
                    self.ledger.tombstone(
                        key,
                        Tombstone {
                            arn,
                            reason: Tombstone::MISSING.into(),
                            detail,
                        },
                    );
                }
            }
            kind => {
                self.ledger.failure(key, failure.line(), batch.arns.len());
                if matches!(kind, Kind::Denied | Kind::Credentials) {
                    self.stop(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_one_name_of_its_own_however_it_is_written() {
        for named in [
            "arn:aws:ecs:us-east-1:123456789012:service/prod/web",
            "arn:aws:ecs:us-east-1:123456789012:service/web",
            "web",
        ] {
            assert_eq!(own_name(named), "web");
        }
    }
}
