//! `Service`.

use std::fmt::{self, Display};

use super::{Millis, awsvpc_configuration, created_at, list, member, tags, text_member, uuid};
use crate::simulator::call::Call;
use crate::simulator::kind::Kind;

const STRATEGY: &str = "[{\"capacityProvider\":\"FARGATE_SPOT\",\"weight\":3,\"base\":0},\
                        {\"capacityProvider\":\"FARGATE\",\"weight\":1,\"base\":1}]";

pub(in crate::simulator) fn service(
    call: &Call<'_>,
    service: u64,
    tags_asked: bool,
) -> impl Display {
    let place = call.place;
    fmt::from_fn(move |f| {
        let kind = place.service_kind(service);
        let name = place.service_name(service);
        let cluster = place.cluster_name(place.cluster_of(service));
        let created = created_at(place, 40, service);
        let desired = place.hash(41, service) % 12;
        let through_provider = kind == Kind::FargateSpot;
        let network = (kind.network_mode() == "awsvpc")
            .then(|| awsvpc_configuration(place, service).to_string());
        write!(
            f,
            "{{\"serviceArn\":\"{arn}\",\"serviceName\":\"{name}\",\"clusterArn\":\"{cluster_arn}\",\
             \"loadBalancers\":{balancers},\"serviceRegistries\":[],\"status\":\"ACTIVE\",\
             \"desiredCount\":{desired},\"runningCount\":{running},\"pendingCount\":{pending},\
             {launch_type}{strategy}{platform_version}{platform_family}\
             \"taskDefinition\":\"{definition}\",\
             \"deploymentConfiguration\":{{\"deploymentCircuitBreaker\":\
             {{\"enable\":true,\"rollback\":true}},\"maximumPercent\":200,\
             \"minimumHealthyPercent\":100,\"strategy\":\"ROLLING\"}},\
             \"deployments\":[{deployment}],{role}\"events\":{events},\
             \"createdAt\":{created},\"placementConstraints\":[],\"placementStrategy\":[],{network}\
             \"healthCheckGracePeriodSeconds\":60,\"schedulingStrategy\":\"{scheduling}\",\
             {settings}\"tags\":{tags},\"availabilityZoneRebalancing\":\"ENABLED\"}}",
            arn = place.arn(format_args!("service/{cluster}/{name}")),
            cluster_arn = place.arn(format_args!("cluster/{cluster}")),
            balancers = balancers(call, service, &name),
            running = desired.saturating_sub(service % 2),
            pending = service % 2,
            launch_type = text_member(
                "launchType",
                (!through_provider).then(|| kind.launch_type())
            ),
            strategy = member(
                "capacityProviderStrategy",
                through_provider.then_some(STRATEGY)
            ),
            platform_version = text_member("platformVersion", kind.platform_version()),
            platform_family = text_member("platformFamily", kind.platform_family()),
            definition = place.revision_arn(place.revision_of_service(service)),
            deployment = deployment(call, service, desired, created),
            role = text_member("roleArn", service.is_multiple_of(4).then(|| role(call))),
            events = events(call, service, &name, created),
            network = member("networkConfiguration", network.as_deref()),
            scheduling = kind.scheduling_strategy(),
            tags = tags(call, tags_asked, service, &name, None),
            settings = settings(call, service),
        )
    })
}

/// What deploys the service, and what its tasks get of it.
fn settings(call: &Call<'_>, service: u64) -> impl Display {
    let controller = match service % 9 {
        4 => "CODE_DEPLOY",
        _ => "ECS",
    };
    let propagate = ["SERVICE", "TASK_DEFINITION", "NONE"][(service % 3) as usize];
    let exec = service.is_multiple_of(6);
    // Services that are older than the member have none.
    let creator = (service % 5 != 3).then(|| {
        let (partition, account) = (call.place.partition, &call.place.account);
        format!("arn:{partition}:iam::{account}:role/deployer")
    });
    fmt::from_fn(move |f| {
        write!(
            f,
            "\"deploymentController\":{{\"type\":\"{controller}\"}},{created_by}\
             \"enableECSManagedTags\":true,\"propagateTags\":\"{propagate}\",\
             \"enableExecuteCommand\":{exec},",
            created_by = text_member("createdBy", creator.as_deref()),
        )
    })
}

fn role(call: &Call<'_>) -> impl Display {
    let (partition, account) = (call.place.partition, &call.place.account);
    let path = "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
    fmt::from_fn(move |f| write!(f, "arn:{partition}:iam::{account}:role/{path}"))
}

fn deployment(call: &Call<'_>, service: u64, desired: u64, created: Millis) -> impl Display {
    let place = call.place;
    let definition = place.revision_arn(place.revision_of_service(service));
    fmt::from_fn(move |f| {
        write!(
            f,
            "{{\"id\":\"{id}\",\"status\":\"PRIMARY\",\"taskDefinition\":\"{definition}\",\
             \"desiredCount\":{desired},\"pendingCount\":0,\"runningCount\":{desired},\
             \"failedTasks\":0,\"createdAt\":{created},\"updatedAt\":{updated},\
             \"rolloutState\":\"COMPLETED\",\"rolloutStateReason\":\"ECS deployment completed.\"}}",
            id = place.deployment_id(service),
            updated = created.later(90_500),
        )
    })
}

fn balancers(call: &Call<'_>, service: u64, name: &str) -> impl Display {
    let place = call.place;
    let count = u64::from(service % 3 == 2);
    list(count, move |_| {
        format!(
            "{{\"targetGroupArn\":\"arn:{}:elasticloadbalancing:{}:{}:targetgroup/{name}/{:016x}\",\
             \"containerName\":\"main\",\"containerPort\":8080}}",
            place.partition,
            place.region,
            place.account,
            place.hash(42, service)
        )
    })
}

fn events(call: &Call<'_>, service: u64, name: &str, created: Millis) -> impl Display {
    list(3, move |index| {
        format!(
            "{{\"id\":\"{}\",\"createdAt\":{},\
             \"message\":\"(service {name}) has reached a steady state.\"}}",
            uuid(call.place, 43 + index, service),
            created.later(21_600_000 * (3 - index) + index)
        )
    })
}
