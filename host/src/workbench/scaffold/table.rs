//! Mapping tables.

use super::words::Words;
use super::{Files, Plan};
use crate::mapper::Kind;
use crate::object::Object;
use crate::workbench::table::FILE;

pub(super) fn files(plan: &Plan, words: &Words) -> Files {
    let template = match plan.kind {
        Kind::Mapping => include_str!("../templates/table/mapping.toml"),
        Kind::Overlay => include_str!("../templates/table/overlay.toml"),
    };
    // Task definitions of the samples have no tags.
    let owner = match plan.object {
        Object::EcsTaskDefinition => {
            r#"from = "registeredBy", description = "Who owns it: the principal that registered it.""#
        }
        _ => r#"tag = "owner", description = "Who owns it: the value of the tag `owner`.""#,
    };
    let text = words.fill(&template.replace("{{owner}}", owner));
    let ignored = include_str!("../templates/gitignore");
    vec![(FILE.into(), text), (".gitignore".into(), ignored.into())]
}
