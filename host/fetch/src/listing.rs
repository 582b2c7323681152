//! One listing: all pages of a List operation, as batches for the Describe operation.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::RegionFetch;
use super::batch::Batch;
use super::operations::{self, ListRequest, Pass};
use super::paging::Tokens;
use super::settings::TaskDefinitionScope;
use portolan_aws::{CallFailure, FailureKind};
use portolan_machine::fingerprint::fingerprint;
use portolan_page::ledger::{EntryKey, Tombstone};
use portolan_page::object::Object;

/// A listing of one object, in one cluster where the object has one.
pub(super) struct Listing<'a> {
    scope: &'a RegionFetch,
    object: Object,
    cluster: Option<String>,
    key: EntryKey,
    /// Fingerprints of the ARNs so far. An object that changes its status while it is listed (a task that
    /// stops, a revision that is deregistered) is listed twice, and must not be written twice. With sixteen
    /// bytes each, a million tasks take tens of megabytes; the set is dropped with its listing.
    ///
    /// It starts with the objects that an earlier sync kept, which are neither counted nor requested again.
    seen: HashSet<[u8; 16]>,
    /// The status that the pass lists; `None` if the listing has none.
    status: Option<&'static str>,
    choice: Choice,
    pending: Vec<String>,
}

/// The listed ARNs to describe.
enum Choice {
    All,
    /// The newest revision of each family.
    Latest {
        newest: BTreeMap<String, (u64, String)>,
        /// Fingerprints of the families whose newest revision an earlier sync kept.
        kept: HashSet<[u8; 16]>,
    },
    /// The revisions in use that are not listed yet.
    InUse(BTreeSet<String>),
    /// Both.
    Current {
        newest: BTreeMap<String, Newest>,
        in_use: BTreeSet<String>,
        /// Fingerprints of the revisions that an earlier sync kept.
        kept: HashSet<[u8; 16]>,
    },
}

/// The newest revision of a family so far.
#[derive(Default)]
struct Newest {
    number: u64,
    arn: String,
    /// Whether it is described for another reason.
    is_chosen: bool,
}

impl<'a> Listing<'a> {
    pub(super) fn new(scope: &'a RegionFetch, object: Object, cluster: Option<String>) -> Self {
        let key = scope.key(object, cluster.clone());
        scope.ledger.open(&key);
        let kept = scope.kept(&key);
        let choice = match scope.config.options.task_definition_scope {
            _ if object != Object::EcsTaskDefinition => Choice::All,
            TaskDefinitionScope::All => Choice::All,
            TaskDefinitionScope::Latest => Choice::Latest {
                newest: BTreeMap::new(),
                kept: kept.families,
            },
            TaskDefinitionScope::InUse | TaskDefinitionScope::Current => {
                let (mut wanted, others) = scope.in_use();
                scope.ledger.other_references(&key, others);
                wanted.retain(|arn| !kept.asked.contains(&fingerprint(arn)));
                match scope.config.options.task_definition_scope {
                    TaskDefinitionScope::Current => Choice::Current {
                        newest: BTreeMap::new(),
                        in_use: wanted,
                        kept: kept.asked.clone(),
                    },
                    _ => Choice::InUse(wanted),
                }
            }
        };
        Self {
            scope,
            object,
            cluster,
            key,
            seen: kept.asked,
            status: None,
            choice,
            pending: Vec::new(),
        }
    }

    /// Lists everything and passes on batches.
    pub(super) async fn run(mut self, batches: &async_channel::Sender<Batch>) {
        // Each pass is one listing with its own tokens: tasks by desired status, revisions by status.
        for pass in operations::passes(&self.scope.config.options, self.object) {
            let status = operations::status(self.object, pass);
            if status != self.status {
                self.hand_on(batches, 1).await;
                self.status = status;
            }
            if let Err(failure) = self.pass(pass, batches).await {
                self.failed(&failure);
                break;
            }
        }
        self.choose_rest(batches).await;
        self.hand_on(batches, 1).await;
        self.scope.ledger.listed_again(&self.key);
    }

    /// Keeps a listed ARN if it is to be described.
    fn choose(&mut self, arn: String) {
        match &mut self.choice {
            Choice::All => self.pending.push(arn),
            Choice::Latest { newest, kept } => match revision(&arn) {
                Some((family, _)) if kept.contains(&fingerprint(family)) => {}
                Some((family, number)) => {
                    let newest = newest.entry(family.to_owned()).or_default();
                    if newest.1.is_empty() || number > newest.0 {
                        *newest = (number, arn);
                    }
                }
                // An ARN that is not a revision's cannot be compared, but must not be lost.
                None => self.pending.push(arn),
            },
            Choice::InUse(wanted) => {
                if wanted.remove(&arn) {
                    self.pending.push(arn);
                }
            }
            Choice::Current {
                newest,
                in_use,
                kept,
            } => {
                let is_used = in_use.remove(&arn);
                let is_kept = kept.contains(&fingerprint(&arn));
                let family = revision(&arn).map(|(family, number)| (family.to_owned(), number));
                // An ARN that is not a revision's cannot be compared, but must not be lost.
                if !is_kept && (is_used || family.is_none()) {
                    self.pending.push(arn.clone());
                }
                if let Some((family, number)) = family {
                    let newest = newest.entry(family).or_default();
                    if newest.arn.is_empty() || number > newest.number {
                        *newest = Newest {
                            number,
                            arn,
                            is_chosen: is_used || is_kept,
                        };
                    }
                }
            }
        }
    }

