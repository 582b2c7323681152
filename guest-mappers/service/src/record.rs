use portolan_mapper_sdk::{Int, Tags, TextSet, UtcTime};
use serde::Serialize;

/// An Amazon ECS service.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(
        title = "EcsService",
        deny_unknown_fields,
        extend("x-data-model" = "Cloud Resource")
    )
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct EcsService<'s> {
    /// The identity of the service in the data model: its ARN.
    ///
    /// Source: `service.serviceArn`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub uid: &'s str,
    /// The ARN of the service.
    ///
    /// Source: `service.serviceArn`.
    pub service_arn: &'s str,
    /// The name of the service.
    ///
    /// Source: `service.serviceName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_name: Option<&'s str>,
    /// The display name of the service: its name, or its ARN if it has none.
    ///
    /// Source: service.serviceName, else service.serviceArn.
    pub name: &'s str,
    /// The status of the service, as ECS reports it.
    ///
    /// Source: `service.status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_status: Option<&'s str>,
    /// The ARN of the cluster that the service runs in.
    ///
    /// Source: `service.clusterArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_arn: Option<&'s str>,
    /// The task definition that the service starts tasks from.
    ///
    /// Source: `service.taskDefinition`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<&'s str>,
    /// The IAM role with which ECS registers tasks at a load balancer.
    ///
    /// Source: `service.roleArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_role_arn: Option<&'s str>,
    /// The launch type, for example `FARGATE`.
    ///
    /// Source: `service.launchType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_type: Option<&'s str>,
    /// The scheduling strategy, `REPLICA` or `DAEMON`.
    ///
    /// Source: `service.schedulingStrategy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduling_strategy: Option<&'s str>,
    /// The operating system family of Fargate tasks.
    ///
    /// Source: `service.platformFamily`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_family: Option<&'s str>,
    /// The Fargate platform version.
    ///
    /// Source: `service.platformVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_version: Option<&'s str>,
    /// The number of tasks that should run.
    ///
    /// Source: `service.desiredCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_count: Option<Int>,
    /// The number of tasks that run.
    ///
    /// Source: `service.runningCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running_count: Option<Int>,
    /// The number of tasks that wait to run.
    ///
    /// Source: `service.pendingCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_count: Option<Int>,
    /// Whether tasks get a public IP address.
    ///
    /// Source: service.networkConfiguration.awsvpcConfiguration.assignPublicIp == ENABLED.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign_public_ip: Option<bool>,
    /// The subnets that tasks are placed in.
    ///
    /// Source: `service.networkConfiguration.awsvpcConfiguration.subnets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet_ids: Option<TextSet<'s>>,
    /// The security groups of tasks.
    ///
    /// Source: `service.networkConfiguration.awsvpcConfiguration.securityGroups`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_group_ids: Option<TextSet<'s>>,
    /// The load balancer target groups of the service.
    ///
    /// Source: `service.loadBalancers[*].targetGroupArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_group_arns: Option<TextSet<'s>>,
    /// The time when the service was created.
    ///
    /// Source: `service.createdAt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<UtcTime>,
    /// The tags of the service, key to value.
    ///
    /// Source: `service.tags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags<'s>>,
    /// The capacity providers of its capacity provider strategy.
    ///
    /// Source: `service.capacityProviderStrategy[*].capacityProvider`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_providers: Option<TextSet<'s>>,
    /// The type of its deployment controller, for example `ECS`.
    ///
    /// Source: `service.deploymentController.type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_controller: Option<&'s str>,
    /// Whether ECS Exec is on for its tasks.
    ///
    /// Source: `service.enableExecuteCommand`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execute_command_enabled: Option<bool>,
    /// The source of the tags of its tasks: `SERVICE`, `TASK_DEFINITION` or `NONE`.
    ///
    /// Source: `service.propagateTags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propagate_tags: Option<&'s str>,
    /// The IAM principal that created it.
    ///
    /// Source: `service.createdBy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<&'s str>,
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
