//! Tasks: listed per cluster and desired status, described by up to 100.

use aws_sdk_ecs::types::{DesiredStatus, TaskField};

use super::Wanted;
use crate::aws::CallFailure;
use crate::fetch::Scope;
use crate::fetch::answer::{ArnPage, Described};
use crate::fetch::batch::Batch;
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

pub(super) async fn list(scope: &Scope, wanted: Wanted<'_>) -> Result<ArnPage, CallFailure> {
    let request = scope
        .client
        .list_tasks()
        .set_cluster(wanted.cluster.map(str::to_owned))
        .desired_status(STATUSES[wanted.pass].clone())
        .max_results(i32::from(scope.config.page_size))
        .set_next_token(wanted.token);
    call!(
        scope.caller,
        Operation::ListTasks,
        request,
        arns!(task_arns, "taskArns")
    )
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
    call!(
        scope.caller,
        Operation::DescribeTasks,
        request,
        described!(scope, Object::EcsTask, tasks, task_arn, "tasks")
    )
}
