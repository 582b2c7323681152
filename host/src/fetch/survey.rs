//! How much there is to fetch, from cheap calls only: lists of clusters and revisions, and the counters that
//! DescribeClusters gives.

use std::collections::HashSet;
use std::sync::Arc;

use super::listing::{Tokens, revision};
use super::{CLUSTER_OBJECTS, Scope, cluster, task_definition};
use crate::aws::{Account, CallFailure};
use crate::config::{Config, TaskDefinitionScope};
use crate::object::Object;
use crate::report::{Failure, Ledger};

/// The size of one account and Region.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Each cluster.
    pub clusters: Vec<ClusterSize>,
    /// Task definition revisions that a sync would describe; at most so many if it wants those in use.
    pub revisions: u64,
    /// List pages that these came in.
    pub revision_pages: u64,
    /// Calls that failed for good, so that something is not counted.
    pub failures: Vec<Failure>,
}

/// What a cluster counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClusterSize {
    /// Active services.
    pub services: u64,
    /// Running and pending tasks, which ListTasks gives together.
    pub tasks: u64,
}

/// Looks at an account and Region, as far as the configured objects need it.
pub(crate) async fn survey(account: &Account, region: &str, config: Arc<Config>) -> Survey {
    // No page is fetched, so that nobody needs to receive one.
    let (pages, _) = async_channel::bounded(1);
    let scope = Scope::new(
        account,
        region,
        "",
        config,
        Arc::new(Ledger::default()),
        pages,
    );
    let (clusters, revisions) = tokio::join!(clusters(&scope), revisions(&scope));
    let mut survey = Survey::default();
    match clusters {
        Ok(clusters) => survey.clusters = clusters,
        Err(failure) => survey.failures.push(failure.line()),
    }
    match revisions {
        Ok((revisions, pages)) => (survey.revisions, survey.revision_pages) = (revisions, pages),
        Err(failure) => survey.failures.push(failure.line()),
    }
    survey
}

async fn clusters(scope: &Scope) -> Result<Vec<ClusterSize>, CallFailure> {
    if !CLUSTER_OBJECTS.iter().any(|object| scope.wants(*object)) {
        return Ok(Vec::new());
    }
    let mut arns = Vec::new();
    let mut list = cluster::List::new(scope);
    while let Some(page) = list.next().await? {
        arns.extend(page);
    }
    let mut sizes = Vec::with_capacity(arns.len());
    for batch in arns.chunks(scope.describe_batch(Object::EcsCluster)) {
        sizes.extend(cluster::sizes(scope, batch).await?);
    }
    // A cluster that has vanished in between is still listed by a sync.
    sizes.resize(arns.len(), ClusterSize::default());
    Ok(sizes)
}

/// Revisions, and List pages.
async fn revisions(scope: &Scope) -> Result<(u64, u64), CallFailure> {
    let (mut revisions, mut pages, mut families) = (0, 0, HashSet::new());
    if !scope.wants(Object::EcsTaskDefinition) {
        return Ok((0, 0));
    }
    for pass in 0..task_definition::passes(scope) {
        let (mut tokens, mut token) = (Tokens::default(), None);
        loop {
            let page = task_definition::list(scope, pass, token).await?;
            revisions += match scope.config.options.task_definition_scope {
                TaskDefinitionScope::Latest => count_families(&mut families, &page.arns),
                TaskDefinitionScope::All | TaskDefinitionScope::InUse => page.arns.len() as u64,
            };
            pages += 1;
            token = tokens.next(page.next_token, Object::EcsTaskDefinition.operations())?;
            if token.is_none() {
                break;
            }
        }
    }
    Ok((revisions, pages))
}

/// How many families of these ARNs are new. Each has one latest revision.
fn count_families(families: &mut HashSet<String>, arns: &[String]) -> u64 {
    let new = arns
        .iter()
        .filter(|arn| revision(arn).is_none_or(|(family, _)| families.insert(family.to_owned())));
    new.count() as u64
}
