//! Describe operations: batch limits, sections to include, failures.

use std::fmt::{Display, Write};

use serde::Deserialize;

use super::call::{Answer, Call, check_enum, includes};
use super::error::ApiError;
use super::render;
use super::rules::Vanishing;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct DescribeParameters {
    cluster: Option<String>,
    clusters: Vec<String>,
    services: Vec<String>,
    tasks: Vec<String>,
    task_definition: Option<String>,
    include: Vec<String>,
}

impl DescribeParameters {
    fn check_include(&self, known: &[&str]) -> Result<(), ApiError> {
        self.include
            .iter()
            .try_for_each(|value| check_enum("include", Some(value), known))
    }
}

/// The result for one object that a request names.
pub(super) enum Found<T> {
    Object(T),
    /// A failure with the reason MISSING and this ARN.
    Missing(String),
    /// Neither an object nor a failure.
    Nothing,
}

/// Writes `{"<member>":[...],"failures":[...]}`.
pub(super) fn answer<T: Display>(
    member: &str,
    found: impl Iterator<Item = Found<T>>,
) -> Result<Answer, ApiError> {
    let mut body = format!("{{\"{member}\":[");
    let (mut items, mut failures) = (0, String::new());
    for found in found {
        match found {
            Found::Object(object) => {
                let comma = if items == 0 { "" } else { "," };
                write!(body, "{comma}{object}").map_err(|_| ApiError::internal())?;
                items += 1;
            }
            Found::Missing(arn) => {
                let comma = if failures.is_empty() { "" } else { "," };
                let failure = serde_json::json!({ "arn": arn, "reason": "MISSING" });
                write!(failures, "{comma}{failure}").map_err(|_| ApiError::internal())?;
            }
            Found::Nothing => {}
        }
    }
    write!(body, "],\"failures\":[{failures}]}}").map_err(|_| ApiError::internal())?;
    Ok(Answer { body, items })
}

/// The ARN in a failure for `named`, which is an ARN or a name below `path`.
pub(super) fn failed_arn(call: &Call<'_>, path: &str, named: &str) -> String {
    if named.starts_with("arn:") {
        return named.to_owned();
    }
    call.place.arn(format_args!("{path}/{named}")).to_string()
}

pub(super) fn describe_clusters(call: &Call<'_>) -> Result<Answer, ApiError> {
    let mut parameters: DescribeParameters = call.parameters()?;
    parameters.check_include(&[
        "ATTACHMENTS",
        "CONFIGURATIONS",
        "SETTINGS",
        "STATISTICS",
        "TAGS",
    ])?;
    if parameters.clusters.len() > 100 {
        return Err(ApiError::invalid("clusters can have at most 100 items."));
    }
    if parameters.clusters.is_empty() {
        parameters.clusters.push("default".to_owned());
    }
    let found = parameters
        .clusters
        .iter()
        .map(|named| match call.cluster(Some(named)) {
            Ok(cluster) => Found::Object(render::cluster(call, cluster, &parameters.include)),
            Err(_) => Found::Missing(failed_arn(call, "cluster", named)),
        });
    answer("clusters", found)
}

pub(super) fn describe_services(call: &Call<'_>) -> Result<Answer, ApiError> {
    let parameters: DescribeParameters = call.parameters()?;
    parameters.check_include(&["TAGS"])?;
    match parameters.services.len() {
        0 => return Err(ApiError::invalid("Services cannot be empty.")),
        1..=10 => {}
        _ => {
            return Err(ApiError::invalid(
                "service names can have at most 10 items.",
            ));
        }
    }
    let cluster = call.cluster(parameters.cluster.as_deref())?;
    let tags = includes(&parameters.include, "TAGS");
    let path = format!("service/{}", call.place.cluster_name(cluster));
    let found = parameters.services.iter().map(|named| {
        let service = call.service(cluster, named);
        match service.filter(|&service| !call.vanished(&Vanishing::Service(service))) {
            Some(service) => Found::Object(render::service(call, service, tags)),
            None => Found::Missing(failed_arn(call, &path, named)),
        }
    });
    answer("services", found)
}

pub(super) fn describe_tasks(call: &Call<'_>) -> Result<Answer, ApiError> {
    let parameters: DescribeParameters = call.parameters()?;
    parameters.check_include(&["TAGS"])?;
    match parameters.tasks.len() {
        0 => return Err(ApiError::invalid("Tasks cannot be empty.")),
        1..=100 => {}
        _ => return Err(ApiError::invalid("taskIds can have at most 100 items.")),
    }
    let cluster = call.cluster(parameters.cluster.as_deref())?;
    let tags = includes(&parameters.include, "TAGS");
    let path = format!("task/{}", call.place.cluster_name(cluster));
    let found = parameters.tasks.iter().map(|named| {
        let missing = || Found::Missing(failed_arn(call, &path, named));
        match call.task(cluster, named) {
            None => missing(),
            Some(task) if !task.stopped && call.vanished(&Vanishing::Task(task.index)) => missing(),
            Some(task)
                if !task.stopped && call.vanished(&Vanishing::TaskWithoutTrace(task.index)) =>
            {
                Found::Nothing
            }
            Some(task) => Found::Object(render::task(call, task, tags)),
        }
    });
    answer("tasks", found)
}

pub(super) fn describe_task_definition(call: &Call<'_>) -> Result<Answer, ApiError> {
    let parameters: DescribeParameters = call.parameters()?;
    parameters.check_include(&["TAGS"])?;
    let unable = || ApiError::new("ClientException", "Unable to describe task definition.");
    let named = parameters.task_definition.as_deref().unwrap_or_default();
    let found = call.place.revision(named).ok_or_else(unable)?;
    let vanishing = Vanishing::TaskDefinition {
        family: found.family,
        revision: found.revision,
    };
    if call.vanished(&vanishing) {
        return Err(unable());
    }
    let tags = includes(&parameters.include, "TAGS");
    let body = render::task_definition(call, found, tags).to_string();
    Ok(Answer { body, items: 1 })
}

#[cfg(test)]
mod tests;
