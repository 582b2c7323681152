use portolan_mapper_sdk::{Int, List, Tag, Text};
use serde::Deserialize;

/// The members of a described cluster that become attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster<'a> {
    #[serde(borrow)]
    pub(crate) cluster_arn: Option<Text<'a>>,
    pub(crate) cluster_name: Option<Text<'a>>,
    pub(crate) status: Option<Text<'a>>,
    pub(crate) active_services_count: Option<Int>,
    pub(crate) pending_tasks_count: Option<Int>,
    pub(crate) running_tasks_count: Option<Int>,
    pub(crate) registered_container_instances_count: Option<Int>,
    pub(crate) capacity_providers: List<Text<'a>>,
    pub(crate) tags: List<Tag<'a>>,
}
