use std::borrow::Cow;

use portolan_mapper_sdk::{Int, Tags, TextSet, UtcTime};
use serde::Serialize;

use crate::efs::NamedVolumes;

/// A revision of an Amazon ECS task definition.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(
        title = "EcsTaskDefinition",
        deny_unknown_fields,
        extend("x-data-model" = "Cloud Resource")
    )
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct EcsTaskDefinition<'s> {
    /// The identity of the task definition in the data model: its ARN.
    ///
    /// Source: `taskDefinition.taskDefinitionArn`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub uid: &'s str,
    /// The ARN of the task definition.
    ///
    /// Source: `taskDefinition.taskDefinitionArn`.
    pub task_definition_arn: &'s str,
    /// The display name of the task definition: `family:revision`, or its ARN if either is missing.
    ///
    /// Source: taskDefinition.family and taskDefinition.revision, else taskDefinition.taskDefinitionArn.
    pub name: Cow<'s, str>,
    /// The family that the revision belongs to.
    ///
    /// Source: `taskDefinition.family`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<&'s str>,
    /// The number of the revision inside its family.
    ///
    /// Source: `taskDefinition.revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<Int>,
    /// The status of the task definition, as ECS reports it.
    ///
    /// Source: `taskDefinition.status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_status: Option<&'s str>,
    /// The Docker network mode, for example `awsvpc`.
    ///
    /// Source: `taskDefinition.networkMode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_mode: Option<&'s str>,
    /// The launch types that the definition was validated against.
    ///
    /// Source: `taskDefinition.requiresCompatibilities`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_compatibilities: Option<TextSet<'s>>,
    /// The CPU units of a task, as text.
    ///
    /// Source: `taskDefinition.cpu`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<&'s str>,
    /// The memory of a task in MiB, as text.
    ///
    /// Source: `taskDefinition.memory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<&'s str>,
    /// The IAM role with which the agent pulls images and reads secrets.
    ///
    /// Source: `taskDefinition.executionRoleArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_role_arn: Option<&'s str>,
    /// The IAM role that the containers act with.
    ///
    /// Source: `taskDefinition.taskRoleArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_role_arn: Option<&'s str>,
    /// The images of the containers.
    ///
    /// Source: `taskDefinition.containerDefinitions[*].image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_images: Option<TextSet<'s>>,
    /// The names of the environment variables of all containers; never their values.
    ///
    /// Source: `taskDefinition.containerDefinitions[*].environment[*].name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_keys: Option<TextSet<'s>>,
    /// The sources of the secrets of all containers.
    ///
    /// Source: `taskDefinition.containerDefinitions[*].secrets[*].valueFrom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_refs: Option<TextSet<'s>>,
    /// The time when the revision was registered.
    ///
    /// Source: `taskDefinition.registeredAt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<UtcTime>,
    /// The launch types with which ECS found it compatible.
    ///
    /// Source: `taskDefinition.compatibilities`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compatibilities: Option<TextSet<'s>>,
    /// The operating system family of its tasks.
    ///
    /// Source: `taskDefinition.runtimePlatform.operatingSystemFamily`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operating_system_family: Option<&'s str>,
    /// The processor architecture of its tasks, for example `X86_64`.
    ///
    /// Source: `taskDefinition.runtimePlatform.cpuArchitecture`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_architecture: Option<&'s str>,
    /// The process namespace of its containers: `host` or `task`.
    ///
    /// Source: `taskDefinition.pidMode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid_mode: Option<&'s str>,
    /// The namespace in which its containers share inter-process communication: `host`, `task` or `none`.
    ///
    /// Source: `taskDefinition.ipcMode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipc_mode: Option<&'s str>,
    /// The paths of the host that it uses as volumes.
    ///
    /// Source: `taskDefinition.volumes[*].host.sourcePath`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_paths: Option<TextSet<'s>>,
    /// The EFS file systems that it uses as volumes.
    ///
    /// Source: `taskDefinition.volumes[*].efsVolumeConfiguration.fileSystemId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub efs_file_system_ids: Option<TextSet<'s>>,
    /// The EFS volumes not encrypted in transit: file system id, else volume name, else `#` and position.
    ///
    /// Source: `taskDefinition.volumes[*].efsVolumeConfiguration`, where `transitEncryption` is not `ENABLED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub efs_without_transit_encryption: Option<NamedVolumes<'s>>,
    /// The EFS volumes without IAM authorization or without an access point, named in the same way.
    ///
    /// Source: `taskDefinition.volumes[*].efsVolumeConfiguration`, where `authorizationConfig.iam` is not `ENABLED` or `authorizationConfig.accessPointId` is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub efs_without_authorization: Option<NamedVolumes<'s>>,
    /// Whether its containers accept fault injection requests.
    ///
    /// Source: `taskDefinition.enableFaultInjection`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault_injection_enabled: Option<bool>,
    /// The IAM principal that registered it.
    ///
    /// Source: `taskDefinition.registeredBy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered_by: Option<&'s str>,
    /// The tags of the task definition, key to value.
    ///
    /// Source: `tags`, beside `taskDefinition`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags<'s>>,
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
