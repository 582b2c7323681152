use std::borrow::Cow;

use portolan_mapper_sdk::{Int, IntSet, TextSet};
use serde::Serialize;

use crate::suspects::Suspects;

/// A container as a revision of an Amazon ECS task definition describes it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(
        title = "EcsContainerDefinition",
        deny_unknown_fields,
        extend("x-data-model" = "Container")
    )
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct EcsContainerDefinition<'s> {
    /// The identity of the container definition in the data model: the ARN of its task definition, `#`, and
    /// its name. Without a name, its position, counted from 0, replaces the name.
    ///
    /// Source: taskDefinition.taskDefinitionArn and containerDefinition.name, else its position.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub uid: Cow<'s, str>,
    /// The display name of the container definition: its name, or its UID if it has none.
    ///
    /// Source: containerDefinition.name, else as UID.
    pub name: Cow<'s, str>,
    /// The ARN of the task definition that contains it.
    ///
    /// Source: `taskDefinition.taskDefinitionArn`.
    pub task_definition_arn: &'s str,
    /// The family of that task definition.
    ///
    /// Source: `taskDefinition.family`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<&'s str>,
    /// The revision number of that task definition.
    ///
    /// Source: `taskDefinition.revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<Int>,
    /// The image of the container.
    ///
    /// Source: `containerDefinition.image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<&'s str>,
    /// Whether the task stops when this container stops.
    ///
    /// Source: `containerDefinition.essential`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub essential: Option<bool>,
    /// Whether the container has root privileges on its host.
    ///
    /// Source: `containerDefinition.privileged`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
    /// Whether its root file system is read-only.
    ///
    /// Source: `containerDefinition.readonlyRootFilesystem`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readonly_root_filesystem: Option<bool>,
    /// Whether its standard input stays open.
    ///
    /// Source: `containerDefinition.interactive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interactive: Option<bool>,
    /// Whether it has a terminal.
    ///
    /// Source: `containerDefinition.pseudoTerminal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pseudo_terminal: Option<bool>,
    /// The user that it runs as, with a group if one is given.
    ///
    /// Source: `containerDefinition.user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<&'s str>,
    /// The names of its environment variables; never their values.
    ///
    /// Source: `containerDefinition.environment[*].name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_keys: Option<TextSet<'s>>,
    /// The environment variables whose values look like secrets, each as `VARIABLE: DETECTOR`; only with
    /// `--detect-secrets`. Never a value.
    ///
    /// Source: `containerDefinition.secretSuspects[*]`, which Portolan adds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_suspects: Option<Suspects>,
    /// The names of the variables that hold secrets.
    ///
    /// Source: `containerDefinition.secrets[*].name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_names: Option<TextSet<'s>>,
    /// The sources of these secrets.
    ///
    /// Source: `containerDefinition.secrets[*].valueFrom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_refs: Option<TextSet<'s>>,
    /// The files in Amazon S3 that contain further environment variables.
    ///
    /// Source: `containerDefinition.environmentFiles[*].value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_files: Option<TextSet<'s>>,
    /// The secret with the credentials of the private registry of the image.
    ///
    /// Source: `containerDefinition.repositoryCredentials.credentialsParameter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials_secret: Option<&'s str>,
    /// The log driver.
    ///
    /// Source: `containerDefinition.logConfiguration.logDriver`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_driver: Option<&'s str>,
    /// Whether the container waits for its log driver: `blocking` or `non-blocking`.
    ///
    /// Source: `containerDefinition.logConfiguration.options.mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_mode: Option<&'s str>,
    /// The Linux capabilities that are added to Docker's default set.
    ///
    /// Source: `containerDefinition.linuxParameters.capabilities.add`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added_capabilities: Option<TextSet<'s>>,
    /// The Linux capabilities that are removed from Docker's default set.
    ///
    /// Source: `containerDefinition.linuxParameters.capabilities.drop`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped_capabilities: Option<TextSet<'s>>,
    /// Whether an init process reaps its processes.
    ///
    /// Source: `containerDefinition.linuxParameters.initProcessEnabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_process_enabled: Option<bool>,
    /// The ports that it listens on.
    ///
    /// Source: `containerDefinition.portMappings[*].containerPort`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_ports: Option<IntSet>,
    /// The ports of the host that lead to it; 0 means that the host selects a port.
    ///
    /// Source: `containerDefinition.portMappings[*].hostPort`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_ports: Option<IntSet>,
    /// The paths of the host that are mounted into it.
    ///
    /// Source: taskDefinition.volumes[*].host.sourcePath of the volumes that
    /// containerDefinition.mountPoints[*].sourceVolume names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mounted_host_paths: Option<TextSet<'s>>,
    /// The hard limit of its memory, in MiB.
    ///
    /// Source: `containerDefinition.memory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_limit: Option<Int>,
    /// The memory that is reserved for it, in MiB.
    ///
    /// Source: `containerDefinition.memoryReservation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_reservation: Option<Int>,
    /// The CPU units that are reserved for it.
    ///
    /// Source: `containerDefinition.cpu`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_units: Option<Int>,
    /// Whether ECS resolves its image tag to a digest: `enabled` or `disabled`.
    ///
    /// Source: `containerDefinition.versionConsistency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_consistency: Option<&'s str>,
    /// The type of its log router, `fluentd` or `fluentbit`, if it is one.
    ///
    /// Source: `containerDefinition.firelensConfiguration.type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firelens_type: Option<&'s str>,
    /// Whether it has a health check of its own.
    ///
    /// Source: `containerDefinition.healthCheck`.
    pub has_health_check: bool,
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
