//! Services: listed per cluster, described by up to 10.

use aws_sdk_ecs::types::ServiceField;

use super::Wanted;
use crate::aws::CallFailure;
use crate::fetch::Scope;
use crate::fetch::answer::{ArnPage, Described};
use crate::fetch::batch::Batch;
use crate::object::{Object, Operation};

pub(super) async fn list(scope: &Scope, wanted: Wanted<'_>) -> Result<ArnPage, CallFailure> {
    // Without maxResults ListServices gives pages of 10.
    let request = scope
        .client
        .list_services()
        .set_cluster(wanted.cluster.map(str::to_owned))
        .max_results(i32::from(scope.config.page_size))
        .set_next_token(wanted.token);
    call!(
        scope.caller,
        Operation::ListServices,
        request,
        arns!(service_arns, "serviceArns")
    )
}

pub(super) async fn describe(
    scope: &Scope,
    batch: &Batch,
    with_tags: bool,
) -> Result<Described, CallFailure> {
    let request = scope
        .client
        .describe_services()
        .set_cluster(batch.cluster.clone())
        .set_services(Some(batch.arns.clone()))
        .set_include(with_tags.then(|| vec![ServiceField::Tags]));
    call!(
        scope.caller,
        Operation::DescribeServices,
        request,
        described!(scope, Object::EcsService, services, service_arn, "services")
    )
}
