use portolan_mapper_sdk::{List, Object, Pair, Tag, Text, Timestamp};
use serde::Deserialize;

/// The members of a described task that become attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task<'a> {
    #[serde(borrow)]
    pub(crate) task_arn: Option<Text<'a>>,
    pub(crate) cluster_arn: Option<Text<'a>>,
    pub(crate) task_definition_arn: Option<Text<'a>>,
    pub(crate) container_instance_arn: Option<Text<'a>>,
    pub(crate) availability_zone: Option<Text<'a>>,
    pub(crate) group: Option<Text<'a>>,
    pub(crate) launch_type: Option<Text<'a>>,
    pub(crate) platform_version: Option<Text<'a>>,
    pub(crate) cpu: Option<Text<'a>>,
    pub(crate) memory: Option<Text<'a>>,
    pub(crate) desired_status: Option<Text<'a>>,
    pub(crate) last_status: Option<Text<'a>>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) stopped_at: Option<Timestamp>,
    pub(crate) containers: List<Container<'a>>,
    pub(crate) attachments: List<Attachment<'a>>,
    pub(crate) tags: List<Tag<'a>>,
    pub(crate) started_by: Option<Text<'a>>,
    pub(crate) capacity_provider_name: Option<Text<'a>>,
    pub(crate) platform_family: Option<Text<'a>>,
    pub(crate) attributes: List<Pair<'a>>,
    pub(crate) enable_execute_command: Option<bool>,
    pub(crate) connectivity: Option<Text<'a>>,
    pub(crate) health_status: Option<Text<'a>>,
    pub(crate) stop_code: Option<Text<'a>>,
    pub(crate) stopped_reason: Option<Text<'a>>,
    pub(crate) overrides: Option<Object<Overrides<'a>>>,
}

/// The settings of the task that replace those of its task definition.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overrides<'a> {
    #[serde(borrow)]
    pub(crate) task_role_arn: Option<Text<'a>>,
    pub(crate) execution_role_arn: Option<Text<'a>>,
    pub(crate) container_overrides: List<ContainerOverride<'a>>,
}

/// The settings of one container that replace those of its container definition.
#[derive(Debug, Deserialize)]
pub struct ContainerOverride<'a> {
    #[serde(borrow)]
    pub(crate) environment: List<EnvironmentVariable<'a>>,
}

/// An environment variable. Its value is not a member here, so a record cannot contain it.
#[derive(Debug, Deserialize)]
pub struct EnvironmentVariable<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
}

/// A container of a task.
#[derive(Debug, Deserialize)]
pub struct Container<'a> {
    #[serde(borrow)]
    pub(crate) image: Option<Text<'a>>,
}

/// An attachment of a task, for example an elastic network interface.
#[derive(Debug, Deserialize)]
pub struct Attachment<'a> {
    #[serde(borrow)]
    pub(crate) details: List<Pair<'a>>,
}
