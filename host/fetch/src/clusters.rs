//! Lists the clusters once for all objects that need them, and starts their work with each page.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::batch::Batch;
use super::operations::{self, ListRequest};
use super::paging::Tokens;
use super::{RegionFetch, describers, pipeline};
use portolan_aws::CallFailure;
use portolan_machine::fingerprint::fingerprint;
use portolan_page::ledger::Tombstone;
use portolan_page::object::{Object, Operation, Parent};

/// The most clusters of an account in a Region. A server that is not AWS may have more; then the lister
/// waits. <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html>
const CLUSTER_LIMIT: usize = 10_000;

/// The wanted objects that need the list of clusters: clusters, and the objects that are listed per cluster.
pub(super) fn cluster_objects(scope: &RegionFetch) -> impl Iterator<Item = Object> {
    let needs_clusters =
        |object: &Object| *object == Object::EcsCluster || object.row().parent == Parent::Cluster;
    let objects = scope.objects.iter().copied();
    objects.filter(needs_clusters)
}

/// Lists the clusters once, for all objects that need them. Each object starts with the first page.
///
/// The channels have room for all clusters, so an object that waits for its quota does not delay the others.
pub(super) async fn clusters_and_below(scope: Arc<RegionFetch>) {
    let mut tasks = JoinSet::new();
    let mut below = Vec::new();
    for object in cluster_objects(&scope).filter(|object| *object != Object::EcsCluster) {
        let (clusters, listings) = async_channel::bounded(CLUSTER_LIMIT);
        below.push(clusters);
        tasks.spawn(pipeline(Arc::clone(&scope), object, listings));
    }
    let (batches, described) = async_channel::bounded(CLUSTER_LIMIT);
    describers(&scope, Object::EcsCluster, &described, &mut tasks);
    let mut pending = Vec::new();
    let size = scope.describe_batch(Object::EcsCluster);
    let mut list = List::new(&scope);
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
        for object in cluster_objects(&scope) {
            let key = scope.key(object, None);
            scope.ledger.failure(&key, failure.line(), 0);
        }
    }
    tasks.join_all().await;
}

/// The list of clusters, page by page.
pub(super) struct List<'scope> {
    scope: &'scope RegionFetch,
    seen: HashSet<String>,
    tokens: Tokens,
    /// The token for the next page (`None` for the first), or the failure that ends the list. `None` at its
    /// end.
    rest: Option<Result<Option<String>, CallFailure>>,
}

impl<'scope> List<'scope> {
    pub(super) fn new(scope: &'scope RegionFetch) -> Self {
        Self {
            scope,
            seen: HashSet::new(),
            tokens: Tokens::default(),
            rest: Some(Ok(None)),
        }
    }

    /// Whether a cluster was on one of the pages so far.
    fn has(&self, arn: &str) -> bool {
        self.seen.contains(arn)
    }

    /// The clusters of the next page that were not on earlier pages; `None` after the last page.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<String>>, CallFailure> {
        let token = match self.rest.take() {
            Some(token) => token?,
            None => return Ok(None),
        };
        let wanted = ListRequest {
            cluster: None,
            pass: None,
            token,
        };
        let page = operations::list(self.scope, Object::EcsCluster, wanted).await?;
        // The clusters of this page count, even if the list cannot go on because its token is repeated.
        let next = self.tokens.next(page.next_token, Operation::ListClusters);
        self.rest = next.map(|token| token.map(Some)).transpose();
        let mut arns = page.arns;
        arns.retain(|arn| self.seen.insert(arn.clone()));
        Ok(Some(arns))
    }
}

/// Passes on batches while at least `least` clusters are pending.
async fn hand_on_clusters(
    scope: &RegionFetch,
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

impl RegionFetch {
    /// Reports clusters as gone that are no longer listed and whose objects an earlier sync kept: these
    /// objects will not be listed again.
    fn close_gone_clusters(&self, list: &List<'_>) {
        for key in &self.kept_scopes {
            let gone = key.cluster.as_ref().filter(|arn| !list.has(arn));
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
}
