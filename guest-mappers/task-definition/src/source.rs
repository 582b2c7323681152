use portolan_mapper_sdk::{Int, List, Text, Timestamp};
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
