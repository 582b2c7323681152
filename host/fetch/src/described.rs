//! Describes batches of ARNs, and notes an outcome for every requested ARN.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

pub(super) use super::answer::Described;
use super::answer::own_name;
use super::batch::Batch;
use super::tags::{ACTIVE, TagsOf};
use super::{FetchedPage, RegionFetch, operations};
use portolan_aws::{CallFailure, FailureKind};
use portolan_page::ledger::{EntryKey, Failure, Tombstone};
use portolan_page::object::Object;

/// The maximum number of splits of a refused batch. After that, a part that AWS refuses counts as failed. In
/// a batch of 100, seven splits isolate one refused object, and fourteen isolate two.
const SPLIT_LIMIT: u32 = 16;

/// The result of a request for a batch.
enum DescribeOutcome {
    /// AWS answered. The answer says nothing about the ARNs in `missing`, and had `surplus` objects that were
    /// not requested or were repeated.
    Answered { missing: Batch, surplus: usize },
    /// AWS refused the whole batch, perhaps because of one of its objects.
    Refused(Batch),
    /// The request failed, and the ledger has the outcome.
    Failed,
}

impl RegionFetch {
    pub(super) async fn describe(&self, object: Object, batch: Batch) {
        let key = self.key(object, batch.cluster.clone());
        let (mut batches, mut splits) = (vec![batch], 0);
        while let Some(batch) = batches.pop() {
            if self.is_stopped(&key) {
                self.ledger
                    .lost(&key, "an earlier call was denied", batch.arns.len());
                continue;
            }
            let may_split = splits < SPLIT_LIMIT;
            if let Some(mut refused) = self.describe_whole(object, &key, batch, may_split).await {
                splits += 1;
                let rest = refused.arns.split_off(refused.arns.len() / 2);
                batches.push(Batch {
                    arns: rest,
                    cluster: refused.cluster.clone(),
                    status: refused.status,
                });
                batches.push(refused);
            }
        }
    }

    /// Describes a batch, and notes an outcome for each of its objects. If AWS refuses the whole batch and it
    /// may be split, notes nothing and returns the batch.
    async fn describe_whole(
        &self,
        object: Object,
        key: &EntryKey,
        batch: Batch,
        may_split: bool,
    ) -> Option<Batch> {
        // Objects that are neither described nor named as failures are requested once more, because an
        // incomplete answer does not prove that they are gone.
        let missing = match self.describe_once(object, key, batch, may_split).await {
            DescribeOutcome::Answered { missing, .. } if !missing.arns.is_empty() => missing,
            DescribeOutcome::Refused(batch) => return Some(batch),
            _ => return None,
        };
        let DescribeOutcome::Answered { missing, surplus } =
            self.describe_once(object, key, missing, false).await
        else {
            return None;
        };
        // An answer with other objects does not prove that the requested ones are gone.
        if surplus > 0 && !missing.arns.is_empty() {
            let operation = object.describe_operation();
            let failure = Failure {
                operation,
                code: "other-objects".into(),
                message: format!(
                    "{operation} twice described other objects than the requested ones, for example not {}; check the server at the endpoint",
                    missing.arns[0]
                ),
                request_id: None,
            };
            self.ledger.failure(key, failure, missing.arns.len());
            return None;
        }
        for arn in missing.arns {
            let tombstone = Tombstone {
                arn,
                reason: Tombstone::MISSING.into(),
                detail: Some("listed, but twice neither described nor named as a failure".into()),
            };
            self.ledger.tombstone(key, tombstone);
        }
        None
    }

    /// Sends one request for a batch, and a second one without `include` if that may help.
    async fn describe_once(
        &self,
        object: Object,
        key: &EntryKey,
        batch: Batch,
        may_split: bool,
    ) -> DescribeOutcome {
        let mut with_tags = !self.is_untagged(object);
        let mut result = operations::describe(self, object, &batch, with_tags).await;
        // Some partitions and servers do not support `include`, and refuse the whole batch because of it.
        if with_tags
            && let Err(failure) = &result
            && failure.may_be_of_include()
        {
            match self.described_without(object, &batch, failure.kind).await {
                Ok(Some(described)) => {
                    self.without_tags(object);
                    with_tags = false;
                    result = Ok(described);
                }
                Ok(None) => {}
                // The denial is not known to hold without `include`.
                Err(failure) => result = Err(failure),
            }
        }
        match result {
            Ok(mut described) => {
                if described.is_new && !with_tags {
                    let includes = object.row().includes.iter();
                    described.unread = includes.map(|it| it.name.to_owned()).collect();
                }
                self.without_unknown_tags(object, &batch, &mut described)
                    .await;
                let surplus = self.keep_asked(key, &batch, &mut described);
                DescribeOutcome::Answered {
                    missing: self.account(key, batch, described).await,
                    surplus,
                }
            }
            Err(failure) if may_split && batch.arns.len() > 1 && failure.may_be_of_one() => {
                DescribeOutcome::Refused(batch)
            }
            Err(failure) => {
                self.failed(key, batch, &failure);
                DescribeOutcome::Failed
            }
        }
    }

