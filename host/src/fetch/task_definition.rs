//! Task definitions: listed per Region and status, described one by one.

use aws_sdk_ecs::types::{TaskDefinitionField, TaskDefinitionStatus as Status};

use super::listing::ArnPage;
use super::{Batch, Described, Scope, UNREADABLE};
use crate::aws::CallFailure;
use crate::config::TaskDefinitionStatus;
use crate::object::{Object, Operation};

const ACTIVE: &[Status] = &[Status::Active];
const INACTIVE: &[Status] = &[Status::Inactive];
const ALL: &[Status] = &[Status::Active, Status::Inactive];

fn statuses(scope: &Scope) -> &'static [Status] {
    match scope.config.options.task_definition_status {
        TaskDefinitionStatus::Active => ACTIVE,
        TaskDefinitionStatus::Inactive => INACTIVE,
        TaskDefinitionStatus::All => ALL,
    }
}

pub(super) fn passes(scope: &Scope) -> usize {
    statuses(scope).len()
}

pub(super) async fn list(
    scope: &Scope,
    pass: usize,
    token: Option<String>,
) -> Result<ArnPage, CallFailure> {
    let request = scope
        .client
        .list_task_definitions()
        .status(statuses(scope)[pass].clone())
        .max_results(i32::from(scope.config.page_size))
        .set_next_token(token);
    scope
        .caller
        .call(
            Operation::ListTaskDefinitions,
            |raw| request.clone().customize().interceptor(raw).send(),
            |answer, _| {
                let answer = answer.ok_or(UNREADABLE)?;
                let arns = answer
                    .task_definition_arns
                    .ok_or("it has no taskDefinitionArns")?;
                Ok(ArnPage {
                    arns,
                    next_token: answer.next_token,
                })
            },
        )
        .await
}

pub(super) async fn describe(scope: &Scope, batch: &Batch) -> Result<Described, CallFailure> {
    let request = scope
        .client
        .describe_task_definition()
        .set_task_definition(batch.arns.first().cloned())
        .include(TaskDefinitionField::Tags);
    scope
        .caller
        .call(
            Operation::DescribeTaskDefinition,
            |raw| request.clone().customize().interceptor(raw).send(),
            |answer, body| {
                let page = scope.page(Object::EcsTaskDefinition, body)?;
                let Some(answer) = answer else {
                    return Described::of_page(page);
                };
                let definition = answer.task_definition.ok_or("it has no taskDefinition")?;
                let arns = definition.task_definition_arn.into_iter().collect();
                Described::new(page, arns, None)
            },
        )
        .await
}
