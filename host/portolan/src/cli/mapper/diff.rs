//! `portolan mapper diff`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use portolan_records::differences::{AttributeDifference, Differences, Presence};
use portolan_workbench::diff::{ModuleDiff, diff};
use portolan_workbench::{Specimen, Workbench};

use super::CacheArguments;
use crate::cli::{COMPLETE, PARTIAL};
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  The changes of a new version:
    portolan mapper diff acme-tags-1.wasm built/acme-tags.wasm --pages pages.jsonl
  The changes of a module that is not in use yet:
    portolan mapper diff stock built/acme-tags.wasm --pages pages.jsonl
  For a script:
    portolan mapper diff --json old.wasm new.wasm --pages pages.jsonl \\
      | jq .objects.EcsTask.attributes.OWNER

Each module works as in a sync: a mapping alone, an overlay over the stock mapping. Settings come
from [modules.NAME] of the file that --config names.

Exit status: 0 if there is no difference, 3 if there is one, 1 if the modules could not be
compared.";

#[derive(Debug, clap::Args)]
pub(super) struct DiffArguments {
    /// The old module, or `stock` for the stock mappings.
    #[arg(value_name = "OLD")]
    old: PathBuf,

    /// The new module, or `stock`.
    #[arg(value_name = "NEW")]
    new: PathBuf,

    /// Recorded pages (JSON Lines, as `portolan sync --record` writes them); `-` is standard input.
    #[arg(long, value_name = "PAGES")]
    pages: PathBuf,

    /// Print one JSON object.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: DiffArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let bench = Workbench::open(&arguments.cache.config(config_file)?.mapping)?;
    let (old, new) = (specimen(&arguments.old)?, specimen(&arguments.new)?);
    let comparison = diff(&bench, old.as_ref(), new.as_ref(), &arguments.pages)?;
    let text = if arguments.json {
        format!("{}\n", serde_json::to_string_pretty(&comparison)?)
    } else {
        text(&comparison)?
    };
    talk::data(&text)?;
    if comparison.pages_left_out > 0 {
        talk::say(&format!(
            "{} pages are left out: neither module is for their objects",
            comparison.pages_left_out
        ));
    }
    Ok(if comparison.is_empty() {
        COMPLETE
    } else {
        PARTIAL
    })
}

/// The module of a file; `None` for the stock mappings.
fn specimen(file: &Path) -> anyhow::Result<Option<Specimen>> {
    if file == Path::new("stock") {
        return Ok(None);
    }
    Ok(Some(Specimen::read(file)?))
}

fn text(comparison: &ModuleDiff) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(text, "{} -> {}", comparison.old, comparison.new)?;
    for (object, differences) in &comparison.objects {
        writeln!(
            text,
            "{object}: {} pages; records: {} the same, {} changed, {} new, {} gone",
            differences.pages,
            differences.same,
            differences.changed,
            differences.appear.records,
            differences.vanish.records
        )?;
        objects(&mut text, differences)?;
    }
    if comparison.is_empty() {
        writeln!(text, "no difference")?;
    }
    Ok(text)
}

fn objects(text: &mut String, differences: &Differences) -> std::fmt::Result {
    for (name, attribute) in &differences.attributes {
        self::attribute(text, name, attribute)?;
    }
    presence(text, "new", &differences.appear)?;
    presence(text, "gone", &differences.vanish)?;
    for issue in &differences.issues {
        let path = match issue.path.as_str() {
            "" => String::new(),
            path => format!(" at {path}"),
        };
        writeln!(
            text,
            "  issue {} [{}]{path}: {} new, {} gone; {}",
            issue.severity, issue.code, issue.appear, issue.vanish, issue.message
        )?;
        for uid in &issue.examples {
            writeln!(text, "    {uid}")?;
        }
    }
    match differences.omitted {
        0 => Ok(()),
        omitted => writeln!(text, "  and {omitted} differences of other sorts"),
    }
}

fn attribute(text: &mut String, name: &str, attribute: &AttributeDifference) -> std::fmt::Result {
    writeln!(
        text,
        "  {name}: {} gain it, {} lose it, {} change it",
        attribute.gained, attribute.lost, attribute.changed
    )?;
    for example in &attribute.examples {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
        writeln!(
            text,
            "    {}: {} -> {}",
            example.uid,
            shown(&example.old),
            shown(&example.new)
        )?;
    }
    Ok(())
}

fn presence(text: &mut String, word: &str, presence: &Presence) -> std::fmt::Result {
    if presence.records == 0 {
        return Ok(());
    }
    writeln!(text, "  records {word}: {}", presence.records)?;
    for uid in &presence.examples {
        writeln!(text, "    {uid}")?;
    }
    Ok(())
}
