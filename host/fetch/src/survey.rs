//! How much there is to fetch, from cheap calls only: lists of clusters and revisions, and the counters that
//! DescribeClusters gives.

use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::RegionFetch;
use super::clusters::{List, cluster_objects};
use super::known::KnownRevisions;
use super::listing::{Tokens, revision};
use super::operations::{self, ListRequest};
use super::settings::{Fetching, TaskDefinitionScope};
use portolan_aws::{Account, CallFailure};
use portolan_machine::clock::Moment;
use portolan_page::RegionName;
use portolan_page::ledger::{Failure, Ledger};
use portolan_page::object::{Object, Operation};

/// The size of one account and Region.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Each cluster, and how many objects it counts: only those are meant that a sync lists.
    pub clusters: Vec<BTreeMap<Object, u64>>,
    /// Task definition revisions that a sync would describe; at most so many if it wants those in use.
    pub revisions: u64,
    /// How many of them the revision cache has.
    pub known_revisions: u64,
    /// List pages that these came in.
    pub revision_pages: u64,
    /// Objects of which nobody knows how many there are, because a call failed for good.
    pub uncounted: BTreeSet<Object>,
    /// The calls that failed for good.
    pub failures: Vec<Failure>,
}

/// Looks at an account and Region, as far as the configured objects need it.
pub fn survey<'a>(
    account: &'a Account,
    region: &'a RegionName,
    config: Arc<Fetching>,
    known: Option<KnownRevisions>,
) -> BoxFuture<'a, Survey> {
    Box::pin(async move {
        // No page is fetched, so that nobody needs to receive one.
        let (pages, _) = async_channel::bounded(1);
        let ledger = Arc::new(Ledger::default());
        let scope = RegionFetch {
            revisions: known.map(|known| (known, account.endpoint())),
            ..RegionFetch::new(account, region, &Moment::now(), config, ledger, pages)
        };
        let (clusters, revisions) = tokio::join!(clusters(&scope), revisions(&scope));
        let mut survey = Survey::default();
        match clusters {
            Ok(clusters) => survey.clusters = clusters,
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

async fn clusters(scope: &RegionFetch) -> Result<Vec<BTreeMap<Object, u64>>, CallFailure> {
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
    // A cluster that has vanished in between is still listed by a sync.
    sizes.resize(arns.len(), BTreeMap::new());
    Ok(sizes)
}

/// What the lists of revisions hold.
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
    // Newest revisions by family, if only those are wanted.
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
