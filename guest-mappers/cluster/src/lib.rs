//! Maps DescribeClusters to `EcsCluster` records.

mod record;
mod source;

use portolan_mapper_sdk::{
    Body, Context, Mapping, Notes, Rejection, Tags, TextSet, export_mapping, items, text,
};

pub use record::EcsCluster;
pub use source::Cluster;

/// The mapping of Amazon ECS clusters.
#[derive(Clone, Copy, Debug)]
pub struct Clusters;

export_mapping!(Clusters);

impl Mapping for Clusters {
    const OBJECT: &'static str = "EcsCluster";
    const BODY: Body = Body::List("clusters");

    type Source<'a> = Cluster<'a>;
    type Record<'s> = EcsCluster<'s>;

    fn map<'s, 'a: 's>(
        cluster: &'s Cluster<'a>,
        context: &'s Context,
        _: &mut Notes<'_>,
    ) -> Result<EcsCluster<'s>, Rejection> {
        let arn = text(&cluster.cluster_arn)
            .filter(|arn| !arn.is_empty())
            .ok_or_else(|| Rejection::no_arn("clusterArn"))?;
        let name = text(&cluster.cluster_name);
        Ok(EcsCluster {
            uid: arn,
            cluster_arn: arn,
            cluster_name: name,
            name: name.filter(|name| !name.is_empty()).unwrap_or(arn),
            source_status: text(&cluster.status),
            active_services_count: cluster.active_services_count,
            pending_tasks_count: cluster.pending_tasks_count,
            running_tasks_count: cluster.running_tasks_count,
            registered_container_instance_count: cluster.registered_container_instances_count,
            capacity_providers: TextSet::collect(
                items(&cluster.capacity_providers).map(|name| name.as_str()),
            ),
            tags: Tags::collect(&cluster.tags),
            cloud_provider: "AWS",
            account_id: &context.account_id,
            region: &context.region,
            last_captured: &context.captured_at,
        })
    }
}

/// The JSON Schema of a record.
#[cfg(feature = "schema")]
#[must_use]
pub fn schema() -> schemars::Schema {
    portolan_mapper_sdk::schema::<EcsCluster<'_>>()
}
