use portolan_mapper_sdk::{Int, List, Object, Tag, Text, Timestamp};
use serde::Deserialize;

/// The members of a described service that become attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Service<'a> {
    #[serde(borrow)]
    pub(crate) service_arn: Option<Text<'a>>,
    pub(crate) service_name: Option<Text<'a>>,
    pub(crate) status: Option<Text<'a>>,
    pub(crate) cluster_arn: Option<Text<'a>>,
    pub(crate) task_definition: Option<Text<'a>>,
    pub(crate) role_arn: Option<Text<'a>>,
    pub(crate) launch_type: Option<Text<'a>>,
    pub(crate) scheduling_strategy: Option<Text<'a>>,
    pub(crate) platform_family: Option<Text<'a>>,
    pub(crate) platform_version: Option<Text<'a>>,
    pub(crate) desired_count: Option<Int>,
    pub(crate) running_count: Option<Int>,
    pub(crate) pending_count: Option<Int>,
    pub(crate) load_balancers: List<LoadBalancer<'a>>,
    pub(crate) network_configuration: Option<Object<NetworkConfiguration<'a>>>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) tags: List<Tag<'a>>,
    pub(crate) capacity_provider_strategy: List<StrategyItem<'a>>,
    pub(crate) deployment_controller: Option<Object<DeploymentController<'a>>>,
    pub(crate) enable_execute_command: Option<bool>,
    pub(crate) propagate_tags: Option<Text<'a>>,
    pub(crate) created_by: Option<Text<'a>>,
}

/// An item of a capacity provider strategy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StrategyItem<'a> {
    #[serde(borrow)]
    pub(crate) capacity_provider: Option<Text<'a>>,
}

/// The deployment controller of a service.
#[derive(Debug, Deserialize)]
pub struct DeploymentController<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Option<Text<'a>>,
}

/// A load balancer of a service.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadBalancer<'a> {
    #[serde(borrow)]
    pub(crate) target_group_arn: Option<Text<'a>>,
}

/// The network configuration of the service itself; its deployments and task sets have their own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkConfiguration<'a> {
    #[serde(borrow)]
    pub(crate) awsvpc_configuration: Option<Object<AwsvpcConfiguration<'a>>>,
}

/// The settings of the network mode `awsvpc`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AwsvpcConfiguration<'a> {
    #[serde(borrow)]
    pub(crate) assign_public_ip: Option<Text<'a>>,
    pub(crate) security_groups: List<Text<'a>>,
    pub(crate) subnets: List<Text<'a>>,
}
