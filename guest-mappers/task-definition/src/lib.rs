//! Maps DescribeTaskDefinition to `EcsTaskDefinition` records.

mod efs;
mod record;
mod source;

use std::borrow::Cow;

use portolan_mapper_sdk::{
    Body, Context, Int, List, Mapping, Notes, Rejection, Tags, Text, TextSet, export_mapping,
    items, text,
};

pub use efs::NamedVolumes;
pub use record::EcsTaskDefinition;
pub use source::{
    Authorization, ContainerDefinition, Efs, EnvironmentVariable, Host, RuntimePlatform, Secret,
    TaskDefinition, Volume,
};

/// The mapping of Amazon ECS task definitions.
#[derive(Clone, Copy, Debug)]
pub struct TaskDefinitions;

export_mapping!(TaskDefinitions);

impl Mapping for TaskDefinitions {
    const OBJECT: &'static str = "EcsTaskDefinition";
    const BODY: Body = Body::One("taskDefinition");

    type Source<'a> = TaskDefinition<'a>;
    type Record<'s> = EcsTaskDefinition<'s>;

    fn map<'s, 'a: 's>(
        definition: &'s TaskDefinition<'a>,
        context: &'s Context,
        notes: &mut Notes<'_>,
    ) -> Result<EcsTaskDefinition<'s>, Rejection> {
        let arn = text(&definition.task_definition_arn)
            .filter(|arn| !arn.is_empty())
            .ok_or_else(|| Rejection::no_arn("taskDefinitionArn"))?;
        let containers = || items(&definition.container_definitions);
        let environment = containers().flat_map(|container| items(&container.environment));
        let secrets = containers().flat_map(|container| items(&container.secrets));
        let platform = definition.runtime_platform.as_deref();
        let volumes = || items(&definition.volumes);
        let hosts = volumes().filter_map(|volume| volume.host.as_deref());
        let efs = volumes().filter_map(|volume| volume.efs_volume_configuration.as_deref());
        Ok(EcsTaskDefinition {
            uid: arn,
            task_definition_arn: arn,
            name: name(definition, arn),
            family: text(&definition.family),
            revision: definition.revision,
            source_status: text(&definition.status),
            network_mode: text(&definition.network_mode),
            requires_compatibilities: texts(&definition.requires_compatibilities),
            cpu: text(&definition.cpu),
            memory: text(&definition.memory),
            execution_role_arn: text(&definition.execution_role_arn),
            task_role_arn: text(&definition.task_role_arn),
            container_images: TextSet::collect(
                containers().filter_map(|container| text(&container.image)),
            ),
            environment_keys: TextSet::collect(
                environment.filter_map(|variable| text(&variable.name)),
            ),
            secret_refs: TextSet::collect(secrets.filter_map(|secret| text(&secret.value_from))),
            first_seen: notes.time("registeredAt", definition.registered_at),
            compatibilities: texts(&definition.compatibilities),
            operating_system_family: platform.and_then(|it| text(&it.operating_system_family)),
            cpu_architecture: platform.and_then(|it| text(&it.cpu_architecture)),
            pid_mode: text(&definition.pid_mode),
            ipc_mode: text(&definition.ipc_mode),
            host_paths: TextSet::collect(
                hosts
                    .filter_map(|host| text(&host.source_path))
                    .filter(|path| !path.is_empty()),
            ),
            efs_file_system_ids: TextSet::collect(efs.filter_map(|efs| text(&efs.file_system_id))),
            efs_without_transit_encryption: NamedVolumes::of_efs(definition, |efs| {
                !efs.is_encrypted()
            }),
            efs_without_authorization: NamedVolumes::of_efs(definition, |efs| !efs.is_authorized()),
            fault_injection_enabled: definition.enable_fault_injection,
            registered_by: text(&definition.registered_by),
            tags: Tags::collect(&definition.tags),
            cloud_provider: "AWS",
            account_id: &context.account_id,
            region: &context.region,
            last_captured: &context.captured_at,
        })
    }
}

fn texts<'s>(list: &'s List<Text<'_>>) -> Option<TextSet<'s>> {
    TextSet::collect(items(list).map(|text| text.as_str()))
}

/// `family:revision`, as the AWS CLI writes it; the ARN if either is missing.
fn name<'s>(definition: &'s TaskDefinition<'_>, arn: &'s str) -> Cow<'s, str> {
    match (text(&definition.family), definition.revision) {
        (Some(family), Some(Int(revision))) if !family.is_empty() => {
            format!("{family}:{revision}").into()
        }
        _ => arn.into(),
    }
}

/// The JSON Schema of a record.
#[cfg(feature = "schema")]
#[must_use]
pub fn schema() -> schemars::Schema {
    portolan_mapper_sdk::schema::<EcsTaskDefinition<'_>>()
}
