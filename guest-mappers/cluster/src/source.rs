use portolan_mapper_sdk::{Int, List, Object, Pair, Tag, Text};
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
    pub(crate) settings: List<Pair<'a>>,
    pub(crate) configuration: Option<Object<Configuration<'a>>>,
    pub(crate) default_capacity_provider_strategy: List<StrategyItem<'a>>,
}

/// The configuration of ECS Exec and of managed storage.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration<'a> {
    #[serde(borrow)]
    pub(crate) execute_command_configuration: Option<Object<ExecuteCommand<'a>>>,
    pub(crate) managed_storage_configuration: Option<Object<ManagedStorage<'a>>>,
}

/// The encryption and log settings of ECS Exec.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecuteCommand<'a> {
    #[serde(borrow)]
    pub(crate) kms_key_id: Option<Text<'a>>,
    pub(crate) logging: Option<Text<'a>>,
    pub(crate) log_configuration: Option<Object<LogConfiguration<'a>>>,
}

/// The log destinations of ECS Exec.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogConfiguration<'a> {
    #[serde(borrow)]
    pub(crate) cloud_watch_log_group_name: Option<Text<'a>>,
    #[serde(rename = "s3BucketName")]
    pub(crate) s3_bucket_name: Option<Text<'a>>,
}

/// The encryption keys of the storage that ECS manages.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedStorage<'a> {
    #[serde(borrow)]
    pub(crate) fargate_ephemeral_storage_kms_key_id: Option<Text<'a>>,
}

/// An item of a capacity provider strategy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StrategyItem<'a> {
    #[serde(borrow)]
    pub(crate) capacity_provider: Option<Text<'a>>,
}
