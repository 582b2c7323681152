//! The amount to fetch, from cheap calls only: lists of clusters and revisions, and the counters that
//! DescribeClusters returns.

use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::RegionFetch;
use super::alone::{self, Count};
use super::clusters::{List, cluster_objects};
use super::known::KnownRevisions;
use super::listing::revision;
use super::operations::{self, ClusterSize, ListRequest};
use super::paging::Tokens;
use super::settings::{Fetching, TaskDefinitionScope};
use portolan_aws::{Account, CallFailure};
use portolan_machine::clock::Moment;
use portolan_page::RegionName;
use portolan_page::ledger::{Failure, Ledger};
use portolan_page::object::{Object, Operation};

/// The size of one account and Region.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// For each cluster, the number of objects of each kind that a sync would list there.
    pub clusters: Vec<BTreeMap<Object, u64>>,
    /// Task definition revisions that a sync would describe; an upper bound with
    /// `EcsTaskDefinition.scope=in-use`.
    pub revisions: u64,
    /// The number of these that are in the revision cache.
    pub known_revisions: u64,
    /// The number of List pages that returned them.
    pub revision_pages: u64,
    /// The numbers of the objects that come whole from pages of one operation, and of the calls for them.
    pub whole: BTreeMap<Object, Count>,
    /// Objects whose number is not known, because a call failed for good.
    pub uncounted: BTreeSet<Object>,
    /// The calls that failed for good.
    pub failures: Vec<Failure>,
}

/// Surveys an account and Region for the configured objects.
pub fn survey<'a>(
    account: &'a Account,
    region: &'a RegionName,
    config: Arc<Fetching>,
    known: Option<KnownRevisions>,
) -> BoxFuture<'a, Survey> {
    Box::pin(async move {
        // A survey fetches no pages, so the channel needs no receiver.
        let (pages, _) = async_channel::bounded(1);
        let ledger = Arc::new(Ledger::default());
        let scope = RegionFetch {
            revisions: known.map(|known| (known, account.endpoint())),
            ..RegionFetch::new(account, region, &Moment::now(), config, ledger, pages)
        };
        let (clusters, revisions) = tokio::join!(clusters(&scope), revisions(&scope));
        let mut survey = Survey::default();
        for object in scope.objects.iter().copied() {
            let clusters = clusters.as_deref().unwrap_or_default();
            let providers = clusters.iter().map(|cluster| cluster.providers.as_slice());
            match alone::survey(&scope, object, providers).await {
                None => {}
                Some(Ok(count)) => {
                    survey.whole.insert(object, count);
                }
                Some(Err(failure)) => {
                    survey.uncounted.insert(object);
                    survey.failures.push(failure.line());
                }
            }
        }
        match clusters {
            Ok(clusters) => {
                survey.clusters = clusters.into_iter().map(|it| it.objects).collect();
            }
            Err(failure) => {
                survey.uncounted.extend(cluster_objects(&scope));
                survey.failures.push(failure.line());
            }
        }
        match revisions {
            Ok(found) => {
                survey.revisions = found.count;
                survey.known_revisions = found.known;
                survey.revision_pages = found.pages;
            }
            Err(failure) => {
                survey.uncounted.insert(Object::EcsTaskDefinition);
                survey.failures.push(failure.line());
            }
        }
        survey
    })
}

async fn clusters(scope: &RegionFetch) -> Result<Vec<ClusterSize>, CallFailure> {
    if cluster_objects(scope).next().is_none() {
        return Ok(Vec::new());
    }
    let mut arns = Vec::new();
    let mut list = List::new(scope);
    while let Some(page) = list.next().await? {
        arns.extend(page);
    }
    let mut sizes = Vec::with_capacity(arns.len());
    for batch in arns.chunks(scope.describe_batch(Object::EcsCluster)) {
        sizes.extend(operations::sizes(scope, batch).await?);
    }
    // A cluster that vanished in between counts as empty, because a sync would still list it.
    sizes.resize(arns.len(), ClusterSize::default());
    Ok(sizes)
}

/// The numbers of listed revisions and pages.
#[derive(Default)]
struct Revisions {
    count: u64,
    known: u64,
    pages: u64,
}

async fn revisions(scope: &RegionFetch) -> Result<Revisions, CallFailure> {
    let mut found = Revisions::default();
    if !scope.wants(Object::EcsTaskDefinition) {
        return Ok(found);
    }
    // The newest revisions by family, if only those are wanted.
    let mut newest: HashMap<String, (u64, String)> = HashMap::new();
    for pass in operations::passes(&scope.config.options, Object::EcsTaskDefinition) {
        let (mut tokens, mut token) = (Tokens::default(), None);
        loop {
            let wanted = ListRequest {
                cluster: None,
                pass,
                token,
            };
            let page = operations::list(scope, Object::EcsTaskDefinition, wanted).await?;
            found.pages += 1;
            for arn in page.arns {
                match (scope.config.options.task_definition_scope, revision(&arn)) {
                    (TaskDefinitionScope::Latest, Some((family, number))) => {
                        let place = newest.entry(family.to_owned()).or_default();
                        if place.1.is_empty() || number > place.0 {
                            *place = (number, arn);
                        }
                    }
                    _ => found.add(scope, &arn),
                }
            }
            token = tokens.next(page.next_token, Operation::ListTaskDefinitions)?;
            if token.is_none() {
                break;
            }
        }
    }
    for (_, arn) in newest.into_values() {
        found.add(scope, &arn);
    }
    Ok(found)
}

impl Revisions {
    fn add(&mut self, scope: &RegionFetch, arn: &str) {
        let is_known = scope
            .revisions
            .as_ref()
            .is_some_and(|(known, endpoint)| (known.has)(endpoint, arn));
        self.count += 1;
        self.known += u64::from(is_known);
    }
}
