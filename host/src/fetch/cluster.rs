//! Clusters: listed once per Region, described by up to 100.

use std::collections::HashSet;

use aws_sdk_ecs::types::ClusterField;

use super::listing::{ArnPage, Tokens};
use super::{Batch, ClusterSize, Described, Scope, UNREADABLE};
use crate::aws::CallFailure;
use crate::object::{Object, Operation};

/// The list of clusters, page by page.
pub(super) struct List<'scope> {
    scope: &'scope Scope,
    seen: HashSet<String>,
    tokens: Tokens,
    /// The token to go on with (none for the first page), or why the list does not go on; none at its end.
    rest: Option<Result<Option<String>, CallFailure>>,
}

impl<'scope> List<'scope> {
    pub(super) fn new(scope: &'scope Scope) -> Self {
        Self {
            scope,
            seen: HashSet::new(),
            tokens: Tokens::default(),
            rest: Some(Ok(None)),
        }
    }

    /// Whether a cluster was on one of the pages so far.
    pub(super) fn has(&self, arn: &str) -> bool {
        self.seen.contains(arn)
    }

    /// The clusters of the next page that no page before had; none after the last page.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<String>>, CallFailure> {
        let token = match self.rest.take() {
            Some(token) => token?,
            None => return Ok(None),
        };
        let page = list_page(self.scope, token).await?;
        let operations = Object::EcsCluster.operations();
        // What this page names counts, even if its token says that the list cannot go on.
        let next = self.tokens.next(page.next_token, operations);
        self.rest = next.map(|token| token.map(Some)).transpose();
        let mut arns = page.arns;
        arns.retain(|arn| self.seen.insert(arn.clone()));
        Ok(Some(arns))
    }
}

pub(super) async fn list_page(
    scope: &Scope,
    token: Option<String>,
) -> Result<ArnPage, CallFailure> {
    let request = scope
        .client
        .list_clusters()
        .max_results(i32::from(scope.config.page_size))
        .set_next_token(token);
    scope
        .caller
        .call(
            Operation::ListClusters,
            |raw| request.clone().customize().interceptor(raw).send(),
            |answer, _| {
                let answer = answer.ok_or(UNREADABLE)?;
                let arns = answer.cluster_arns.ok_or("it has no clusterArns")?;
                Ok(ArnPage {
                    arns,
                    next_token: answer.next_token,
                })
            },
        )
        .await
}

/// What clusters count of their services and tasks. Clusters that have vanished are left out.
pub(super) async fn sizes(scope: &Scope, arns: &[String]) -> Result<Vec<ClusterSize>, CallFailure> {
    let request = scope
        .client
        .describe_clusters()
        .set_clusters(Some(arns.to_vec()));
    let count = |counter: i32| u64::try_from(counter).unwrap_or(0);
    scope
        .caller
        .call(
            Operation::DescribeClusters,
            |raw| request.clone().customize().interceptor(raw).send(),
            |answer, _| {
                let answer = answer.ok_or(UNREADABLE)?;
                let clusters = answer.clusters.ok_or("it has no clusters")?.into_iter();
                let sizes = clusters.map(|cluster| ClusterSize {
                    services: count(cluster.active_services_count),
                    tasks: count(cluster.running_tasks_count) + count(cluster.pending_tasks_count),
                });
                Ok(sizes.collect())
            },
        )
        .await
}

pub(super) async fn describe(
    scope: &Scope,
    batch: &Batch,
    with_tags: bool,
) -> Result<Described, CallFailure> {
    let request = scope
        .client
        .describe_clusters()
        .set_clusters(Some(batch.arns.clone()))
        .set_include(with_tags.then(|| vec![ClusterField::Tags]));
    scope
        .caller
        .call(
            Operation::DescribeClusters,
            |raw| request.clone().customize().interceptor(raw).send(),
            |answer, body| {
                let page = scope.page(Object::EcsCluster, body)?;
                let Some(answer) = answer else {
                    return Described::of_page(page);
                };
                let clusters = answer.clusters.ok_or("it has no clusters")?;
                let arns = clusters
                    .into_iter()
                    .filter_map(|cluster| cluster.cluster_arn);
                Ok(Described::new(page, arns.collect(), answer.failures))
            },
        )
        .await
}
