//! `Cluster`.

use std::fmt::{self, Display};

use super::{json, list, member, tags};
use crate::simulator::call::{Call, includes};
use crate::simulator::capacity_provider::Provider;
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
    let insights = ["enhanced", "enabled", "disabled"][(cluster % 3) as usize];
    let settings = asked("SETTINGS")
        .then(|| format!("[{{\"name\":\"containerInsights\",\"value\":\"{insights}\"}}]"));
    let statistics = asked("STATISTICS").then(|| statistics(call, cluster).to_string());
    // A cluster that configures nothing has no such member.
    let configuration = (asked("CONFIGURATIONS") && cluster % 4 != 3)
        .then(|| configuration(place, cluster).to_string());
    let attachments = asked("ATTACHMENTS").then(|| attachments(place, cluster).to_string());
    let tags_asked = asked("TAGS");
    let providers: Vec<_> = Provider::named_by(cluster)
        .map(|provider| format!("\"{}\"", provider.name()))
        .collect();
    let providers = providers.join(",");
    fmt::from_fn(move |f| {
        let name = place.cluster_name(cluster);
        write!(
            f,
            "{{\"clusterArn\":\"{arn}\",\"clusterName\":\"{name}\",\"status\":\"ACTIVE\",\
             \"registeredContainerInstancesCount\":{instances},\
             \"runningTasksCount\":{running},\"pendingTasksCount\":{pending},\
             \"activeServicesCount\":{services},{statistics}{settings}{configuration}{attachments}\
             \"tags\":{tags},\"capacityProviders\":[{providers}],\
             \"defaultCapacityProviderStrategy\":\
             {strategy}}}",
            arn = place.arn(format_args!("cluster/{name}")),
            instances = container_instance::count(place, cluster),
            running = running_tasks(call, cluster),
            pending = place.hash(31, cluster) % 3,
            services = place.members(cluster, place.services())
                - place.members(cluster, call.drift.deleted_services.min(place.services())),
            // ECS writes an empty list for the sections that are lists, and leaves out the others.
            statistics = member("statistics", Some(statistics.as_deref().unwrap_or("[]"))),
            settings = member("settings", Some(settings.as_deref().unwrap_or("[]"))),
            configuration = member("configuration", configuration.as_deref()),
            attachments = member("attachments", attachments.as_deref()),
            strategy = strategy(cluster),
            tags = tags(call, tags_asked, cluster, &name, None),
        )
    })
}

/// Every fifth cluster has no default; every sixth one takes its own instances first.
fn strategy(cluster: u64) -> String {
    let fargate = "{\"capacityProvider\":\"FARGATE\",\"weight\":1,\"base\":0}";
    match Provider::for_managed(cluster) {
        _ if cluster % 5 == 4 => "[]".to_owned(),
        Some(own) if cluster % 6 == 1 => format!(
            "[{{\"capacityProvider\":\"{}\",\"weight\":2,\"base\":1}},{fargate}]",
            own.name()
        ),
        _ => format!("[{fargate}]"),
    }
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
    let name = place.cluster_name(cluster);
    let (logging, destinations) = match cluster % 2 {
        0 => ("DEFAULT", None),
        _ => ("OVERRIDE", Some(log_configuration(&name))),
    };
    let key = json(&format!("alias/ecs-exec-{name}"));
    let storage = (cluster % 3 == 1).then_some(
        ",\"managedStorageConfiguration\":\
         {\"fargateEphemeralStorageKmsKeyId\":\"alias/ecs-storage\"}",
    );
    fmt::from_fn(move |f| {
        write!(
            f,
            "{{\"executeCommandConfiguration\":{{\"kmsKeyId\":{key},{destinations}\
             \"logging\":\"{logging}\"}}{storage}}}",
            destinations = member("logConfiguration", destinations.as_deref()),
            storage = storage.unwrap_or_default(),
        )
    })
}

fn log_configuration(name: &str) -> String {
    format!(
        "{{\"cloudWatchLogGroupName\":\"/ecs-exec/{name}\",\"cloudWatchEncryptionEnabled\":true,\
         \"s3BucketName\":\"ecs-exec-logs\",\"s3EncryptionEnabled\":true,\"s3KeyPrefix\":\"{name}\"}}"
    )
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
