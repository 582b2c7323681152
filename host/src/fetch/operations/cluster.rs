//! Clusters: listed once per Region, described by up to 100.

use std::collections::BTreeMap;

use aws_sdk_ecs::types::ClusterField;

use super::Wanted;
use crate::aws::CallFailure;
use crate::fetch::Scope;
use crate::fetch::answer::{ArnPage, Described};
use crate::fetch::batch::Batch;
use crate::object::{Object, Operation};

pub(super) async fn list(scope: &Scope, wanted: Wanted<'_>) -> Result<ArnPage, CallFailure> {
    let request = scope
        .client
        .list_clusters()
        .max_results(i32::from(scope.config.page_size))
        .set_next_token(wanted.token);
    call!(
        scope.caller,
        Operation::ListClusters,
        request,
        arns!(cluster_arns, "clusterArns")
    )
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
    call!(
        scope.caller,
        Operation::DescribeClusters,
        request,
        described!(scope, Object::EcsCluster, clusters, cluster_arn, "clusters")
    )
}

/// How many objects clusters count, by the counters of the objects' rows. Clusters that have vanished are
/// left out.
pub(in crate::fetch) async fn sizes(
    scope: &Scope,
    arns: &[String],
) -> Result<Vec<BTreeMap<Object, u64>>, CallFailure> {
    let request = scope
        .client
        .describe_clusters()
        .set_clusters(Some(arns.to_vec()));
    call!(
        scope.caller,
        Operation::DescribeClusters,
        request,
        |_, body| {
            let answer: serde_json::Value =
                serde_json::from_slice(&body).map_err(|_| super::UNREADABLE)?;
            let clusters = answer["clusters"].as_array().ok_or("it has no clusters")?;
            let count = |cluster: &serde_json::Value, object: Object| {
                let counters = object.row().counters.iter();
                counters.filter_map(|name| cluster[name].as_u64()).sum()
            };
            let size = |cluster| {
                let objects = Object::ALL.into_iter();
                objects
                    .map(|object| (object, count(cluster, object)))
                    .collect()
            };
            Ok(clusters.iter().map(size).collect())
        }
    )
}
