//! Clusters: listed once per Region, described by up to 100.

use aws_sdk_ecs::types::ClusterField;

use super::answer::{ArnPage, Described};
use super::{Batch, Scope, UNREADABLE};
use crate::aws::CallFailure;
use crate::object::{Object, Operation};

/// What a cluster counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClusterSize {
    /// Active services.
    pub services: u64,
    /// Running and pending tasks, which ListTasks gives together.
    pub tasks: u64,
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
