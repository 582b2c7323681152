use portolan_mapper_sdk::{Tags, TextSet, UtcTime};
use serde::Serialize;

/// An Amazon ECS task.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(
        title = "EcsTask",
        deny_unknown_fields,
        extend("x-data-model" = "Cloud Resource")
    )
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct EcsTask<'s> {
    /// The identity of the task in the data model: its ARN.
    ///
    /// Source: `task.taskArn`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub uid: &'s str,
    /// The ARN of the task.
    ///
    /// Source: `task.taskArn`.
    pub task_arn: &'s str,
    /// The display name of the task: its ARN.
    ///
    /// Source: `task.taskArn`.
    pub name: &'s str,
    /// The ARN of the cluster that the task runs in.
    ///
    /// Source: `task.clusterArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_arn: Option<&'s str>,
    /// The ARN of the task definition that the task was started from.
    ///
    /// Source: `task.taskDefinitionArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_definition_arn: Option<&'s str>,
    /// The ARN of the container instance that hosts the task; absent on Fargate.
    ///
    /// Source: `task.containerInstanceArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_instance_arn: Option<&'s str>,
    /// The Availability Zone of the task.
    ///
    /// Source: `task.availabilityZone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<&'s str>,
    /// The task group, for example `service:web`.
    ///
    /// Source: `task.group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<&'s str>,
    /// The launch type, for example `FARGATE`.
    ///
    /// Source: `task.launchType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_type: Option<&'s str>,
    /// The Fargate platform version.
    ///
    /// Source: `task.platformVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_version: Option<&'s str>,
    /// The CPU units of the task, as text.
    ///
    /// Source: `task.cpu`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<&'s str>,
    /// The memory of the task in MiB, as text.
    ///
    /// Source: `task.memory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<&'s str>,
    /// The images of the task's containers.
    ///
    /// Source: `task.containers[*].image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_images: Option<TextSet<'s>>,
    /// The elastic network interfaces of the task.
    ///
    /// Source: `task.attachments[*].details[networkInterfaceId]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_interface_ids: Option<TextSet<'s>>,
    /// The private IPv4 addresses of the task.
    ///
    /// Source: `task.attachments[*].details[privateIPv4Address]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_ip_addresses: Option<TextSet<'s>>,
    /// The subnets of the task.
    ///
    /// Source: `task.attachments[*].details[subnetId]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet_ids: Option<TextSet<'s>>,
    /// The status that ECS drives the task toward.
    ///
    /// Source: `task.desiredStatus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_status: Option<&'s str>,
    /// The last known status of the task, as ECS reports it.
    ///
    /// Source: `task.lastStatus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_status: Option<&'s str>,
    /// The time when the task was created.
    ///
    /// Source: `task.createdAt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<UtcTime>,
    /// The time when the task began to run.
    ///
    /// Source: `task.startedAt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_started: Option<UtcTime>,
    /// The time when the task stopped.
    ///
    /// Source: `task.stoppedAt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_stopped: Option<UtcTime>,
    /// The tags of the task, key to value.
    ///
    /// Source: `task.tags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags<'s>>,
    /// The starter of the task: a deployment id, or the text that the caller of RunTask or StartTask gave.
    ///
    /// Source: `task.startedBy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_by: Option<&'s str>,
    /// The service that the task belongs to.
    ///
    /// Source: what follows `service:` in `task.group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_name: Option<&'s str>,
    /// The capacity provider of the task.
    ///
    /// Source: `task.capacityProviderName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_provider: Option<&'s str>,
    /// The operating system family of a Fargate task.
    ///
    /// Source: `task.platformFamily`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_family: Option<&'s str>,
    /// The architecture of its processor, for example `x86_64`.
    ///
    /// Source: `task.attributes[ecs.cpu-architecture].value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_architecture: Option<&'s str>,
    /// Whether ECS Exec is on for the task.
    ///
    /// Source: `task.enableExecuteCommand`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execute_command_enabled: Option<bool>,
    /// The connection of its agent to ECS: `CONNECTED` or `DISCONNECTED`.
    ///
    /// Source: `task.connectivity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connectivity: Option<&'s str>,
    /// The health of the task, which ECS derives from its essential containers.
    ///
    /// Source: `task.healthStatus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_status: Option<&'s str>,
    /// The code of the reason why the task stopped, for example `EssentialContainerExited`.
    ///
    /// Source: `task.stopCode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_code: Option<&'s str>,
    /// The reason why it stopped, as text.
    ///
    /// Source: `task.stoppedReason`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_reason: Option<&'s str>,
    /// The IAM role of its containers that replaces the task role of the task definition.
    ///
    /// Source: `task.overrides.taskRoleArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_task_role_arn: Option<&'s str>,
    /// The IAM role of the agent that replaces the execution role of the task definition.
    ///
    /// Source: `task.overrides.executionRoleArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_execution_role_arn: Option<&'s str>,
    /// The names of the environment variables that it overrides; never their values.
    ///
    /// Source: `task.overrides.containerOverrides[*].environment[*].name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_environment_keys: Option<TextSet<'s>>,
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
