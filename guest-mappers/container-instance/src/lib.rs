//! Maps DescribeContainerInstances to `EcsContainerInstance` records.

use portolan_mapper_sdk::{
    Arn, Body, Context, Int, List, Mapping, Notes, Object, Pair, Rejection, Tag, Tags, Text,
    Timestamp, UtcTime, export_mapping, text, value_of,
};
use serde::{Deserialize, Serialize};

/// An Amazon ECS container instance.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(
        title = "EcsContainerInstance",
        deny_unknown_fields,
        extend("x-data-model" = "Cloud Resource")
    )
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct EcsContainerInstance<'s> {
    /// The identity of the container instance in the data model: its ARN.
    ///
    /// Source: `containerInstance.containerInstanceArn`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub uid: &'s str,
    /// The ARN of the container instance.
    ///
    /// Source: `containerInstance.containerInstanceArn`.
    pub container_instance_arn: &'s str,
    /// The display name of the container instance: its EC2 instance id, or its ARN if it has none.
    ///
    /// Source: containerInstance.ec2InstanceId, else containerInstance.containerInstanceArn.
    pub name: &'s str,
    /// The ARN of the cluster that places tasks on it.
    ///
    /// Source: the cluster's name in containerInstance.containerInstanceArn, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_arn: Option<String>,
    /// The id of the EC2 instance; an id that begins with `mi-` is a machine of ECS Anywhere.
    ///
    /// Source: `containerInstance.ec2InstanceId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "EC2_INSTANCE_ID")]
    pub ec2_instance_id: Option<&'s str>,
    /// The capacity provider that it belongs to.
    ///
    /// Source: `containerInstance.capacityProviderName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_provider: Option<&'s str>,
    /// The status of the container instance, as ECS reports it.
    ///
    /// Source: `containerInstance.status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_status: Option<&'s str>,
    /// The reason for the status.
    ///
    /// Source: `containerInstance.statusReason`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<&'s str>,
    /// Whether its agent is connected to ECS.
    ///
    /// Source: `containerInstance.agentConnected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_connected: Option<bool>,
    /// The version of its agent.
    ///
    /// Source: `containerInstance.versionInfo.agentVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<&'s str>,
    /// The version of Docker on it.
    ///
    /// Source: `containerInstance.versionInfo.dockerVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker_version: Option<&'s str>,
    /// The number of tasks that run on it.
    ///
    /// Source: `containerInstance.runningTasksCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running_tasks_count: Option<Int>,
    /// The number of tasks that wait to run on it.
    ///
    /// Source: `containerInstance.pendingTasksCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_tasks_count: Option<Int>,
    /// Its operating system, for example `linux`.
    ///
    /// Source: `containerInstance.attributes[ecs.os-type].value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<&'s str>,
    /// The architecture of its processor, for example `x86_64`.
    ///
    /// Source: `containerInstance.attributes[ecs.cpu-architecture].value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_architecture: Option<&'s str>,
    /// Its EC2 instance type.
    ///
    /// Source: `containerInstance.attributes[ecs.instance-type].value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<&'s str>,
    /// Its Availability Zone.
    ///
    /// Source: `containerInstance.attributes[ecs.availability-zone].value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<&'s str>,
    /// The image that it was started from.
    ///
    /// Source: `containerInstance.attributes[ecs.ami-id].value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ami_id: Option<&'s str>,
    /// Its health, as ECS reports it.
    ///
    /// Source: `containerInstance.healthStatus.overallStatus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_status: Option<&'s str>,
    /// The time when it was registered.
    ///
    /// Source: `containerInstance.registeredAt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<UtcTime>,
    /// The tags of the container instance, key to value.
    ///
    /// Source: `containerInstance.tags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags<'s>>,
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

