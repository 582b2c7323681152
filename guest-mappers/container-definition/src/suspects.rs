use std::collections::BTreeSet;

#[cfg(feature = "schema")]
use portolan_mapper_sdk::TextSet;
use portolan_mapper_sdk::{List, items, text};
use serde::Serialize;

use crate::source::Suspect;

/// An attribute that is a set of `VARIABLE: DETECTOR`. It differs from `TextSet` in that it owns its texts.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Suspects(Vec<String>);

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Suspects {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        TextSet::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        TextSet::json_schema(generator)
    }
}

impl Suspects {
    pub(crate) fn of(suspects: &List<Suspect<'_>>) -> Option<Self> {
        let named = items(suspects).filter_map(|suspect| {
            let (name, detector) = (text(&suspect.name)?, text(&suspect.detector)?);
            Some(format!("{name}: {detector}"))
        });
        let mut seen = BTreeSet::new();
        let named: Vec<_> = named.filter(|it| seen.insert(it.clone())).collect();
        (!named.is_empty()).then_some(Self(named))
    }
}
