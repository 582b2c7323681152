use portolan_mapper_sdk::{Int, Tags, TextSet};
use serde::Serialize;

/// An Amazon ECS cluster.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(
        title = "EcsCluster",
        deny_unknown_fields,
        extend("x-data-model" = "Cloud Resource")
    )
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct EcsCluster<'s> {
    /// The identity of the cluster in the data model: its ARN.
    ///
    /// Source: `cluster.clusterArn`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub uid: &'s str,
    /// The ARN of the cluster.
    ///
    /// Source: `cluster.clusterArn`.
    pub cluster_arn: &'s str,
    /// The name of the cluster.
    ///
    /// Source: `cluster.clusterName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_name: Option<&'s str>,
    /// The display name of the cluster: its name, or its ARN if it has none.
    ///
    /// Source: cluster.clusterName, else cluster.clusterArn.
    pub name: &'s str,
    /// The status of the cluster, as ECS reports it.
    ///
    /// Source: `cluster.status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_status: Option<&'s str>,
    /// The number of services that run in the cluster.
    ///
    /// Source: `cluster.activeServicesCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_services_count: Option<Int>,
    /// The number of tasks that wait to run.
    ///
    /// Source: `cluster.pendingTasksCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_tasks_count: Option<Int>,
    /// The number of tasks that run.
    ///
    /// Source: `cluster.runningTasksCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running_tasks_count: Option<Int>,
    /// The number of registered container instances.
    ///
    /// Source: `cluster.registeredContainerInstancesCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered_container_instance_count: Option<Int>,
    /// The capacity providers of the cluster.
    ///
    /// Source: `cluster.capacityProviders`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_providers: Option<TextSet<'s>>,
    /// The tags of the cluster, key to value.
    ///
    /// Source: `cluster.tags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags<'s>>,
    /// The level of CloudWatch Container Insights, for example `enhanced`.
    ///
    /// Source: `cluster.settings[containerInsights].value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_insights: Option<&'s str>,
    /// The log setting of ECS Exec: `NONE`, `DEFAULT` or `OVERRIDE`.
    ///
    /// Source: `cluster.configuration.executeCommandConfiguration.logging`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execute_command_logging: Option<&'s str>,
    /// The key that encrypts the data between an ECS Exec client and a container.
    ///
    /// Source: `cluster.configuration.executeCommandConfiguration.kmsKeyId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execute_command_kms_key_id: Option<&'s str>,
    /// The log group and the bucket to which ECS Exec writes its logs.
    ///
    /// Source: `cluster.configuration.executeCommandConfiguration.logConfiguration`, its `cloudWatchLogGroupName` and `s3BucketName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execute_command_log_destinations: Option<TextSet<'s>>,
    /// The key that encrypts the ephemeral storage of Fargate tasks.
    ///
    /// Source: `cluster.configuration.managedStorageConfiguration.fargateEphemeralStorageKmsKeyId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fargate_ephemeral_storage_kms_key_id: Option<&'s str>,
    /// The capacity providers of services and tasks that name neither a launch type nor a strategy.
    ///
    /// Source: `cluster.defaultCapacityProviderStrategy[*].capacityProvider`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_capacity_providers: Option<TextSet<'s>>,
    /// The cloud of the object; always `AWS`.
    ///
    /// Source: the constant `AWS`.
    pub cloud_provider: &'static str,
    /// The AWS account that was queried, twelve digits.
    ///
    /// Source: the sync's account.
    pub account_id: &'s str,
    /// The AWS Region that was queried.
    ///
    /// Source: the sync's Region.
    pub region: &'s str,
    /// The start time of the sync that captured the object.
    ///
    /// Source: the sync's timestamp.
    #[cfg_attr(feature = "schema", schemars(with = "portolan_mapper_sdk::UtcTime"))]
    pub last_captured: &'s str,
}
