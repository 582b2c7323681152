//! Task definitions: listed per Region and status, described one by one.

use aws_sdk_ecs::types::{TaskDefinitionField, TaskDefinitionStatus as Status};

use super::Wanted;
use crate::aws::CallFailure;
use crate::fetch::Scope;
use crate::fetch::answer::{ArnPage, Described};
use crate::fetch::batch::Batch;
use crate::fetch::settings::TaskDefinitionStatus;
use crate::object::{Object, Operation};

const ACTIVE: &[Status] = &[Status::Active];
const INACTIVE: &[Status] = &[Status::Inactive];
const DELETE_IN_PROGRESS: &[Status] = &[Status::DeleteInProgress];
const ALL: &[Status] = &[Status::Active, Status::Inactive, Status::DeleteInProgress];

pub(super) fn statuses(scope: &Scope) -> &'static [Status] {
    match scope.config.options.task_definition_status {
        TaskDefinitionStatus::Active => ACTIVE,
        TaskDefinitionStatus::Inactive => INACTIVE,
        TaskDefinitionStatus::DeleteInProgress => DELETE_IN_PROGRESS,
        TaskDefinitionStatus::All => ALL,
    }
}

pub(super) async fn list(scope: &Scope, wanted: Wanted<'_>) -> Result<ArnPage, CallFailure> {
    let request = scope
        .client
        .list_task_definitions()
        .status(statuses(scope)[wanted.pass].clone())
        .max_results(i32::from(scope.config.page_size))
        .set_next_token(wanted.token);
    call!(
        scope.caller,
        Operation::ListTaskDefinitions,
        request,
        arns!(task_definition_arns, "taskDefinitionArns")
    )
}

/// The name of the status that a pass lists.
pub(super) fn status(scope: &Scope, pass: usize) -> Option<&'static str> {
    match statuses(scope).get(pass)? {
        Status::Active => Some("ACTIVE"),
        Status::Inactive => Some("INACTIVE"),
        Status::DeleteInProgress => Some("DELETE_IN_PROGRESS"),
        _ => None,
    }
}

/// Describes a revision, or takes what an earlier sync was told about it.
pub(super) async fn describe(
    scope: &Scope,
    batch: &Batch,
    with_tags: bool,
) -> Result<Described, CallFailure> {
    let (Some((known, endpoint)), [arn]) = (&scope.revisions, batch.arns.as_slice()) else {
        return ask(scope, batch, with_tags).await;
    };
    // Without a listing nobody knows the status of today.
    let kept = batch
        .status
        .and_then(|status| (known.get)(endpoint, arn, status))
        .and_then(|body| scope.page(Object::EcsTaskDefinition, body.into()).ok());
    if let Some(page) = kept.filter(|page| page.arn(0).as_ref() == Some(arn)) {
        return Ok(Described {
            arns: batch.arns.clone(),
            failures: Vec::new(),
            page,
            is_new: false,
            unread: Vec::new(),
        });
    }
    let described = ask(scope, batch, with_tags).await?;
    // A body that was read without its tags must not pass for one without tags.
    if with_tags && described.page.arn(0).as_ref() == Some(arn) {
        (known.put)(endpoint, arn, described.page.body());
    }
    Ok(described)
}

async fn ask(scope: &Scope, batch: &Batch, with_tags: bool) -> Result<Described, CallFailure> {
    let request = scope
        .client
        .describe_task_definition()
        .set_task_definition(batch.arns.first().cloned())
        .set_include(with_tags.then(|| vec![TaskDefinitionField::Tags]));
    call!(
        scope.caller,
        Operation::DescribeTaskDefinition,
        request,
        |answer, body| {
            let page = scope.page(Object::EcsTaskDefinition, body)?;
            let Some(answer) = answer else {
                return Described::of_page(page);
            };
            let definition = answer.task_definition.ok_or("it has no taskDefinition")?;
            let arns = definition.task_definition_arn.into_iter().collect();
            Ok(Described::new(page, arns, None))
        }
    )
}
