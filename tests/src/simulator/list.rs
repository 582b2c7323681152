//! The four List operations: filters, page sizes and tokens.

use std::fmt::{Display, Write};

use serde::Deserialize;

use super::call::{Answer, Call, check_enum};
use super::error::ApiError;
use super::place::{Revision, TaskNumber};
use super::rules::Fault;

const LAUNCH_TYPES: [&str; 4] = ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListParameters {
    cluster: Option<String>,
    container_instance: Option<String>,
    desired_status: Option<String>,
    family: Option<String>,
    family_prefix: Option<String>,
    launch_type: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
    scheduling_strategy: Option<String>,
    service_name: Option<String>,
    sort: Option<String>,
    started_by: Option<String>,
    status: Option<String>,
}

/// A list before it is cut into pages: positions from 0, of which a filter may skip some.
struct Listing<'a, F> {
    member: &'a str,
    /// Operation and filters: a token is good for the same ones only.
    request: String,
    /// The page size if none is asked for.
    page_size: u64,
    positions: u64,
    arn_at: F,
}

impl ListParameters {
    /// Operation, place and filters as one text, without what changes from page to page.
    fn fingerprint(&self, call: &Call<'_>, operation: &str) -> String {
        let Self {
            cluster,
            container_instance,
            desired_status,
            family,
            family_prefix,
            launch_type,
            scheduling_strategy,
            service_name,
            sort,
            started_by,
            status,
            max_results: _,
            next_token: _,
        } = self;
        let filters = [
            cluster,
            container_instance,
            desired_status,
            family,
            family_prefix,
            launch_type,
            scheduling_strategy,
            service_name,
            sort,
            started_by,
            status,
        ];
        format!("{operation} {} {filters:?}", call.place.key)
    }

    /// Writes the page that these parameters ask for.
    fn page<F, A>(&self, call: &Call<'_>, listing: Listing<'_, F>) -> Result<Answer, ApiError>
    where
        F: Fn(u64) -> Option<A>,
        A: Display,
    {
        let Listing {
            member,
            request,
            page_size,
            positions,
            arn_at,
        } = listing;
        let wanted = match self.max_results {
            None => page_size,
            Some(wanted @ 1..=100) => wanted.unsigned_abs(),
            Some(_) => return Err(ApiError::invalid("maxResults must be between 1 and 100.")),
        };
        let start = match &self.next_token {
            Some(token) => {
                call.tokens
                    .open(&request, token, call.now, call.rules.token_lifetime)?
            }
            None => 0,
        };
        let mut body = format!("{{\"{member}\":[");
        let (mut items, mut next) = (0, None);
        for position in start..positions {
            let Some(arn) = arn_at(position) else {
                continue;
            };
            if items == wanted || call.fault == Some(&Fault::EmptyPage) {
                next = Some(position);
                break;
            }
            let comma = if items == 0 { "" } else { "," };
            write!(body, "{comma}\"{arn}\"").map_err(|_| ApiError::internal())?;
            items += 1;
        }
        body.push(']');
        let token = match (call.fault, &self.next_token, next) {
            (Some(Fault::RepeatedToken), Some(token), _) => Some(token.clone()),
            (Some(Fault::RepeatedToken | Fault::EmptyPage), _, None) => {
                Some(call.tokens.issue(&request, start, call.now))
            }
            (_, _, next) => next.map(|next| call.tokens.issue(&request, next, call.now)),
        };
        if let Some(token) = token {
            write!(body, ",\"nextToken\":\"{token}\"").map_err(|_| ApiError::internal())?;
        }
        body.push('}');
        Ok(Answer { body, items })
    }
}

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
        positions: place.members(cluster, place.shape.services),
        arn_at: |position| {
            let service = cluster + position * place.shape.clusters;
            let kind = place.service_kind(service);
            let name = place.service_name(service);
            (launch_type.is_none_or(|it| it == kind.launch_type())
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
    let wanted = |task: TaskNumber| {
        let status = status.unwrap_or("RUNNING");
        status == (if call.has_stopped(task) { "STOPPED" } else { "RUNNING" })
            && launch_type.is_none_or(|it| it == place.task_kind(task).launch_type())
            && service.is_none_or(|it| place.service_of(task) == Some(it))
            && parameters.family.as_ref().is_none_or(|family| {
                place.family_name(place.revision_of_task(task).family) == *family
            })
            && parameters.started_by.as_ref().is_none_or(|it| place.started_by(task) == *it)
            // Container instances are not simulated, so that no task runs on the one asked for.
            && parameters.container_instance.is_none()
    };
    let listing = Listing {
        member: "taskArns",
        request: parameters.fingerprint(call, "ListTasks"),
        page_size: 100,
        // Stopped tasks come first: theirs is the number that never changes.
        positions: stopped + running,
        arn_at: |position: u64| {
            let running_position = position.checked_sub(stopped);
            let position = running_position.unwrap_or(position);
            let task = TaskNumber {
                index: cluster + position * place.shape.clusters,
                stopped: running_position.is_none(),
            };
            wanted(task).then(|| place.arn(format!("task/{cluster_name}/{}", place.task_id(task))))
        },
    };
    parameters.page(call, listing)
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
        None => (0, place.shape.families),
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
            (place.revision_status(revision.revision) == status.unwrap_or("ACTIVE"))
                .then(|| place.revision_arn(revision))
        },
    };
    parameters.page(call, listing)
}

#[cfg(test)]
mod tests;
