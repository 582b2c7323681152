//! Fetching: from an account and a Region to pages.
//!
//! Each object has its own file, which knows the object's two operations. What they have in common is
//! here: a few listers name ARNs, a few describers turn batches of them into pages, and every ARN that
//! was named is accounted for.

mod cluster;
mod in_use;
mod listing;
mod service;
mod survey;
mod task;
mod task_definition;

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde::Deserialize;
use tokio::task::JoinSet;

use crate::aws::{Account, CallFailure, Caller, Kind};
use crate::checkpoint::{Checkpoint, KeptScope};
use crate::config::{Config, TaskDefinitionScope};
use crate::fingerprint::fingerprint;
use crate::object::Object;
use crate::page::{Origin, Page};
use crate::report::{Ledger, ScopeKey, Tombstone};
use crate::revisions::RevisionCache;
pub(crate) use in_use::revisions_in_use;
use listing::Listing;
pub(crate) use listing::revision;
pub(crate) use survey::survey;
pub use survey::{ClusterSize, Survey};

/// A page, and the part of the report that it belongs to.
#[derive(Debug)]
pub struct FetchedPage {
    /// The scope.
    pub key: ScopeKey,
    /// The page.
    pub page: Page,
    /// The ARNs, as they were listed, whose objects it describes.
    pub(crate) asked: Vec<String>,
    /// Whether AWS was asked for it now; else it was kept by an earlier sync.
    pub(crate) is_new: bool,
}

/// One account and Region at work.
pub(crate) struct Scope {
    client: aws_sdk_ecs::Client,
    caller: Caller,
    config: Arc<Config>,
    origin: Origin,
    ledger: Arc<Ledger>,
    pages: async_channel::Sender<FetchedPage>,
    /// Bodies of revisions that an earlier sync described, and the endpoint that they came from.
    revisions: Option<(Arc<RevisionCache>, String)>,
    /// What this sync need not ask for again, because it is going on with an earlier one.
    checkpoint: Option<Arc<Checkpoint>>,
    /// Revisions that services, task sets and tasks refer to, if those are all that is asked for.
    in_use: Option<Mutex<BTreeSet<String>>>,
    /// Scopes in which a call was denied: more calls would only be denied too.
    stopped: Mutex<HashSet<ScopeKey>>,
}

/// ARNs that one Describe call takes.
#[derive(Debug)]
struct Batch {
    cluster: Option<String>,
    /// The status under which the ARNs were listed, where a listing has one.
    status: Option<&'static str>,
    arns: Vec<String>,
}

/// What a List answer is that the SDK cannot parse.
const UNREADABLE: &str = "it is cut, is not JSON, or has a member of an unexpected type";

/// What a Describe call gave.
struct Described {
    page: Page,
    arns: Vec<String>,
    failures: Vec<DescribeFailure>,
    /// Whether AWS was asked for it now.
    is_new: bool,
}

/// An entry of `failures[]`.
#[derive(Deserialize)]
struct DescribeFailure {
    arn: Option<String>,
    reason: Option<String>,
    detail: Option<String>,
}

