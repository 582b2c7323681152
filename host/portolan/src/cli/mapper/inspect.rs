//! `portolan mapper inspect`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use portolan_sandbox::trust::TrustedKeys;
use portolan_workbench::inspect::{Inspection, inspect};
use portolan_workbench::{Specimen, Workbench};

use super::check::about;
use super::{CacheArguments, TrustArguments};
use crate::cli::COMPLETE;
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  The facts about a module:
    portolan mapper inspect built/acme-tags.wasm
  For a script:
    portolan mapper inspect --json built/acme-tags.wasm | jq -r .digest";

#[derive(Debug, clap::Args)]
pub(super) struct InspectArguments {
    /// The module.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print one JSON object.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    trust: TrustArguments,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: InspectArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let config = arguments.trust.config(arguments.cache, config_file)?;
    let keys = TrustedKeys::read(&config.mapping.trusted_keys)?;
    let bench = Workbench::open(&config.mapping)?;
    let inspection = inspect(&bench, &Specimen::read(&arguments.file)?, &keys);
    let text = if arguments.json {
        format!("{}\n", serde_json::to_string_pretty(&inspection)?)
    } else {
        text(&inspection)?
    };
    talk::data(&text)?;
    Ok(COMPLETE)
}

fn text(inspection: &Inspection) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(text, "{}", inspection.file)?;
    writeln!(
        text,
        "  {} bytes, SHA-256 {}",
        inspection.size_bytes, inspection.digest
    )?;
    let cached = if inspection.cached { "yes" } else { "no" };
    writeln!(text, "  compiled code in the cache: {cached}")?;
    if let Some(manifest) = &inspection.manifest {
        write!(text, "{}", about(manifest)?)?;
    }
    writeln!(text, "  signature: {}", inspection.signature)?;
    if let Some(reason) = &inspection.refused {
        writeln!(text, "  refused: {reason}")?;
    }
    for (what, names) in [
        ("imports", &inspection.imports),
        ("exports", &inspection.exports),
    ] {
        let names = if names.is_empty() {
            "nothing".to_owned()
        } else {
            names.join(", ")
        };
        writeln!(text, "  {what}: {names}")?;
    }
    for (field, tools) in &inspection.producers {
        let tools: Vec<String> = tools
            .iter()
            .map(|(tool, version)| format!("{tool} {version}").trim_end().to_owned())
            .collect();
        writeln!(text, "  {field}: {}", tools.join(", "))?;
    }
    if let Some(table) = &inspection.table {
        writeln!(text, "  mapping table:")?;
        for line in table.lines() {
            writeln!(
                text,
                "    {}",
                portolan_machine::text::printable(line, 1_000)
            )?;
        }
    }
    if let Some(wit) = &inspection.wit {
        writeln!(text, "\n{}", wit.trim_end())?;
    }
    Ok(text)
}
