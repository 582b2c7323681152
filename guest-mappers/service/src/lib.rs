//! Maps DescribeServices to `EcsService` records.

mod record;
mod source;

use portolan_mapper_sdk::{
    Body, Context, Mapping, Notes, Rejection, Tags, TextSet, export_mapping, items, text,
};

pub use record::EcsService;
pub use source::{
    AwsvpcConfiguration, DeploymentController, LoadBalancer, NetworkConfiguration, Service,
    StrategyItem,
};

/// The mapping of Amazon ECS services.
#[derive(Clone, Copy, Debug)]
pub struct Services;

export_mapping!(Services);

impl Mapping for Services {
    const OBJECT: &'static str = "EcsService";
    const BODY: Body = Body::List("services");

    type Source<'a> = Service<'a>;
    type Record<'s> = EcsService<'s>;

    fn map<'s, 'a: 's>(
        service: &'s Service<'a>,
        context: &'s Context,
        notes: &mut Notes<'_>,
    ) -> Result<EcsService<'s>, Rejection> {
        let arn = text(&service.service_arn)
            .filter(|arn| !arn.is_empty())
            .ok_or_else(|| Rejection::no_arn("serviceArn"))?;
        let name = text(&service.service_name);
        let awsvpc = awsvpc(service);
        let target_groups =
            items(&service.load_balancers).filter_map(|balancer| text(&balancer.target_group_arn));
        let strategy = items(&service.capacity_provider_strategy);
        let controller = service.deployment_controller.as_deref();
        Ok(EcsService {
            uid: arn,
            service_arn: arn,
            service_name: name,
            name: name.filter(|name| !name.is_empty()).unwrap_or(arn),
            source_status: text(&service.status),
            cluster_arn: text(&service.cluster_arn),
            task_definition: text(&service.task_definition),
            service_role_arn: text(&service.role_arn),
            launch_type: text(&service.launch_type),
            scheduling_strategy: text(&service.scheduling_strategy),
            platform_family: text(&service.platform_family),
            platform_version: text(&service.platform_version),
            desired_count: service.desired_count,
            running_count: service.running_count,
            pending_count: service.pending_count,
            assign_public_ip: awsvpc
                .and_then(|awsvpc| text(&awsvpc.assign_public_ip))
                .map(|ip| ip == "ENABLED"),
            subnet_ids: awsvpc
                .and_then(|awsvpc| TextSet::collect(items(&awsvpc.subnets).map(|id| id.as_str()))),
            security_group_ids: awsvpc.and_then(|awsvpc| {
                TextSet::collect(items(&awsvpc.security_groups).map(|id| id.as_str()))
            }),
            target_group_arns: TextSet::collect(target_groups),
            first_seen: notes.time("createdAt", service.created_at),
            tags: Tags::collect(&service.tags),
            capacity_providers: TextSet::collect(
                strategy.filter_map(|item| text(&item.capacity_provider)),
            ),
            deployment_controller: controller.and_then(|it| text(&it.kind)),
            execute_command_enabled: service.enable_execute_command,
            propagate_tags: text(&service.propagate_tags),
            created_by: text(&service.created_by),
            cloud_provider: "AWS",
            account_id: &context.account_id,
            region: &context.region,
            last_captured: &context.captured_at,
        })
    }
}

fn awsvpc<'s, 'a>(service: &'s Service<'a>) -> Option<&'s AwsvpcConfiguration<'a>> {
    service
        .network_configuration
        .as_deref()?
        .awsvpc_configuration
        .as_deref()
}

/// The JSON Schema of a record.
#[cfg(feature = "schema")]
#[must_use]
pub fn schema() -> schemars::Schema {
    portolan_mapper_sdk::schema::<EcsService<'_>>()
}