impl Described {
    /// # Errors
    /// If an object is described twice, which would be two records of one thing.
    fn new(
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
    fn of_page(page: Page) -> Result<Self, String> {
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

/// What was fetched before this sync began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stores {
    /// Revisions that earlier syncs described.
    pub(crate) revisions: Option<Arc<RevisionCache>>,
    /// What is kept of a sync that was killed, and of this one.
    pub(crate) checkpoint: Option<Arc<Checkpoint>>,
}

/// Fetches the configured objects of one account and Region. Whatever fails is in the ledger afterwards.
pub(crate) async fn region(
    account: &Account,
    region: &str,
    captured_at: &str,
    config: Arc<Config>,
    ledger: Arc<Ledger>,
    pages: async_channel::Sender<FetchedPage>,
    stores: Stores,
) {
    let is_in_use = config.options.task_definition_scope == TaskDefinitionScope::InUse;
    let kept_in_use = stores
        .checkpoint
        .as_ref()
        .map(|checkpoint| checkpoint.in_use(&account.account_id, region));
    let scope = Arc::new(Scope {
        revisions: stores.revisions.map(|cache| (cache, account.endpoint())),
        checkpoint: stores.checkpoint,
        in_use: is_in_use.then(|| Mutex::new(kept_in_use.unwrap_or_default())),
        ..Scope::new(account, region, captured_at, config, ledger, pages)
    });
    for object in &scope.config.objects {
        scope.ledger.open(&scope.key(*object, None));
    }
    let mut objects = JoinSet::new();
    if scope.wants(Object::EcsTaskDefinition) && !is_in_use {
        objects.spawn(task_definitions(Arc::clone(&scope)));
    }
    if CLUSTER_OBJECTS.iter().any(|object| scope.wants(*object)) {
        objects.spawn(clusters_and_below(Arc::clone(&scope)));
    }
    objects.join_all().await;
    if scope.wants(Object::EcsTaskDefinition) && is_in_use {
        // Only now is it known what is in use.
        task_definitions(scope).await;
    }
}

/// Lists and describes the revisions of a whole Region.
async fn task_definitions(scope: Arc<Scope>) {
    let (whole_region, listings) = async_channel::bounded(1);
    // There is room for one.
    let _ = whole_region.try_send(None);
    drop(whole_region);
    pipeline(scope, Object::EcsTaskDefinition, listings).await;
}

/// How many clusters an account has in a Region at most; a server that is not AWS may have more, and then
/// its lister waits. <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html>
const CLUSTER_LIMIT: usize = 10_000;

/// The objects that need the list of clusters.
const CLUSTER_OBJECTS: [Object; 3] = [Object::EcsCluster, Object::EcsService, Object::EcsTask];

/// Lists the clusters once, for the three objects that need them. Each begins with the first page.
///
/// The channels have room for all of them, so that one object that waits for its quota holds up no other.
async fn clusters_and_below(scope: Arc<Scope>) {
    let mut tasks = JoinSet::new();
    let mut below = Vec::new();
    for object in [Object::EcsService, Object::EcsTask] {
        if scope.wants(object) {
            let (clusters, listings) = async_channel::bounded(CLUSTER_LIMIT);
            below.push(clusters);
            tasks.spawn(pipeline(Arc::clone(&scope), object, listings));
        }
    }
    let (batches, described) = async_channel::bounded(CLUSTER_LIMIT);
    describers(&scope, Object::EcsCluster, &described, &mut tasks);
    let mut pending = Vec::new();
    let size = scope.describe_batch(Object::EcsCluster);
    let mut list = cluster::List::new(&scope);
    let key = scope.key(Object::EcsCluster, None);
    let kept = scope.kept(&key).asked;
    let failure = loop {
        let clusters = match list.next().await {
            Ok(Some(clusters)) => clusters,
            Ok(None) => break None,
            Err(failure) => break Some(failure),
        };
        for channel in &below {
            for cluster in &clusters {
                // The receivers are gone only when the sync is being stopped.
                let _ = channel.send(Some(cluster.clone())).await;
            }
        }
        if scope.wants(Object::EcsCluster) {
            let before = pending.len();
            let is_new = |arn: &String| !kept.contains(&fingerprint(arn));
            pending.extend(clusters.into_iter().filter(is_new));
            scope.ledger.listed(&key, pending.len() - before);
            hand_on_clusters(&scope, &mut pending, &batches, size).await;
        }
    };
    hand_on_clusters(&scope, &mut pending, &batches, 1).await;
    drop((batches, below));
    if failure.is_none() {
        scope.ledger.listed_again(&key);
        scope.close_gone_clusters(&list);
    }
    if let Some(failure) = failure {
        for object in CLUSTER_OBJECTS {
            if scope.wants(object) {
                let key = scope.key(object, None);
                scope.ledger.failure(&key, failure.line(), 0);
            }
        }
    }
    tasks.join_all().await;
}

/// Hands on batches of clusters, as long as they are at least `least` clusters long.
async fn hand_on_clusters(
    scope: &Scope,
    pending: &mut Vec<String>,
    batches: &async_channel::Sender<Batch>,
    least: usize,
) {
    let size = scope.describe_batch(Object::EcsCluster);
    while pending.len() >= least {
        let arns = pending.drain(..size.min(pending.len())).collect();
        let batch = Batch {
            cluster: None,
            status: None,
            arns,
        };
        // The receivers are gone only when the sync is being stopped.
        let _ = batches.send(batch).await;
    }
}

/// Lists (once for every cluster, or once for the Region) and describes at the same time.
async fn pipeline(
    scope: Arc<Scope>,
    object: Object,
    listings: async_channel::Receiver<Option<String>>,
) {
    // Two List pages of batches, so that describers do not run dry while a lister waits for its next page.
    let pages = 2 * usize::from(scope.config.page_size) / scope.describe_batch(object);
    let parallel = scope.config.parallel_requests;
    let (batches, described) = async_channel::bounded(pages.max(parallel));
    let mut tasks = JoinSet::new();
    for _ in 0..parallel {
        let (scope, listings, batches) = (Arc::clone(&scope), listings.clone(), batches.clone());
        tasks.spawn(async move {
            while let Ok(cluster) = listings.recv().await {
                Listing::new(&scope, object, cluster).run(&batches).await;
            }
        });
    }
    drop(batches);
    describers(&scope, object, &described, &mut tasks);
    tasks.join_all().await;
}

/// Starts more describers than there may be requests in flight, so that while some read their answers
/// others keep AWS busy.
fn describers(
    scope: &Arc<Scope>,
    object: Object,
    batches: &async_channel::Receiver<Batch>,
    tasks: &mut JoinSet<()>,
) {
    let parallel = scope.config.parallel_requests;
    for _ in 0..parallel + parallel.div_ceil(2) {
        let (scope, batches) = (Arc::clone(scope), batches.clone());
        tasks.spawn(async move {
            while let Ok(batch) = batches.recv().await {
                scope.describe(object, batch).await;
            }
        });
    }
}

impl Scope {
    fn new(
        account: &Account,
        region: &str,
        captured_at: &str,
        config: Arc<Config>,
        ledger: Arc<Ledger>,
        pages: async_channel::Sender<FetchedPage>,
    ) -> Self {
        Self {
            client: account.ecs(region),
            caller: account.caller(region, config.maximum_retries, Arc::clone(&ledger)),
            origin: Origin {
                partition: account.partition.clone(),
                account_id: account.account_id.clone(),
                region: region.to_owned(),
                captured_at: captured_at.to_owned(),
            },
            config,
            ledger,
            pages,
            revisions: None,
            checkpoint: None,
            in_use: None,
            stopped: Mutex::default(),
        }
    }

    fn wants(&self, object: Object) -> bool {
        self.config.objects.contains(&object)
    }

    fn key(&self, object: Object, cluster: Option<String>) -> ScopeKey {
        ScopeKey {
            account_id: self.origin.account_id.clone(),
            region: self.origin.region.clone(),
            object,
            cluster,
        }
    }

    /// What an earlier sync kept of a part of the report.
    fn kept(&self, key: &ScopeKey) -> KeptScope {
        let checkpoint = self.checkpoint.as_ref();
        checkpoint.map_or_else(KeptScope::default, |checkpoint| checkpoint.take(key))
    }

    /// How many objects one Describe call takes: what the API allows, within the page size.
    fn describe_batch(&self, object: Object) -> usize {
        object
            .describe_batch()
            .min(usize::from(self.config.page_size))
    }

    /// Reads a raw body as a page of an object.
    fn page(&self, object: Object, body: Bytes) -> Result<Page, String> {
        let read = if self.config.grants_environment_values() {
            Page::read_with_values
        } else {
            Page::read
        };
        read(object, self.origin.clone(), body).map_err(|error| error.to_string())
    }

    async fn describe(&self, object: Object, batch: Batch) {
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

    /// Says of clusters whose services and tasks an earlier sync kept, and which are not listed any more, that
    /// they are gone: nobody will list their services and tasks again.
    fn close_gone_clusters(&self, list: &cluster::List<'_>) {
        let Some(checkpoint) = &self.checkpoint else {
            return;
        };
        for key in checkpoint.scopes() {
            let is_here =
                key.account_id == self.origin.account_id && key.region == self.origin.region;
            let gone = key.cluster.as_ref().filter(|arn| is_here && !list.has(arn));
            if let Some(cluster) = gone {
                let tombstone = Tombstone {
                    arn: cluster.clone(),
                    reason: Tombstone::MISSING.into(),
                    detail: Some("the cluster vanished before the sync went on".into()),
                };
                self.ledger.cluster_tombstone(key, tombstone);
                self.ledger.listed_again(key);
            }
        }
    }

    /// Whether something of these objects is already known to be missing here.
    fn is_incomplete(&self, objects: &[Object]) -> bool {
        self.ledger
            .is_incomplete(&self.origin.account_id, &self.origin.region, objects)
    }

    fn stop(&self, key: &ScopeKey) {
        self.stopped
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(key.clone());
    }

    fn is_stopped(&self, key: &ScopeKey) -> bool {
        self.stopped
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .contains(key)
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
