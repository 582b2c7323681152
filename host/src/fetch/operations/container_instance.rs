//! Container instances: listed per cluster, described by up to 100.

use aws_sdk_ecs::types::ContainerInstanceField;

use super::Wanted;
use crate::aws::CallFailure;
use crate::fetch::Scope;
use crate::fetch::answer::{ArnPage, Described};
use crate::fetch::batch::Batch;
use crate::object::{Object, Operation};

pub(super) async fn list(scope: &Scope, wanted: Wanted<'_>) -> Result<ArnPage, CallFailure> {
    let request = scope
        .client
        .list_container_instances()
        .set_cluster(wanted.cluster.map(str::to_owned))
        .max_results(i32::from(scope.config.page_size))
        .set_next_token(wanted.token);
    call!(
        scope.caller,
        Operation::ListContainerInstances,
        request,
        arns!(container_instance_arns, "containerInstanceArns")
    )
}

pub(super) async fn describe(
    scope: &Scope,
    batch: &Batch,
    with_tags: bool,
) -> Result<Described, CallFailure> {
    let include = with_tags.then(|| {
        vec![
            ContainerInstanceField::Tags,
            ContainerInstanceField::ContainerInstanceHealth,
        ]
    });
    let request = scope
        .client
        .describe_container_instances()
        .set_cluster(batch.cluster.clone())
        .set_container_instances(Some(batch.arns.clone()))
        .set_include(include);
    call!(
        scope.caller,
        Operation::DescribeContainerInstances,
        request,
        described!(
            scope,
            Object::EcsContainerInstance,
            container_instances,
            container_instance_arn,
            "containerInstances"
        )
    )
}