    /// Removes the tags of a revision that was described while those of other revisions cannot be read, so that all
    /// are alike.
    async fn without_unknown_tags(&self, object: Object, batch: &Batch, described: &mut Described) {
        if object != Object::EcsTaskDefinition
            || batch.status != Some(ACTIVE)
            || !described.is_new
            || !matches!(self.tags_of_new().await, TagsOf::Unknown)
        {
            return;
        }
        described.page = described.page.without_beside("tags");
        described.is_untagged = true;
    }

    fn is_untagged(&self, object: Object) -> bool {
        let untagged = self.untagged.lock().unwrap_or_else(PoisonError::into_inner);
        untagged.contains(&object)
    }

    /// Describes a batch without `include`. Returns `None` if AWS refuses that too. After a denial, the first batch
    /// tries it for all batches of the scope, so that a call denied in any form is not repeated for each.
    ///
    /// # Errors
    /// If the call was denied with `include`, and failed without it for another reason.
    async fn described_without(
        &self,
        object: Object,
        batch: &Batch,
        kind: FailureKind,
    ) -> Result<Option<Described>, CallFailure> {
        let ask = || operations::describe(self, object, batch, false);
        if kind != FailureKind::Denied {
            return Ok(ask().await.ok());
        }
        let cell = {
            let mut cells = self.denied.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(
                cells
                    .entry(self.key(object, batch.cluster.clone()))
                    .or_default(),
            )
        };
        let mut own = None;
        let is_allowed = cell.get_or_try_init(async || match ask().await {
            Ok(described) => {
                own = Some(described);
                Ok(true)
            }
            Err(failure) if failure.kind == FailureKind::Denied => Ok(false),
            Err(failure) => Err(failure),
        });
        match is_allowed.await? {
            true if own.is_none() => ask().await.map(Some),
            _ => Ok(own),
        }
    }

    /// Describes all further batches of this object in this Region without `include`.
    fn without_tags(&self, object: Object) {
        let mut untagged = self.untagged.lock().unwrap_or_else(PoisonError::into_inner);
        untagged.insert(object);
    }

    /// Removes objects that were not requested or are repeated, and returns their number. Warns if it is not
    /// zero.
    fn keep_asked(&self, key: &EntryKey, batch: &Batch, described: &mut Described) -> usize {
        let surplus = described.keep_asked(&batch.arns);
        if surplus > 0 {
            self.ledger.warn(format!(
                "{} {}: {} described objects twice, or objects that were not requested; they were left out",
                key.account_id,
                key.region,
                key.object.describe_operation()
            ));
        }
        surplus
    }

    /// Notes the outcomes of an answer, sends its page on, and returns the requested ARNs without an outcome.
    async fn account(&self, key: &EntryKey, mut batch: Batch, described: Described) -> Batch {
        let mut described = described;
        described.keep_open_failures(&batch.arns);
        let count = described.page.described().count();
        self.ledger.described(key, count);
        let asked = batch.arns.clone();
        // If the answer has an object or a failure for every requested ARN, none is missing, even if an ARN
        // in the answer is absent or written differently.
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
            // A failure may name the object in a shorter form than the list; the tombstone has the listed
            // ARN.
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
        self.note_providers(&described.page);
        if count > 0 {
            let page = FetchedPage {
                key: key.clone(),
                page: described.page,
                asked: kept,
                is_new: described.is_new,
                unread: described.unread,
                is_untagged: described.is_untagged,
                is_unscanned: described.is_unscanned,
            };
            // This fails only if the sync is being stopped and the receivers are closed.
            let _ = self.pages.send(page).await;
        }
        batch
    }

    fn failed(&self, key: &EntryKey, batch: Batch, failure: &CallFailure) {
        match failure.kind {
            FailureKind::ClusterGone | FailureKind::ObjectGone => {
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
                if matches!(kind, FailureKind::Denied | FailureKind::Credentials) {
                    self.stop(key);
                }
            }
        }
    }
}
