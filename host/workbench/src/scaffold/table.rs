//! Tables of mappings and of controls.

use super::words::Words;
use super::{Files, NewModule};
use crate::table::{CONTROLS, FILE};
use portolan_sandbox::Kind;

/// The name of a table's file, and its template.
const fn template(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Mapping => (FILE, include_str!("../templates/table/mapping.toml")),
        Kind::Overlay => (FILE, include_str!("../templates/table/overlay.toml")),
        Kind::Assessor => (
            CONTROLS,
            include_str!("../templates/assessor/controls.toml"),
        ),
    }
}

pub(super) fn files(plan: &NewModule, words: &Words) -> Files {
    let (file, template) = template(plan.kind);
    let text = words.fill(template);
    let ignored = include_str!("../templates/gitignore");
    vec![(file.into(), text), (".gitignore".into(), ignored.into())]
}
