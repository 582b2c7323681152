//! Clusters: listed once per Region, described by up to 100.

use std::collections::HashSet;

use aws_sdk_ecs::types::ClusterField;

use super::listing::{ArnPage, Tokens};
use super::{Batch, ClusterSize, Described, Scope, UNREADABLE};
use crate::aws::CallFailure;
use crate::object::{Object, Operation};

/// Hands every page of new cluster ARNs to `found`. Gives the failure that ended the listing early, if one
/// did. A Region holds at most 10,000 clusters, so that their ARNs fit into memory.
pub(super) async fn list(scope: &Scope, mut found: impl FnMut(Vec<String>)) -> Option<CallFailure> {
    let mut seen = HashSet::new();
    let (mut tokens, mut token) = (Tokens::default(), None);
    loop {
        let page = match list_page(scope, token).await {
            Ok(page) => page,
            Err(failure) => return Some(failure),
        };
        let arns = page.arns.into_iter();
        found(arns.filter(|arn| seen.insert(arn.clone())).collect());
        token = match tokens.next(page.next_token, Object::EcsCluster.operations()) {
            Ok(Some(next)) => Some(next),
            Ok(None) => return None,
            Err(failure) => return Some(failure),
        };
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

pub(super) async fn describe(scope: &Scope, batch: &Batch) -> Result<Described, CallFailure> {
    let request = scope
        .client
        .describe_clusters()
        .set_clusters(Some(batch.arns.clone()))
        .include(ClusterField::Tags);
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
                Described::new(page, arns.collect(), answer.failures)
            },
        )
        .await
}
