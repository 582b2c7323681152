//! Mapping tables.

use super::words::Words;
use super::{Files, NewModule};
use crate::table::FILE;
use portolan_sandbox::Kind;

pub(super) fn files(plan: &NewModule, words: &Words) -> Files {
    let template = match plan.kind {
        Kind::Mapping => include_str!("../templates/table/mapping.toml"),
        Kind::Overlay => include_str!("../templates/table/overlay.toml"),
    };
    let text = words.fill(template);
    let ignored = include_str!("../templates/gitignore");
    vec![(FILE.into(), text), (".gitignore".into(), ignored.into())]
}
