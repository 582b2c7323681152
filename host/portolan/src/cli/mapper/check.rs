//! `portolan mapper check`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use portolan_sandbox::trust::{Gate, ModulePolicy};
use portolan_sandbox::{Kind, Manifest, Need};
use portolan_workbench::check::{Checked, check};
use portolan_workbench::{Specimen, Workbench};

use super::{CacheArguments, TrustArguments};
use crate::cli::{COMPLETE, FAILED};
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  Before a module is shipped:
    portolan mapper check built/acme-tags.wasm

Exit status: 0 if a sync would take the module, 1 if not; every reason is a line that begins with
`fault`. A line that begins with `note` is advice; the module is not refused because of it.";

#[derive(Debug, clap::Args)]
pub(super) struct CheckArguments {
    /// The module, a WebAssembly component.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The module policy that it has to satisfy: any, pinned or signed [default: pinned where a
    /// mappers.lock lies beside it, else any].
    #[arg(
        long,
        env = "PORTOLAN_MODULE_POLICY",
        value_name = "POLICY",
        hide_possible_values = true
    )]
    module_policy: Option<ModulePolicy>,

    #[command(flatten)]
    trust: TrustArguments,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: CheckArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let mut config = arguments.trust.config(arguments.cache, config_file)?;
    config.mapping.module_policy = arguments.module_policy.or(config.mapping.module_policy);
    let bench = Workbench::open(&config.mapping)?;
    let specimen = Specimen::read(&arguments.file)?;
    let checked = check(
        &bench,
        &specimen,
        &Gate::open(config.mapping.module_policy, &config.mapping.trusted_keys)?,
    )?;
    talk::data(&text(&specimen, &checked)?)?;
    Ok(if checked.is_good() { COMPLETE } else { FAILED })
}

fn text(specimen: &Specimen, checked: &Checked) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(text, "{}", specimen.file.display())?;
    writeln!(
        text,
        "  {} bytes, SHA-256 {}",
        specimen.bytes.len(),
        specimen.digest
    )?;
    if !checked.sdk.is_empty() {
        let with: Vec<String> = checked
            .sdk
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        writeln!(text, "  written with {}", with.join(", "))?;
    }
    if let Some(manifest) = &checked.manifest {
        write!(text, "{}", about(manifest)?)?;
    }
    writeln!(text, "  signature: {}", checked.signature)?;
    for finding in &checked.findings {
        let word = if finding.is_fault { "fault" } else { "note" };
        writeln!(text, "{word}: {}", finding.text)?;
    }
    if checked.is_good() {
        let world = checked.world.as_deref().unwrap_or_default();
        let taker = match checked.kind {
            Some(Kind::Assessor) => "an assessment",
            _ => "a sync",
        };
        writeln!(
            text,
            "ok: it conforms to {world}, and {taker} would take it"
        )?;
    }
    Ok(text)
}

/// A manifest as text.
pub(super) fn about(manifest: &Manifest) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let kind = manifest.kind;
    let printable = |text: &str| portolan_machine::text::printable(text, 128);
    let objects: Vec<&str> = manifest
        .objects
        .iter()
        .map(|object| object.name())
        .collect();
    writeln!(
        text,
        "  {kind} {} {} for {}",
        printable(&manifest.name),
        printable(&manifest.version),
        objects.join(", ")
    )?;
    let list = |names: Vec<String>| match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    };
    if kind == Kind::Assessor {
        write!(text, "{}", about_controls(manifest)?)?;
        return Ok(text);
    }
    let attributes = manifest.attributes.keys().map(|name| printable(name));
    writeln!(
        text,
        "  attributes beyond the stock schema: {}",
        list(attributes.collect())
    )?;
    writeln!(text, "  settings: {}", list(settings(manifest)))?;
    let capabilities = manifest.capabilities.iter().map(|name| printable(name));
    writeln!(text, "  capabilities: {}", list(capabilities.collect()))?;
    Ok(text)
}

/// The names of a module's settings.
fn settings(manifest: &Manifest) -> Vec<String> {
    let schema = manifest.settings.as_ref();
    let properties = schema.and_then(|schema| schema.get("properties")?.as_object());
    let names = properties.into_iter().flat_map(serde_json::Map::keys);
    names
        .map(|name| portolan_machine::text::printable(name, 128))
        .collect()
}

/// What an assessor asks, and of which records.
fn about_controls(manifest: &Manifest) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for (name, with) in &manifest.with {
        let count = if with.many { "all" } else { "one" };
        let keys: Vec<&str> = with.by.keys().map(String::as_str).collect();
        let by = match keys.is_empty() {
            true => "account and Region".to_owned(),
            false => keys.join(", "),
        };
        writeln!(text, "  with {name}: {count} of {} by {by}", with.object)?;
    }
    for control in &manifest.controls {
        let reads = control.reads.iter().map(|(name, need)| match need {
            Need::Always => name.clone(),
            Need::WhenNeeded => format!("{name} when needed"),
        });
        let reads: Vec<String> = reads.collect();
        let reads = match reads.is_empty() {
            true => String::new(),
            false => format!("; reads {}", reads.join(", ")),
        };
        let title = portolan_machine::text::printable(&control.title, 256);
        writeln!(
            text,
            "  {} {} {title}{reads}",
            control.id,
            control.severity.word()
        )?;
    }
    let settings = settings(manifest);
    if !settings.is_empty() {
        writeln!(text, "  settings: {}", settings.join(", "))?;
    }
    Ok(text)
}
