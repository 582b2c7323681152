use std::borrow::Cow;

use portolan_mapper_sdk::{Int, TextSet, UtcTime};
use serde::Serialize;

/// A revision of an Amazon ECS task definition.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(title = "EcsTaskDefinition", deny_unknown_fields)
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
