//! `Service`.

use std::fmt::{self, Display};

use super::{Millis, awsvpc_configuration, created_at, list, member, tags, text_member, uuid};
use crate::simulator::call::Call;
use crate::simulator::capacity_provider::Provider;
use crate::simulator::place::Place;

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
        let controller = controller(service);
        write!(
            f,
            "{{\"serviceArn\":\"{arn}\",\"serviceName\":\"{name}\",\"clusterArn\":\"{cluster_arn}\",\
             \"loadBalancers\":{balancers},\"serviceRegistries\":[],\"status\":\"ACTIVE\",\
             \"desiredCount\":{desired},\"runningCount\":{running},\"pendingCount\":{pending},\
             {manner}\
             \"taskDefinition\":\"{definition}\",\
             \"deploymentConfiguration\":{{\"deploymentCircuitBreaker\":\
             {{\"enable\":true,\"rollback\":true}},\"maximumPercent\":200,\
             \"minimumHealthyPercent\":100,\"strategy\":\"ROLLING\"}},\
             \"deployments\":{deployments},{task_sets}{role}\"events\":{events},\
             \"createdAt\":{created},\"placementConstraints\":[],\"placementStrategy\":[],\
             \"healthCheckGracePeriodSeconds\":60,\"schedulingStrategy\":\"{scheduling}\",\
             {settings}\"tags\":{tags},\"availabilityZoneRebalancing\":\"ENABLED\"}}",
            arn = place.arn(format_args!("service/{cluster}/{name}")),
            cluster_arn = place.arn(format_args!("cluster/{cluster}")),
            balancers = balancers(call, service, &name),
            running = desired.saturating_sub(service % 2),
            pending = service % 2,
            manner = manner(place, service),
            definition = place.revision_arn(place.revision_of_service(service)),
            deployments = deployments(call, service, desired, created),
            task_sets = member(
                "taskSets",
                (controller != "ECS").then(|| task_sets(call, service, created, tags_asked))
            ),
            role = text_member("roleArn", service.is_multiple_of(4).then(|| role(call))),
            events = events(call, service, &name, created),
            scheduling = kind.scheduling_strategy(),
            tags = tags(call, tags_asked, service, &name, None),
            settings = settings(call, service),
        )
    })
}

/// The deployment controller of a service, and the tags that its tasks inherit.
fn settings(call: &Call<'_>, service: u64) -> impl Display {
    let controller = controller(service);
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

/// Who starts the tasks of a service.
fn controller(service: u64) -> &'static str {
    match service % 7 {
        4 => "CODE_DEPLOY",
        6 => "EXTERNAL",
        _ => "ECS",
    }
}

/// How tasks of a deployment or a task set run.
fn manner(place: &Place, service: u64) -> impl Display {
    let kind = place.service_kind(service);
    let strategy = place
        .provider(place.cluster_of(service), kind)
        .map(|provider| match provider {
            Provider::FargateSpot => STRATEGY.to_owned(),
            _ => format!(
                "[{{\"capacityProvider\":\"{}\",\"weight\":1,\"base\":0}}]",
                provider.name()
            ),
        });
    let network =
        (kind.network_mode() == "awsvpc").then(|| awsvpc_configuration(place, service).to_string());
    fmt::from_fn(move |f| {
        // ECS states one of both.
        let launch_type = strategy.is_none().then(|| kind.launch_type());
        write!(
            f,
            "{}{}{}{}{}",
            text_member("launchType", launch_type),
            member("capacityProviderStrategy", strategy.as_deref()),
            text_member("platformVersion", kind.platform_version()),
            text_member("platformFamily", kind.platform_family()),
            member("networkConfiguration", network.as_deref()),
        )
    })
}

/// One that is done; of every fifth service a new one is under way, beside the one before it. There is none
/// where something else than ECS deploys.
fn deployments(call: &Call<'_>, service: u64, desired: u64, created: Millis) -> impl Display {
    let place = call.place;
    let definition = place.revision_arn(place.revision_of_service(service));
    let is_under_way = service % 5 == 3;
    let count = u64::from(controller(service) == "ECS") * (1 + u64::from(is_under_way));
    list(count, move |number| {
        let (status, state) = match (number, is_under_way) {
            (0, true) => ("PRIMARY", "IN_PROGRESS"),
            (0, false) => ("PRIMARY", "COMPLETED"),
            _ => ("ACTIVE", "COMPLETED"),
        };
        let id = match number {
            0 => place.deployment_id(service),
            _ => format!("ecs-svc/{:019}", place.hash(44, service) >> 4),
        };
        format!(
            "{{\"id\":\"{id}\",\"status\":\"{status}\",\"taskDefinition\":\"{definition}\",\
             \"desiredCount\":{desired},\"pendingCount\":{pending},\"runningCount\":{desired},\
             \"failedTasks\":{pending},\"createdAt\":{created},\"updatedAt\":{updated},{manner}\
             \"rolloutState\":\"{state}\",\
             \"rolloutStateReason\":\"ECS deployment {id} {state}.\"}}",
            pending = u64::from(state != "COMPLETED"),
            updated = created.later(90_500),
            manner = manner(place, service),
        )
    })
}

/// The blue and the green one of a service that CodeDeploy deploys; one of a service that others deploy, which
/// leaves out what the service says already.
fn task_sets(call: &Call<'_>, service: u64, created: Millis, tags_asked: bool) -> String {
    let place = call.place;
    let (name, cluster) = (
        place.service_name(service),
        place.cluster_name(place.cluster_of(service)),
    );
    let definition = place.revision_arn(place.revision_of_service(service));
    let by_code_deploy = controller(service) == "CODE_DEPLOY";
    let sets = list(1 + u64::from(by_code_deploy), |number| {
        let id = format!("ecs-svc/{:019}", place.hash(45 + number, service) >> 4);
        let own = by_code_deploy.then(|| {
            format!(
                "\"serviceArn\":\"{}\",\"clusterArn\":\"{}\",\"startedBy\":\"CODE_DEPLOY\",",
                place.arn(format_args!("service/{cluster}/{name}")),
                place.arn(format_args!("cluster/{cluster}")),
            )
        });
        format!(
            "{{\"id\":\"{id}\",\"taskSetArn\":\"{arn}\",{own}\"externalId\":\"d-{service}\",\
             \"status\":\"{status}\",\"stabilityStatus\":\"STEADY_STATE\",\
             \"taskDefinition\":\"{definition}\",\"computedDesiredCount\":{count},\
             \"pendingCount\":0,\"runningCount\":{count},\"createdAt\":{created},\
             \"updatedAt\":{updated},{manner}\"loadBalancers\":{balancers},\
             \"serviceRegistries\":[],\"scale\":{{\"value\":100.0,\"unit\":\"PERCENT\"}},\
             \"tags\":{tags}}}",
            arn = place.arn(format_args!("task-set/{cluster}/{name}/{id}")),
            own = own.unwrap_or_default(),
            status = ["PRIMARY", "ACTIVE"][(number % 2) as usize],
            count = place.hash(47, service) % 4,
            updated = created.later(90_500),
            manner = manner(place, service),
            balancers = balancers(call, service, &name),
            tags = tags(call, tags_asked, service * 2 + number, &id, None),
        )
    });
    sets.to_string()
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
