use portolan_mapper_sdk::{Int, List, Object, Tag, Text, Timestamp};
use serde::Deserialize;

/// The members of a described task definition that become attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskDefinition<'a> {
    #[serde(borrow)]
    pub(crate) task_definition_arn: Option<Text<'a>>,
    pub(crate) family: Option<Text<'a>>,
    pub(crate) revision: Option<Int>,
    pub(crate) status: Option<Text<'a>>,
    pub(crate) network_mode: Option<Text<'a>>,
    pub(crate) requires_compatibilities: List<Text<'a>>,
    pub(crate) cpu: Option<Text<'a>>,
    pub(crate) memory: Option<Text<'a>>,
    pub(crate) execution_role_arn: Option<Text<'a>>,
    pub(crate) task_role_arn: Option<Text<'a>>,
    pub(crate) container_definitions: List<ContainerDefinition<'a>>,
    pub(crate) registered_at: Option<Timestamp>,
    pub(crate) compatibilities: List<Text<'a>>,
    pub(crate) runtime_platform: Option<Object<RuntimePlatform<'a>>>,
    pub(crate) pid_mode: Option<Text<'a>>,
    pub(crate) ipc_mode: Option<Text<'a>>,
    pub(crate) volumes: List<Volume<'a>>,
    pub(crate) enable_fault_injection: Option<bool>,
    pub(crate) registered_by: Option<Text<'a>>,
    pub(crate) tags: List<Tag<'a>>,
}

/// The operating system and the processor of tasks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuntimePlatform<'a> {
    #[serde(borrow)]
    pub(crate) operating_system_family: Option<Text<'a>>,
    pub(crate) cpu_architecture: Option<Text<'a>>,
}

/// A volume that containers can mount.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    pub(crate) host: Option<Object<Host<'a>>>,
    pub(crate) efs_volume_configuration: Option<Object<Efs<'a>>>,
}

/// The host part of a volume: a bind mount.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Host<'a> {
    #[serde(borrow)]
    pub(crate) source_path: Option<Text<'a>>,
}

/// The Amazon EFS part of a volume.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Efs<'a> {
    #[serde(borrow)]
    pub(crate) file_system_id: Option<Text<'a>>,
    pub(crate) transit_encryption: Option<Text<'a>>,
    pub(crate) authorization_config: Option<Object<Authorization<'a>>>,
}

/// The authorization with which tasks mount an EFS file system.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization<'a> {
    #[serde(borrow)]
    pub(crate) access_point_id: Option<Text<'a>>,
    pub(crate) iam: Option<Text<'a>>,
}

/// A container of a task definition.
#[derive(Debug, Deserialize)]
pub struct ContainerDefinition<'a> {
    #[serde(borrow)]
    pub(crate) image: Option<Text<'a>>,
    pub(crate) environment: List<EnvironmentVariable<'a>>,
    pub(crate) secrets: List<Secret<'a>>,
}

/// An environment variable. Its value is not a member here, so a record cannot contain it.
#[derive(Debug, Deserialize)]
pub struct EnvironmentVariable<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
}

/// A secret by reference.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret<'a> {
    #[serde(borrow)]
    pub(crate) value_from: Option<Text<'a>>,
}
