//! Container instances. Each cluster has as many as it counts.

use serde::Deserialize;

use super::call::{Answer, Call, check_enum, includes};
use super::capacity_provider::Provider;
use super::describe::{Found, answer, failed_arn};
use super::error::ApiError;
use super::page::{ListParameters, Listing};
use super::place::Place;
use super::render::{created_at, tags, text_member};

/// Number of container instances in a cluster.
pub(super) fn count(place: &Place, cluster: u64) -> u64 {
    place.hash(30, cluster) % 20
}

/// An id of 32 hexadecimal digits.
fn id(place: &Place, cluster: u64, position: u64) -> String {
    let index = cluster * 32 + position;
    format!(
        "{:016x}{:016x}",
        place.hash(33, index),
        place.hash(34, index)
    )
}

pub(super) fn list(call: &Call<'_>) -> Result<Answer, ApiError> {
    let parameters: ListParameters = call.parameters()?;
    let place = call.place;
    let cluster = call.cluster(parameters.cluster.as_deref())?;
    let name = place.cluster_name(cluster);
    let listing = Listing {
        member: "containerInstanceArns",
        request: parameters.fingerprint(call, "ListContainerInstances"),
        page_size: 100,
        positions: count(place, cluster),
        arn_at: |position| {
            let id = id(place, cluster, position);
            Some(place.arn(format!("container-instance/{name}/{id}")))
        },
    };
    parameters.page(call, listing)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    cluster: Option<String>,
    #[serde(default)]
    container_instances: Vec<String>,
    #[serde(default)]
    include: Vec<String>,
}

pub(super) fn describe(call: &Call<'_>) -> Result<Answer, ApiError> {
    let parameters: Parameters = call.parameters()?;
    for include in &parameters.include {
        let known = ["TAGS", "CONTAINER_INSTANCE_HEALTH"];
        check_enum("include", Some(include), &known)?;
    }
    match parameters.container_instances.len() {
        0 => return Err(ApiError::invalid("Container instance cannot be empty.")),
        1..=100 => {}
        _ => {
            let message = "instanceIds can have at most 100 items.";
            return Err(ApiError::invalid(message));
        }
    }
    let place = call.place;
    let cluster = call.cluster(parameters.cluster.as_deref())?;
    let path = format!("container-instance/{}", place.cluster_name(cluster));
    let found = parameters.container_instances.iter().map(|named| {
        let own = named
            .rsplit_once('/')
            .map_or(named.as_str(), |(_, own)| own);
        let mut positions = 0..count(place, cluster);
        match positions.find(|position| id(place, cluster, *position) == own) {
            Some(position) => Found::Object(render(call, cluster, position, &parameters.include)),
            None => Found::Missing(failed_arn(call, &path, named)),
        }
    });
    answer("containerInstances", found)
}

fn render(call: &Call<'_>, cluster: u64, position: u64, include: &[String]) -> String {
    let place = call.place;
    let (id, name) = (id(place, cluster, position), place.cluster_name(cluster));
    let index = cluster * 32 + position;
    // Every fifth instance is one of ECS Anywhere, which has neither type nor image.
    let (prefix, attributes) = match position % 5 {
        4 => ("mi", String::new()),
        _ => (
            "i",
            format!(
                "{{\"name\":\"ecs.ami-id\",\"value\":\"ami-{:017x}\"}},\
                 {{\"name\":\"ecs.instance-type\",\"value\":\"m5.large\"}},",
                place.hash(35, index)
            ),
        ),
    };
    // Instances of the cluster itself have none.
    let provider = match position % 5 {
        0 => Provider::for_managed(cluster).or(Provider::for_ec2(cluster)),
        1 | 2 => Provider::for_ec2(cluster),
        _ => None,
    };
    let (status, reason) = match position {
        3 => ("DRAINING", None),
        13 => ("REGISTRATION_FAILED", Some("The agent is too old.")),
        _ => ("ACTIVE", None),
    };
    let health = includes(include, "CONTAINER_INSTANCE_HEALTH")
        .then_some("\"healthStatus\":{\"overallStatus\":\"OK\",\"details\":[]},");
    format!(
        "{{\"containerInstanceArn\":\"{arn}\",\"ec2InstanceId\":\"{prefix}-{ec2:017x}\",\
         {provider}\
         \"version\":{version},\"versionInfo\":{{\"agentVersion\":\"1.97.0\",\
         \"agentHash\":\"b3d7a2f1\",\"dockerVersion\":\"DockerVersion: 25.0.8\"}},\
         \"remainingResources\":[],\"registeredResources\":[],\"status\":\"{status}\",{reason}\
         \"agentConnected\":{connected},\"runningTasksCount\":{running},\"pendingTasksCount\":0,\
         \"attributes\":[{attributes}{{\"name\":\"ecs.capability.task-eia\"}},\
         {{\"name\":\"ecs.os-type\",\"value\":\"linux\"}},\
         {{\"name\":\"ecs.availability-zone\",\"value\":\"{region}a\"}},\
         {{\"name\":\"ecs.cpu-architecture\",\"value\":\"x86_64\"}}],\
         {health}\"registeredAt\":{registered},\"attachments\":[],\"tags\":{tags}}}",
        arn = place.arn(format_args!("container-instance/{name}/{id}")),
        ec2 = place.hash(36, index) >> 1,
        version = 1 + index,
        provider = text_member("capacityProviderName", provider.map(Provider::name)),
        reason = text_member("statusReason", reason),
        connected = position % 7 != 6,
        running = place.hash(37, index) % 8,
        region = place.region,
        health = health.unwrap_or_default(),
        registered = created_at(place, 38, index),
        tags = tags(call, includes(include, "TAGS"), index, &id, None),
    )
}
