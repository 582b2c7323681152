//! `portolan mapper new`.

use std::path::{Path, PathBuf};

use portolan_page::object::Object;
use portolan_sandbox::Kind;
use portolan_workbench::scaffold::{Language, NewModule, Sdk, create};

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
  Controls of your own, without code:
    portolan mapper new acme-controls --object EcsService --kind assessor --lang table
  In Python or JavaScript:
    portolan mapper new acme-tags --object EcsTask --kind overlay --lang python
  With the SDK of a copy of Portolan's repository:
    portolan mapper new acme-tags --object EcsTask --kind overlay \\
      --sdk-path ../portolan/guest-mappers/sdk

A module in Rust gets a copy of the SDK in vendor/, and needs no registry for it. Rust makes the
smallest and fastest modules by far: a module in Python has 18 MB, and maps a page in tens of
milliseconds.";

#[derive(Debug, clap::Args)]
pub(super) struct NewArguments {
    /// Name of the module, its folder and its file: lower-case letters, digits and hyphens.
    #[arg(value_name = "NAME")]
    name: String,

    /// Object that the module maps or judges, for example EcsTask; `--objects` of `portolan sync` takes the same names.
    #[arg(long, value_name = "OBJECT")]
    object: Object,

    /// A mapping makes the records; an overlay changes the records of the stock mapping; an assessor judges
    /// records, in Rust or as a table.
    #[arg(long, value_name = "KIND", value_parser = clap::builder::PossibleValuesParser::new(Kind::ALL.map(Kind::word)))]
    kind: String,

    /// Language of the source; a table needs no compiler.
    #[arg(long, value_name = "LANGUAGE", default_value = "rust", value_parser = clap::builder::PossibleValuesParser::new(["rust", "table", "python", "javascript"]))]
    lang: String,

    /// Rust: take the SDK from a copy inside the new folder, or from the registry.
    #[arg(long, value_name = "SDK", default_value = "vendored", value_parser = clap::builder::PossibleValuesParser::new(["vendored", "published"]))]
    sdk: String,

    /// Rust: take the SDK from this folder instead.
    #[arg(long, value_name = "FOLDER")]
    sdk_path: Option<PathBuf>,
}

impl NewArguments {
    fn language(&self) -> Language {
        match self.lang.as_str() {
            "table" => Language::Table,
            "python" => Language::Python,
            "javascript" => Language::JavaScript,
            _ => Language::Rust(match (&self.sdk_path, self.sdk.as_str()) {
                (Some(path), _) => Sdk::Path(path.clone()),
                (None, "published") => Sdk::Published,
                (None, _) => Sdk::Vendored,
            }),
        }
    }
}

pub(super) fn run(arguments: NewArguments) -> anyhow::Result<u8> {
    let plan = NewModule {
        language: arguments.language(),
        name: arguments.name,
        object: arguments.object,
        kind: Kind::ALL
            .into_iter()
            .find(|kind| kind.word() == arguments.kind)
            .unwrap_or(Kind::Mapping),
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
