use portolan_mapper_sdk::{Int, List, Object, Text};
use serde::Deserialize;

/// An element of the page: a container definition and its task definition.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part<'a> {
    #[serde(borrow)]
    pub(crate) container_definition: Option<Object<ContainerDefinition<'a>>>,
    pub(crate) task_definition: Option<Object<TaskDefinition<'a>>>,
    /// The index of the container definition in its task definition. Nulls in that list have an index too.
    pub(crate) position: Option<Int>,
}

/// The members of the task definition that become attributes of its containers.
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
    /// What Portolan's own scan found while it withheld values.
    pub(crate) secret_suspects: List<Suspect<'a>>,
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

/// An environment variable. Its value is not a member here, so a record cannot contain it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Named<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
}

/// An environment variable whose value looks like a secret, and the detector that says so.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suspect<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    pub(crate) detector: Option<Text<'a>>,
}

/// An environment variable with a secret. The source contains only a reference to the secret.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    pub(crate) value_from: Option<Text<'a>>,
}

/// A file with environment variables.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentFile<'a> {
    #[serde(borrow)]
    pub(crate) value: Option<Text<'a>>,
}

/// A reference to the credentials of a private registry.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryCredentials<'a> {
    #[serde(borrow)]
    pub(crate) credentials_parameter: Option<Text<'a>>,
}

/// The log configuration of the container.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogConfiguration<'a> {
    #[serde(borrow)]
    pub(crate) log_driver: Option<Text<'a>>,
    pub(crate) options: Option<Object<LogOptions<'a>>>,
}

/// The options of the log driver.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogOptions<'a> {
    #[serde(borrow)]
    pub(crate) mode: Option<Text<'a>>,
}

/// The Linux settings of the container.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinuxParameters<'a> {
    #[serde(borrow)]
    pub(crate) capabilities: Option<Object<Capabilities<'a>>>,
    pub(crate) init_process_enabled: Option<bool>,
}

/// The Linux capabilities that the container gains or loses.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities<'a> {
    #[serde(borrow)]
    pub(crate) add: List<Text<'a>>,
    pub(crate) drop: List<Text<'a>>,
}

/// A mount of a volume in the container.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MountPoint<'a> {
    #[serde(borrow)]
    pub(crate) source_volume: Option<Text<'a>>,
}

/// The configuration of a container that is a FireLens log router.
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

/// The host part of a volume: a bind mount.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Host<'a> {
    #[serde(borrow)]
    pub(crate) source_path: Option<Text<'a>>,
}

/// A port of the container and the host port that leads to it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortMapping {
    pub(crate) container_port: Option<Int>,
    pub(crate) host_port: Option<Int>,
}

/// A health check. Only its presence becomes an attribute.
#[derive(Debug, Deserialize)]
pub struct HealthCheck {}
