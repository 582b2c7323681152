use std::borrow::Cow;
use std::collections::BTreeSet;

#[cfg(feature = "schema")]
use portolan_mapper_sdk::TextSet;
use portolan_mapper_sdk::text;
use serde::Serialize;

use crate::source::{Authorization, Efs, TaskDefinition};

/// An attribute that is a set of volume names. It differs from `TextSet` in that it can own its texts.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct NamedVolumes<'s>(Vec<Cow<'s, str>>);

#[cfg(feature = "schema")]
impl schemars::JsonSchema for NamedVolumes<'_> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        TextSet::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        TextSet::json_schema(generator)
    }
}

impl<'s> NamedVolumes<'s> {
    /// Names the EFS volumes for which `is_so` is true. The name is the file system id, else the volume's
    /// name, else `#` and the volume's position, so that no such volume is missing from the set.
    pub(crate) fn of_efs(
        definition: &'s TaskDefinition<'_>,
        is_so: impl Fn(&Efs<'_>) -> bool,
    ) -> Option<Self> {
        let volumes = definition.volumes.iter().flatten().enumerate();
        let named = volumes.filter_map(|(place, volume)| {
            let volume = volume.as_deref()?;
            let efs = volume.efs_volume_configuration.as_deref()?;
            let mut names = [&efs.file_system_id, &volume.name].into_iter();
            let name = names.find_map(|name| text(name).filter(|name| !name.is_empty()));
            is_so(efs).then(|| name.map_or_else(|| format!("#{place}").into(), Cow::Borrowed))
        });
        let mut seen = BTreeSet::new();
        let names: Vec<_> = named.filter(|name| seen.insert(name.clone())).collect();
        (!names.is_empty()).then_some(Self(names))
    }
}

impl Efs<'_> {
    pub(crate) fn is_encrypted(&self) -> bool {
        text(&self.transit_encryption) == Some("ENABLED")
    }

    /// Whether IAM authorizes the mount and an access point limits it to a folder.
    pub(crate) fn is_authorized(&self) -> bool {
        let is_through_iam = |config: &Authorization<'_>| {
            text(&config.iam) == Some("ENABLED")
                && text(&config.access_point_id).is_some_and(|id| !id.is_empty())
        };
        self.authorization_config
            .as_deref()
            .is_some_and(is_through_iam)
    }
}
