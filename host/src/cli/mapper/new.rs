//! `portolan mapper new`.

use std::path::{Path, PathBuf};

use portolan::mapper::Kind;
use portolan::object::Object;
use portolan::workbench::scaffold::{Language, Plan, create};

use crate::cli::COMPLETE;
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  From nothing to a tested module:
    portolan mapper new acme-tags --object EcsTask --kind overlay
    cd acme-tags
    portolan mapper build
    portolan mapper test
  The same without code:
    portolan mapper new acme-tags --object EcsTask --kind overlay --lang table
  With the SDK of a copy of Portolan's repository:
    portolan mapper new acme-tags --object EcsTask --kind overlay --sdk-path ../portolan/guest-mappers/sdk";

#[derive(Debug, clap::Args)]
pub(super) struct NewArguments {
    /// The module's name: its folder, its crate and its file; lower-case letters, digits and hyphens.
    #[arg(value_name = "NAME")]
    name: String,

    /// The object that it is for: EcsCluster, EcsService, EcsTask or EcsTaskDefinition.
    #[arg(long, value_name = "OBJECT")]
    object: Object,

    /// A mapping makes the records, an overlay changes those that the stock mapping made.
    #[arg(long, value_name = "KIND", value_parser = clap::builder::PossibleValuesParser::new(["mapping", "overlay"]))]
    kind: String,

    /// What to write it in: a crate, or a mapping table, which needs no compiler.
    #[arg(long = "lang", value_name = "LANGUAGE", default_value = "rust", value_parser = clap::builder::PossibleValuesParser::new(["rust", "table"]))]
    language: String,

    /// Folder of portolan-mapper-sdk [default: the published crate of this version].
    #[arg(long, value_name = "FOLDER")]
    sdk_path: Option<PathBuf>,
}

pub(super) fn run(arguments: NewArguments) -> anyhow::Result<u8> {
    let plan = Plan {
        name: arguments.name,
        object: arguments.object,
        kind: match arguments.kind.as_str() {
            "overlay" => Kind::Overlay,
            _ => Kind::Mapping,
        },
        language: match arguments.language.as_str() {
            "table" => Language::Table,
            _ => Language::Rust,
        },
        sdk_path: arguments.sdk_path,
    };
    let folder = create(Path::new("."), &plan)?;
    let folder = folder.strip_prefix(".").unwrap_or(&folder);
    talk::data(&format!("{}\n", folder.display()))?;
    talk::say(&format!(
        "next: cd {}, then `portolan mapper build` and `portolan mapper test`",
        folder.display()
    ));
    Ok(COMPLETE)
}
