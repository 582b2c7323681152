//! Maps DescribeTasks to `EcsTask` records.

mod record;
mod source;

use portolan_mapper_sdk::{
    Body, Context, Mapping, Notes, Rejection, Tags, TextSet, export_mapping, items, text, value_of,
};

pub use record::EcsTask;
pub use source::{Attachment, Container, ContainerOverride, EnvironmentVariable, Overrides, Task};

/// The mapping of Amazon ECS tasks.
#[derive(Clone, Copy, Debug)]
pub struct Tasks;

export_mapping!(Tasks);

impl Mapping for Tasks {
    const OBJECT: &'static str = "EcsTask";
    const BODY: Body = Body::List("tasks");

    type Source<'a> = Task<'a>;
    type Record<'s> = EcsTask<'s>;

    fn map<'s, 'a: 's>(
        task: &'s Task<'a>,
        context: &'s Context,
        notes: &mut Notes<'_>,
    ) -> Result<EcsTask<'s>, Rejection> {
        let arn = text(&task.task_arn)
            .filter(|arn| !arn.is_empty())
            .ok_or_else(|| Rejection::no_arn("taskArn"))?;
        let group = text(&task.group);
        let overrides = task.overrides.as_deref();
        Ok(EcsTask {
            uid: arn,
            task_arn: arn,
            name: arn,
            cluster_arn: text(&task.cluster_arn),
            task_definition_arn: text(&task.task_definition_arn),
            container_instance_arn: text(&task.container_instance_arn),
            availability_zone: text(&task.availability_zone),
            group,
            launch_type: text(&task.launch_type),
            platform_version: text(&task.platform_version),
            cpu: text(&task.cpu),
            memory: text(&task.memory),
            container_images: TextSet::collect(
                items(&task.containers).filter_map(|container| text(&container.image)),
            ),
            network_interface_ids: details(task, "networkInterfaceId"),
            private_ip_addresses: details(task, "privateIPv4Address"),
            subnet_ids: details(task, "subnetId"),
            desired_status: text(&task.desired_status),
            source_status: text(&task.last_status),
            first_seen: notes.time("createdAt", task.created_at),
            last_started: notes.time("startedAt", task.started_at),
            last_stopped: notes.time("stoppedAt", task.stopped_at),
            tags: Tags::collect(&task.tags),
            started_by: text(&task.started_by),
            service_name: group
                .and_then(|group| group.strip_prefix("service:"))
                .filter(|name| !name.is_empty()),
            capacity_provider: text(&task.capacity_provider_name),
            platform_family: text(&task.platform_family),
            cpu_architecture: value_of(&task.attributes, "ecs.cpu-architecture"),
            execute_command_enabled: task.enable_execute_command,
            connectivity: text(&task.connectivity),
            health_status: text(&task.health_status),
            stop_code: text(&task.stop_code),
            stopped_reason: text(&task.stopped_reason),
            override_task_role_arn: overrides.and_then(|it| text(&it.task_role_arn)),
            override_execution_role_arn: overrides.and_then(|it| text(&it.execution_role_arn)),
            override_environment_keys: overrides.and_then(environment_keys),
            cloud_provider: "AWS",
            account_id: &context.account_id,
            region: &context.region,
            last_captured: &context.captured_at,
        })
    }
}

/// The values of one detail over all attachments, of any type and status.
fn details<'s>(task: &'s Task<'_>, name: &str) -> Option<TextSet<'s>> {
    let details = items(&task.attachments).flat_map(|attachment| items(&attachment.details));
    TextSet::collect(
        details
            .filter(|detail| text(&detail.name) == Some(name))
            .filter_map(|detail| text(&detail.value)),
    )
}

fn environment_keys<'s>(overrides: &'s Overrides<'_>) -> Option<TextSet<'s>> {
    let containers = items(&overrides.container_overrides);
    let variables = containers.flat_map(|container| items(&container.environment));
    TextSet::collect(variables.filter_map(|variable| text(&variable.name)))
}

/// The JSON Schema of a record.
#[cfg(feature = "schema")]
#[must_use]
pub fn schema() -> schemars::Schema {
    portolan_mapper_sdk::schema::<EcsTask<'_>>()
}
