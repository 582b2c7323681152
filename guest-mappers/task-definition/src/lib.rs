//! Maps DescribeTaskDefinition to `EcsTaskDefinition` records.

mod record;
mod source;

use std::borrow::Cow;

use portolan_mapper_sdk::{
    Body, Context, Int, Mapping, Notes, Rejection, TextSet, export_mapping, items, text,
};

pub use record::EcsTaskDefinition;
pub use source::{ContainerDefinition, EnvironmentVariable, Secret, TaskDefinition};

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
        let compatibilities = items(&definition.requires_compatibilities);
        Ok(EcsTaskDefinition {
            uid: arn,
            task_definition_arn: arn,
            name: name(definition, arn),
            family: text(&definition.family),
            revision: definition.revision,
            source_status: text(&definition.status),
            network_mode: text(&definition.network_mode),
            requires_compatibilities: TextSet::collect(
                compatibilities.map(|launch_type| launch_type.as_str()),
            ),
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
            cloud_provider: "AWS",
            account_id: &context.account_id,
            region: &context.region,
            last_captured: &context.captured_at,
        })
    }
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
