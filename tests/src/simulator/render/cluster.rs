//! `Cluster`.

use std::fmt::{self, Display};

use super::{json, list, member, tags};
use crate::simulator::call::{Call, includes};
use crate::simulator::container_instance;
use crate::simulator::place::Place;

const STATISTICS: [&str; 6] = [
    "runningEC2TasksCount",
    "runningFargateTasksCount",
    "pendingEC2TasksCount",
    "pendingFargateTasksCount",
    "activeEC2ServiceCount",
    "activeFargateServiceCount",
];

pub(in crate::simulator) fn cluster(
    call: &Call<'_>,
    cluster: u64,
    include: &[String],
) -> impl Display {
    let place = call.place;
    let asked = |section| includes(include, section);
    let section = |name, text: &'static str| asked(name).then_some(text);
    let settings = section(
        "SETTINGS",
        "[{\"name\":\"containerInsights\",\"value\":\"enhanced\"}]",
    );
    let statistics = asked("STATISTICS").then(|| statistics(call, cluster).to_string());
    let configuration = asked("CONFIGURATIONS").then(|| configuration(place, cluster).to_string());
    let attachments = asked("ATTACHMENTS").then(|| attachments(place, cluster).to_string());
    let tags_asked = asked("TAGS");
    fmt::from_fn(move |f| {
        let name = place.cluster_name(cluster);
        write!(
            f,
            "{{\"clusterArn\":\"{arn}\",\"clusterName\":\"{name}\",\"status\":\"ACTIVE\",\
             \"registeredContainerInstancesCount\":{instances},\
             \"runningTasksCount\":{running},\"pendingTasksCount\":{pending},\
             \"activeServicesCount\":{services},{statistics}{settings}{configuration}{attachments}\
             \"tags\":{tags},\"capacityProviders\":[\"FARGATE\",\"FARGATE_SPOT\"],\
             \"defaultCapacityProviderStrategy\":\
             [{{\"capacityProvider\":\"FARGATE\",\"weight\":1,\"base\":0}}]}}",
            arn = place.arn(format_args!("cluster/{name}")),
            instances = container_instance::count(place, cluster),
            running = running_tasks(call, cluster),
            pending = place.hash(31, cluster) % 3,
            services = place.members(cluster, place.services())
                - place.members(cluster, call.drift.deleted_services.min(place.services())),
            // ECS writes an empty list for the sections that are lists, and leaves out the others.
            statistics = member("statistics", Some(statistics.as_deref().unwrap_or("[]"))),
            settings = member("settings", Some(settings.unwrap_or("[]"))),
            configuration = member("configuration", configuration.as_deref()),
            attachments = member("attachments", attachments.as_deref()),
            tags = tags(call, tags_asked, cluster, &name, None),
        )
    })
}

fn running_tasks(call: &Call<'_>, cluster: u64) -> u64 {
    let (place, drift) = (call.place, call.drift);
    let ever = place.members(cluster, place.shape.running_tasks + drift.started);
    ever.saturating_sub(place.members(cluster, drift.stopped))
}

fn statistics(call: &Call<'_>, cluster: u64) -> impl Display {
    let running = running_tasks(call, cluster);
    list(6, move |index| {
        let count = if index == 1 { running } else { index % 2 };
        let name = STATISTICS[index as usize];
        format!("{{\"name\":\"{name}\",\"value\":\"{count}\"}}")
    })
}

fn configuration(place: &Place, cluster: u64) -> impl Display {
    let logging = if cluster.is_multiple_of(2) {
        "DEFAULT"
    } else {
        "OVERRIDE"
    };
    let key = json(&format!("alias/ecs-exec-{}", place.cluster_name(cluster)));
    fmt::from_fn(move |f| {
        write!(
            f,
            "{{\"executeCommandConfiguration\":{{\"kmsKeyId\":{key},\"logging\":\"{logging}\"}}}}"
        )
    })
}

fn attachments(place: &Place, cluster: u64) -> impl Display {
    let id = super::uuid(place, 32, cluster);
    fmt::from_fn(move |f| {
        write!(
            f,
            "[{{\"id\":\"{id}\",\"type\":\"as_policy\",\"status\":\"CREATED\",\"details\":\
             [{{\"name\":\"capacityProviderName\",\"value\":\"spot\"}}]}}]"
        )
    })
}
