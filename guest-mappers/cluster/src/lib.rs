//! Maps DescribeClusters to `EcsCluster` records.

mod record;
mod source;

use portolan_mapper_sdk::{
    Body, Context, Mapping, Notes, Rejection, Tags, TextSet, export_mapping, items, text, value_of,
};

pub use record::EcsCluster;
pub use source::{
    Cluster, Configuration, ExecuteCommand, LogConfiguration, ManagedStorage, StrategyItem,
};

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
        let configuration = cluster.configuration.as_deref();
        let execute = configuration.and_then(|all| all.execute_command_configuration.as_deref());
        let storage = configuration.and_then(|all| all.managed_storage_configuration.as_deref());
        let strategy = items(&cluster.default_capacity_provider_strategy);
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
            container_insights: value_of(&cluster.settings, "containerInsights"),
            execute_command_logging: execute.and_then(|it| text(&it.logging)),
            execute_command_kms_key_id: execute.and_then(|it| text(&it.kms_key_id)),
            execute_command_log_destinations: execute.and_then(log_destinations),
            fargate_ephemeral_storage_kms_key_id: storage
                .and_then(|it| text(&it.fargate_ephemeral_storage_kms_key_id)),
            default_capacity_providers: TextSet::collect(
                strategy.filter_map(|item| text(&item.capacity_provider)),
            ),
            cloud_provider: "AWS",
            account_id: &context.account_id,
            region: &context.region,
            last_captured: &context.captured_at,
        })
    }
}

/// The log group and the bucket of ECS Exec. ECS writes an empty name for a destination that is not used.
fn log_destinations<'s>(execute: &'s ExecuteCommand<'_>) -> Option<TextSet<'s>> {
    let log = execute.log_configuration.as_deref()?;
    let names = [&log.cloud_watch_log_group_name, &log.s3_bucket_name].into_iter();
    TextSet::collect(names.filter_map(text).filter(|name| !name.is_empty()))
}

/// The JSON Schema of a record.
#[cfg(feature = "schema")]
#[must_use]
pub fn schema() -> schemars::Schema {
    portolan_mapper_sdk::schema::<EcsCluster<'_>>()
}
