//! List operations and their filters.

use super::call::{Answer, Call, check_enum};
use super::error::ApiError;
use super::page::{ListParameters, Listing};
use super::place::{Revision, TaskNumber};

const LAUNCH_TYPES: [&str; 4] = ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"];

pub(super) fn list_clusters(call: &Call<'_>) -> Result<Answer, ApiError> {
    let parameters: ListParameters = call.parameters()?;
    let listing = Listing {
        member: "clusterArns",
        request: parameters.fingerprint(call, "ListClusters"),
        page_size: 100,
        positions: call.place.shape.clusters,
        arn_at: |cluster| {
            let name = call.place.cluster_name(cluster);
            Some(call.place.arn(format!("cluster/{name}")))
        },
    };
    parameters.page(call, listing)
}

pub(super) fn list_services(call: &Call<'_>) -> Result<Answer, ApiError> {
    let parameters: ListParameters = call.parameters()?;
    let launch_type = parameters.launch_type.as_deref();
    let strategy = parameters.scheduling_strategy.as_deref();
    check_enum("launchType", launch_type, &LAUNCH_TYPES)?;
    check_enum("schedulingStrategy", strategy, &["REPLICA", "DAEMON"])?;
    let place = call.place;
    let cluster = call.cluster(parameters.cluster.as_deref())?;
    let cluster_name = place.cluster_name(cluster);
    let listing = Listing {
        member: "serviceArns",
        request: parameters.fingerprint(call, "ListServices"),
        page_size: 10,
        positions: place.members(cluster, place.services()),
        arn_at: |position| {
            let service = cluster + position * place.shape.clusters;
            let kind = place.service_kind(service);
            let name = place.service_name(service);
            (!call.is_deleted(service)
                && launch_type.is_none_or(|it| it == kind.launch_type())
                && strategy.is_none_or(|it| it == kind.scheduling_strategy()))
            .then(|| place.arn(format!("service/{cluster_name}/{name}")))
        },
    };
    parameters.page(call, listing)
}

pub(super) fn list_tasks(call: &Call<'_>) -> Result<Answer, ApiError> {
    let parameters: ListParameters = call.parameters()?;
    let launch_type = parameters.launch_type.as_deref();
    let status = parameters.desired_status.as_deref();
    check_enum("launchType", launch_type, &LAUNCH_TYPES)?;
    check_enum("desiredStatus", status, &["RUNNING", "PENDING", "STOPPED"])?;
    let place = call.place;
    let cluster = call.cluster(parameters.cluster.as_deref())?;
    let cluster_name = place.cluster_name(cluster);
    let service = match parameters.service_name.as_deref() {
        None => None,
        Some(name) => Some(
            call.service(cluster, name)
                .ok_or_else(|| ApiError::new("ServiceNotFoundException", "Service not found."))?,
        ),
    };
    let stopped = place.members(cluster, place.shape.stopped_tasks);
    let running = place.members(cluster, place.shape.running_tasks + call.drift.started);
    let listing = Listing {
        member: "taskArns",
        request: parameters.fingerprint(call, "ListTasks"),
        page_size: 100,
        // Stopped tasks come first, because their number never changes.
        positions: stopped + running,
        arn_at: |position: u64| {
            let running_position = position.checked_sub(stopped);
            let position = running_position.unwrap_or(position);
            let task = TaskNumber {
                index: cluster + position * place.shape.clusters,
                stopped: running_position.is_none(),
            };
            let of_service = service.is_none_or(|it| place.service_of(task) == Some(it));
            (of_service && !call.is_forgotten(task) && wants(&parameters, call, task))
                .then(|| place.arn(format!("task/{cluster_name}/{}", place.task_id(task))))
        },
    };
    parameters.page(call, listing)
}

/// Whether a task passes the filters, without the one by service.
fn wants(parameters: &ListParameters, call: &Call<'_>, task: TaskNumber) -> bool {
    let ListParameters {
        desired_status,
        launch_type,
        family,
        started_by,
        container_instance,
        ..
    } = parameters;
    let place = call.place;
    let status = match call.has_stopped(task) {
        true => "STOPPED",
        false => "RUNNING",
    };
    let family_of = || place.family_name(place.revision_of_task(task).family);
    let passes = |filter: &Option<String>, value: &dyn Fn() -> String| {
        filter.as_ref().is_none_or(|it| *it == value())
    };
    desired_status.as_deref().unwrap_or("RUNNING") == status
        && passes(launch_type, &|| place.task_kind(task).launch_type().to_owned())
        && passes(family, &family_of)
        && passes(started_by, &|| place.started_by(task))
        // No simulated task runs on a container instance, so this filter matches none.
        && container_instance.is_none()
}

pub(super) fn list_task_definitions(call: &Call<'_>) -> Result<Answer, ApiError> {
    let parameters: ListParameters = call.parameters()?;
    let (status, sort) = (parameters.status.as_deref(), parameters.sort.as_deref());
    check_enum(
        "status",
        status,
        &["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"],
    )?;
    check_enum("sort", sort, &["ASC", "DESC"])?;
    let place = call.place;
    let per_family = place.revisions_per_family().max(1);
    let family = parameters.family_prefix.as_deref();
    let (first, families) = match family.map(|name| place.family(name)) {
        None => (0, place.families()),
        Some(Some(family)) => (family, 1),
        Some(None) => (0, 0),
    };
    let positions = families * place.revisions_per_family();
    let listing = Listing {
        member: "taskDefinitionArns",
        request: parameters.fingerprint(call, "ListTaskDefinitions"),
        page_size: 100,
        positions,
        arn_at: |position: u64| {
            let position = match sort {
                Some("DESC") => positions - 1 - position,
                _ => position,
            };
            let revision = Revision {
                family: first + position / per_family,
                revision: position % per_family + 1,
            };
            (call.revision_status(revision) == status.unwrap_or("ACTIVE"))
                .then(|| place.revision_arn(revision))
        },
    };
    parameters.page(call, listing)
}

#[cfg(test)]
mod tests;