/// The members of a described container instance that become attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerInstance<'a> {
    #[serde(borrow)]
    container_instance_arn: Option<Text<'a>>,
    #[serde(rename = "ec2InstanceId")]
    ec2_instance_id: Option<Text<'a>>,
    capacity_provider_name: Option<Text<'a>>,
    status: Option<Text<'a>>,
    status_reason: Option<Text<'a>>,
    agent_connected: Option<bool>,
    version_info: Option<Object<VersionInfo<'a>>>,
    running_tasks_count: Option<Int>,
    pending_tasks_count: Option<Int>,
    attributes: List<Pair<'a>>,
    health_status: Option<Object<HealthStatus<'a>>>,
    registered_at: Option<Timestamp>,
    tags: List<Tag<'a>>,
}

/// The versions of the software on a container instance.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionInfo<'a> {
    #[serde(borrow)]
    agent_version: Option<Text<'a>>,
    docker_version: Option<Text<'a>>,
}

/// The health of a container instance.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthStatus<'a> {
    #[serde(borrow)]
    overall_status: Option<Text<'a>>,
}

/// The mapping of Amazon ECS container instances.
#[derive(Clone, Copy, Debug)]
pub struct ContainerInstances;

export_mapping!(ContainerInstances);

impl Mapping for ContainerInstances {
    const OBJECT: &'static str = "EcsContainerInstance";
    const BODY: Body = Body::List("containerInstances");

    type Source<'a> = ContainerInstance<'a>;
    type Record<'s> = EcsContainerInstance<'s>;

    fn map<'s, 'a: 's>(
        instance: &'s ContainerInstance<'a>,
        context: &'s Context,
        notes: &mut Notes<'_>,
    ) -> Result<EcsContainerInstance<'s>, Rejection> {
        let arn = text(&instance.container_instance_arn)
            .filter(|arn| !arn.is_empty())
            .ok_or_else(|| Rejection::no_arn("containerInstanceArn"))?;
        let id = text(&instance.ec2_instance_id);
        let versions = instance.version_info.as_ref().map(|Object(info)| info);
        let attribute = |name| value_of(&instance.attributes, name);
        let health = instance.health_status.as_ref().map(|Object(status)| status);
        Ok(EcsContainerInstance {
            uid: arn,
            container_instance_arn: arn,
            name: id.filter(|id| !id.is_empty()).unwrap_or(arn),
            cluster_arn: cluster_arn(arn),
            ec2_instance_id: id,
            capacity_provider: text(&instance.capacity_provider_name),
            source_status: text(&instance.status),
            status_reason: text(&instance.status_reason),
            agent_connected: instance.agent_connected,
            agent_version: versions.and_then(|info| text(&info.agent_version)),
            docker_version: versions.and_then(|info| text(&info.docker_version)),
            running_tasks_count: instance.running_tasks_count,
            pending_tasks_count: instance.pending_tasks_count,
            operating_system: attribute("ecs.os-type"),
            cpu_architecture: attribute("ecs.cpu-architecture"),
            instance_type: attribute("ecs.instance-type"),
            availability_zone: attribute("ecs.availability-zone"),
            ami_id: attribute("ecs.ami-id"),
            health_status: health.and_then(|status| text(&status.overall_status)),
            first_seen: notes.time("registeredAt", instance.registered_at),
            tags: Tags::collect(&instance.tags),
            cloud_provider: "AWS",
            account_id: &context.account_id,
            region: &context.region,
            last_captured: &context.captured_at,
        })
    }
}

/// Builds the cluster's ARN from an ARN of the long form, `…:container-instance/cluster/id`. A response names
/// the cluster nowhere else.
fn cluster_arn(arn: &str) -> Option<String> {
    let Arn {
        partition,
        service: "ecs",
        region,
        account_id,
        resource,
        ..
    } = Arn::parse(arn)?
    else {
        return None;
    };
    let (cluster, id) = resource
        .strip_prefix("container-instance/")?
        .split_once('/')?;
    let is_long_form = !cluster.is_empty() && !id.is_empty() && !id.contains('/');
    is_long_form.then(|| format!("arn:{partition}:ecs:{region}:{account_id}:cluster/{cluster}"))
}

/// The JSON Schema of a record.
#[cfg(feature = "schema")]
#[must_use]
pub fn schema() -> schemars::Schema {
    portolan_mapper_sdk::schema::<EcsContainerInstance<'_>>()
}