    /// Adds the ARNs that are known only at the end of a listing: the newest revisions, or those in use that
    /// are not ACTIVE.
    async fn choose_rest(&mut self, batches: &async_channel::Sender<Batch>) {
        let rest: Vec<String> = match std::mem::replace(&mut self.choice, Choice::All) {
            Choice::All => return,
            Choice::Latest { newest, .. } => newest.into_values().map(|(_, arn)| arn).collect(),
            Choice::InUse(wanted) => {
                self.hand_on(batches, 1).await;
                self.status = None;
                wanted.into_iter().collect()
            }
            Choice::Current { newest, in_use, .. } => {
                let newest = newest.into_values().filter(|newest| !newest.is_chosen);
                let before = self.pending.len();
                self.pending.extend(newest.map(|newest| newest.arn));
                let added = self.pending.len() - before;
                self.scope.ledger.listed(&self.key, added);
                self.hand_on(batches, 1).await;
                self.status = None;
                in_use.into_iter().collect()
            }
        };
        self.scope.ledger.listed(&self.key, rest.len());
        self.pending.extend(rest);
        if self.scope.in_use.is_some() && self.scope.is_incomplete(&Object::REVISION_USERS) {
            self.scope.ledger.lost(
                &self.key,
                "services or tasks are not complete, so revisions that they use may be missing",
                0,
            );
        }
    }

    async fn pass(
        &mut self,
        pass: Pass,
        batches: &async_channel::Sender<Batch>,
    ) -> Result<(), CallFailure> {
        let mut tokens = Tokens::default();
        let mut token = None;
        loop {
            let wanted = ListRequest {
                cluster: self.cluster.as_deref(),
                pass,
                token,
            };
            let page = operations::list(self.scope, self.object, wanted).await?;
            let before = self.pending.len();
            for arn in page.arns {
                let is_new = self.seen.insert(fingerprint(&arn));
                if is_new
                    || matches!(&self.choice, Choice::Current { kept, .. } if kept.contains(&fingerprint(&arn)))
                {
                    self.choose(arn);
                }
            }
            self.scope
                .ledger
                .listed(&self.key, self.pending.len() - before);
            self.hand_on(batches, self.scope.describe_batch(self.object))
                .await;
            token = match tokens.next(page.next_token, self.object.list_operation())? {
                Some(next) => Some(next),
                None => return Ok(()),
            };
        }
    }

    /// Passes on batches while at least `least` ARNs are pending.
    async fn hand_on(&mut self, batches: &async_channel::Sender<Batch>, least: usize) {
        let size = self.scope.describe_batch(self.object);
        while self.pending.len() >= least.max(1) {
            let rest = self.pending.split_off(size.min(self.pending.len()));
            let arns = std::mem::replace(&mut self.pending, rest);
            // The receivers are gone only when the sync is being stopped.
            let _ = batches
                .send(Batch {
                    cluster: self.cluster.clone(),
                    status: self.status,
                    arns,
                })
                .await;
        }
    }

    fn failed(&self, failure: &CallFailure) {
        match (failure.kind, &self.cluster) {
            (FailureKind::ClusterGone, Some(cluster)) => self.scope.ledger.cluster_tombstone(
                &self.key,
                Tombstone {
                    arn: cluster.clone(),
                    reason: Tombstone::MISSING.into(),
                    detail: Some("the cluster vanished while its objects were listed".into()),
                },
            ),
            _ => self.scope.ledger.failure(&self.key, failure.line(), 0),
        }
    }
}

/// The family and number of a revision's ARN (`…:task-definition/family:7`).
pub fn revision(arn: &str) -> Option<(&str, u64)> {
    let (_, revision) = arn.split_once(":task-definition/")?;
    let (family, number) = revision.rsplit_once(':')?;
    Some((family, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_a_family_and_a_number() {
        let arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:12";
        assert_eq!(revision(arn), Some(("web", 12)));
        assert_eq!(
            revision("arn:aws:ecs:us-east-1:123456789012:task-definition/web"),
            None
        );
        assert_eq!(revision("web:12"), None);
    }
}
