//! Tasks: listed per cluster and desired status, described by up to 100.

use aws_sdk_ecs::types::{DesiredStatus, TaskField};

use super::answer::{ArnPage, Described};
use super::{Batch, Scope, UNREADABLE};
use crate::aws::CallFailure;
use crate::object::{Object, Operation};

/// ListTasks gives one desired status at a time. PENDING never gives anything: tasks that are starting
/// are listed as RUNNING already.
const STATUSES: [DesiredStatus; 2] = [DesiredStatus::Running, DesiredStatus::Stopped];

pub(super) fn passes(scope: &Scope) -> usize {
    if scope.config.options.fetch_stopped_tasks {
        2
    } else {
        1
    }
}

pub(super) async fn list(
    scope: &Scope,
    cluster: Option<&str>,
    pass: usize,
    token: Option<String>,
) -> Result<ArnPage, CallFailure> {
    let request = scope
        .client
        .list_tasks()
        .set_cluster(cluster.map(str::to_owned))
        .desired_status(STATUSES[pass].clone())
        .max_results(i32::from(scope.config.page_size))
        .set_next_token(token);
    scope
        .caller
        .call(
            Operation::ListTasks,
            |raw| request.clone().customize().interceptor(raw).send(),
            |answer, _| {
                let answer = answer.ok_or(UNREADABLE)?;
                let arns = answer.task_arns.ok_or("it has no taskArns")?;
                Ok(ArnPage {
                    arns,
                    next_token: answer.next_token,
                })
            },
        )
        .await
}

pub(super) async fn describe(
    scope: &Scope,
    batch: &Batch,
    with_tags: bool,
) -> Result<Described, CallFailure> {
    let request = scope
        .client
        .describe_tasks()
        .set_cluster(batch.cluster.clone())
        .set_tasks(Some(batch.arns.clone()))
        .set_include(with_tags.then(|| vec![TaskField::Tags]));
    scope
        .caller
        .call(
            Operation::DescribeTasks,
            |raw| request.clone().customize().interceptor(raw).send(),
            |answer, body| {
                let page = scope.page(Object::EcsTask, body)?;
                let Some(answer) = answer else {
                    return Described::of_page(page);
                };
                let tasks = answer.tasks.ok_or("it has no tasks")?;
                let arns = tasks.into_iter().filter_map(|task| task.task_arn);
                Ok(Described::new(page, arns.collect(), answer.failures))
            },
        )
        .await
}
