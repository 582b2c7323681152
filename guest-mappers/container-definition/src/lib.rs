//! Maps the container definitions of DescribeTaskDefinition to `EcsContainerDefinition` records.

mod record;
mod source;
mod suspects;

use std::borrow::Cow;

use portolan_mapper_sdk::{
    Body, Context, Int, IntSet, Mapping, Notes, Object, Rejection, Text, TextSet, export_mapping,
    items, text,
};

pub use record::EcsContainerDefinition;
pub use source::*;
pub use suspects::Suspects;

/// The mapping of the container definitions of Amazon ECS task definitions.
#[derive(Clone, Copy, Debug)]
pub struct ContainerDefinitions;

export_mapping!(ContainerDefinitions);

impl Mapping for ContainerDefinitions {
    const OBJECT: &'static str = "EcsContainerDefinition";
    const BODY: Body = Body::List("containerDefinitions");

    type Source<'a> = Part<'a>;
    type Record<'s> = EcsContainerDefinition<'s>;

    // Long, because it names every attribute.
    fn map<'s, 'a: 's>(
        part: &'s Part<'a>,
        context: &'s Context,
        _: &mut Notes<'_>,
    ) -> Result<EcsContainerDefinition<'s>, Rejection> {
        let no_arn = || Rejection::no_arn("taskDefinition.taskDefinitionArn");
        let no_container = || Rejection::no_arn("containerDefinition");
        let Object(definition) = part.task_definition.as_ref().ok_or_else(no_arn)?;
        let Object(container) = part
            .container_definition
            .as_ref()
            .ok_or_else(no_container)?;
        let arn = text(&definition.task_definition_arn)
            .filter(|arn| !arn.is_empty())
            .ok_or_else(no_arn)?;
        let name = text(&container.name).filter(|name| !name.is_empty());
        let Int(position) = part.position.unwrap_or(Int(0));
        let uid = match name {
            Some(name) => format!("{arn}#{name}"),
            None => format!("{arn}#{position}"),
        };
        let credentials = container.repository_credentials.as_deref();
        let log = container.log_configuration.as_deref();
        let linux = container.linux_parameters.as_deref();
        let capabilities = linux.and_then(|it| it.capabilities.as_deref());
        let firelens = container.firelens_configuration.as_deref();
        Ok(EcsContainerDefinition {
            name: name.map_or_else(|| Cow::from(uid.clone()), Cow::from),
            uid: uid.into(),
            task_definition_arn: arn,
            family: text(&definition.family),
            revision: definition.revision,
            image: text(&container.image),
            essential: container.essential,
            privileged: container.privileged,
            readonly_root_filesystem: container.readonly_root_filesystem,
            interactive: container.interactive,
            pseudo_terminal: container.pseudo_terminal,
            user: text(&container.user),
            environment_keys: texts(items(&container.environment).map(|it| &it.name)),
            secret_suspects: Suspects::of(&container.secret_suspects),
            secret_names: texts(items(&container.secrets).map(|it| &it.name)),
            secret_refs: texts(items(&container.secrets).map(|it| &it.value_from)),
            environment_files: texts(items(&container.environment_files).map(|it| &it.value)),
            credentials_secret: credentials.and_then(|it| text(&it.credentials_parameter)),
            log_driver: log.and_then(|it| text(&it.log_driver)),
            log_mode: log.and_then(|it| text(&it.options.as_deref()?.mode)),
            added_capabilities: capabilities
                .and_then(|it| TextSet::collect(items(&it.add).map(|name| name.as_str()))),
            dropped_capabilities: capabilities
                .and_then(|it| TextSet::collect(items(&it.drop).map(|name| name.as_str()))),
            init_process_enabled: linux.and_then(|it| it.init_process_enabled),
            container_ports: IntSet::collect(
                items(&container.port_mappings).filter_map(|it| it.container_port),
            ),
            host_ports: IntSet::collect(
                items(&container.port_mappings).filter_map(|it| it.host_port),
            ),
            mounted_host_paths: host_paths(definition, container),
            memory_limit: container.memory,
            memory_reservation: container.memory_reservation,
            cpu_units: container.cpu,
            version_consistency: text(&container.version_consistency),
            firelens_type: firelens.and_then(|it| text(&it.kind)),
            has_health_check: container.health_check.is_some(),
            cloud_provider: "AWS",
            account_id: &context.account_id,
            region: &context.region,
            last_captured: &context.captured_at,
        })
    }
}

fn texts<'s, 'a: 's>(values: impl Iterator<Item = &'s Option<Text<'a>>>) -> Option<TextSet<'s>> {
    TextSet::collect(values.filter_map(text))
}

/// The paths of the host that the mount points use, in the order of the mount points.
fn host_paths<'s>(
    definition: &'s TaskDefinition<'_>,
    container: &'s ContainerDefinition<'_>,
) -> Option<TextSet<'s>> {
    let mounted = items(&container.mount_points).filter_map(|it| text(&it.source_volume));
    let paths = mounted.flat_map(|name| {
        let named = items(&definition.volumes).filter(move |it| text(&it.name) == Some(name));
        named.filter_map(|volume| text(&volume.host.as_deref()?.source_path))
    });
    TextSet::collect(paths.filter(|path| !path.is_empty()))
}

/// The JSON Schema of a record.
#[cfg(feature = "schema")]
#[must_use]
pub fn schema() -> schemars::Schema {
    portolan_mapper_sdk::schema::<EcsContainerDefinition<'_>>()
}
