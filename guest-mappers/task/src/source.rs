use portolan_mapper_sdk::{List, Tag, Text, Timestamp};
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
    pub(crate) details: List<Detail<'a>>,
}

/// A detail of an attachment: a name and a value.
#[derive(Debug, Deserialize)]
pub struct Detail<'a> {
    #[serde(borrow)]
    pub(crate) name: Option<Text<'a>>,
    pub(crate) value: Option<Text<'a>>,
}
