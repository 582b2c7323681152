use portolan_mapper_sdk::{Int, List, Object, Text};
use serde::Deserialize;

/// A container definition beside its task definition.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part<'a> {
    #[serde(borrow)]
    pub(crate) container_definition: Option<Object<ContainerDefinition<'a>>>,
    pub(crate) task_definition: Option<Object<TaskDefinition<'a>>>,
    /// Its place in the list of its task definition, from 0, nulls counted.
    pub(crate) position: Option<Int>,
}

/// The members of its task definition that become attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskDefinition<'a> {
    #[serde(borrow)]
    pub(crate) task_definition_arn: Option<Text<'a>>,
    pub(crate) family: Option<Text<'a>>,
    pub(crate) revision: Option<Int>,
    pub(crate) volumes: List<Volume<'a>>,
}

/// The members of a container definition that become attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerDefinition<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    pub(crate) image: Option<Text<'a>>,
    pub(crate) essential: Option<bool>,
    pub(crate) privileged: Option<bool>,
    pub(crate) readonly_root_filesystem: Option<bool>,
    pub(crate) interactive: Option<bool>,
    pub(crate) pseudo_terminal: Option<bool>,
    pub(crate) user: Option<Text<'a>>,
    pub(crate) environment: List<Named<'a>>,
    pub(crate) secrets: List<Secret<'a>>,
    pub(crate) environment_files: List<EnvironmentFile<'a>>,
    pub(crate) repository_credentials: Option<Object<RepositoryCredentials<'a>>>,
    pub(crate) log_configuration: Option<Object<LogConfiguration<'a>>>,
    pub(crate) linux_parameters: Option<Object<LinuxParameters<'a>>>,
    pub(crate) port_mappings: List<PortMapping>,
    pub(crate) mount_points: List<MountPoint<'a>>,
    pub(crate) memory: Option<Int>,
    pub(crate) memory_reservation: Option<Int>,
    pub(crate) cpu: Option<Int>,
    pub(crate) version_consistency: Option<Text<'a>>,
    pub(crate) firelens_configuration: Option<Object<FirelensConfiguration<'a>>>,
    pub(crate) health_check: Option<Object<HealthCheck>>,
}

/// An environment variable. Its value is not a member here, so that it cannot leave.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Named<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
}

/// A secret by reference.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    pub(crate) value_from: Option<Text<'a>>,
}

/// A file of variables.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentFile<'a> {
    #[serde(borrow)]
    pub(crate) value: Option<Text<'a>>,
}

/// The credentials of a private registry, by reference.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryCredentials<'a> {
    #[serde(borrow)]
    pub(crate) credentials_parameter: Option<Text<'a>>,
}

/// Where its output goes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogConfiguration<'a> {
    #[serde(borrow)]
    pub(crate) log_driver: Option<Text<'a>>,
    pub(crate) options: Option<Object<LogOptions<'a>>>,
}

/// Options of a log driver.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogOptions<'a> {
    #[serde(borrow)]
    pub(crate) mode: Option<Text<'a>>,
}

/// Settings of Linux.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinuxParameters<'a> {
    #[serde(borrow)]
    pub(crate) capabilities: Option<Object<Capabilities<'a>>>,
    pub(crate) init_process_enabled: Option<bool>,
}

/// Linux capabilities.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities<'a> {
    #[serde(borrow)]
    pub(crate) add: List<Text<'a>>,
    pub(crate) drop: List<Text<'a>>,
}

/// A volume in the container.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MountPoint<'a> {
    #[serde(borrow)]
    pub(crate) source_volume: Option<Text<'a>>,
}

/// The log router that the container is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FirelensConfiguration<'a> {
    #[serde(borrow)]
    #[serde(rename = "type")]
    pub(crate) kind: Option<Text<'a>>,
}

/// A volume of the task definition.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    pub(crate) host: Option<Object<Host<'a>>>,
}

/// A path of the host.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Host<'a> {
    #[serde(borrow)]
    pub(crate) source_path: Option<Text<'a>>,
}

/// A port.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortMapping {
    pub(crate) container_port: Option<Int>,
    pub(crate) host_port: Option<Int>,
}

/// A health check. Nothing of it becomes an attribute, but that it is there.
#[derive(Debug, Deserialize)]
pub struct HealthCheck {}
