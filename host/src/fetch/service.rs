//! Services: listed per cluster, described by up to 10.

use aws_sdk_ecs::types::ServiceField;

use super::answer::{ArnPage, Described};
use super::{Batch, Scope, UNREADABLE};
use crate::aws::CallFailure;
use crate::object::{Object, Operation};

pub(super) async fn list(
    scope: &Scope,
    cluster: Option<&str>,
    token: Option<String>,
) -> Result<ArnPage, CallFailure> {
    // Without maxResults ListServices gives pages of 10.
    let request = scope
        .client
        .list_services()
        .set_cluster(cluster.map(str::to_owned))
        .max_results(i32::from(scope.config.page_size))
        .set_next_token(token);
    scope
        .caller
        .call(
            Operation::ListServices,
            |raw| request.clone().customize().interceptor(raw).send(),
            |answer, _| {
                let answer = answer.ok_or(UNREADABLE)?;
                let arns = answer.service_arns.ok_or("it has no serviceArns")?;
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
        .describe_services()
        .set_cluster(batch.cluster.clone())
        .set_services(Some(batch.arns.clone()))
        .set_include(with_tags.then(|| vec![ServiceField::Tags]));
    scope
        .caller
        .call(
            Operation::DescribeServices,
            |raw| request.clone().customize().interceptor(raw).send(),
            |answer, body| {
                let page = scope.page(Object::EcsService, body)?;
                let Some(answer) = answer else {
                    return Described::of_page(page);
                };
                let services = answer.services.ok_or("it has no services")?;
                let arns = services
                    .into_iter()
                    .filter_map(|service| service.service_arn);
                Ok(Described::new(page, arns.collect(), answer.failures))
            },
        )
        .await
}
