//! `portolan changes`: the differences between two outputs.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use portolan_records::changes::line::{self, OutputLine};
use portolan_records::changes::{
    ChangeCounts, ChangeKind, Changes, EarlierOutput, REPORT_LIMIT_BYTES, SeenScopes, outputs_in,
};
use portolan_records::report::Report;
use portolan_sync::config::{Config, Settings};

use super::{COMPLETE, PARTIAL};
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  The changes between two syncs:
    portolan changes monday tuesday
  UIDs of removed tasks:
    portolan changes monday tuesday --objects EcsTask | jq -r 'select(.change == \"removed\").uid'

Exit status 3: some earlier records are missing, but not proven gone; they are not reported as removed.";

#[derive(Debug, clap::Args)]
pub(super) struct ChangesArguments {
    /// The earlier output: a folder that `portolan sync` wrote to, or a file of lines.
    #[arg(value_name = "OLD")]
    old: PathBuf,

    /// The later output.
    #[arg(value_name = "NEW")]
    new: PathBuf,

    #[command(flatten)]
    settings: Settings,
}

pub(super) fn run(arguments: ChangesArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let config = Config::resolve(arguments.settings, config_file)?;
    let volatile = config.volatile_attributes.clone();
    let comparison =
        EarlierOutput::open(&arguments.old, &config.fetching.objects, volatile, false)?;
    let mut output = BufWriter::new(io::stdout().lock());
    let report = report(&arguments.new)?;
    let coverage = report.as_ref().map(Report::coverage);
    for (path, object) in outputs_in(&arguments.new)? {
        compare(
            &path,
            object,
            &config,
            (&comparison, coverage.as_ref()),
            &mut output,
        )?;
    }
    let changes = comparison.close(coverage.as_ref(), |object, removal| {
        output.write_all(&removal.line(object, None))?;
        output.write_all(b"\n")?;
        Ok::<_, anyhow::Error>(())
    })?;
    output.flush()?;
    for warning in comparison.warnings().iter().chain(&changes.warnings()) {
        talk::say(&format!("warning: {warning}"));
    }
    if talk::is_watched() {
        talk::say(&table(&changes));
    }
    let is_partial = |counts: &ChangeCounts| counts.removals_withheld > 0;
    Ok(if changes.objects.values().any(is_partial) {
        PARTIAL
    } else {
        COMPLETE
    })
}

/// Compares the lines of a file.
fn compare(
    path: &Path,
    by_name: Option<portolan_page::object::Object>,
    config: &Config,
    (comparison, coverage): (&EarlierOutput, Option<&SeenScopes>),
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let failed = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(failed)?;
    for (number, text) in portolan_machine::text::lines(BufReader::new(file))
        .with_context(failed)?
        .enumerate()
    {
        let text = text.with_context(failed)?;
        let OutputLine::Record { object, record, .. } = line::read(&text) else {
            continue;
        };
        if text.is_empty() {
            continue;
        }
        let object = by_name
            .or(object)
            .or_else(|| line::object_of(record))
            .with_context(|| {
                let place = format!("{}:{}", path.display(), number + 1);
                format!("{place} is not a record: no attribute holds the ARN of a known object; name the object with a file name such as EcsTask.jsonl")
            })?;
        if !config.fetching.objects.contains(&object) {
            continue;
        }
        let unread = coverage.map_or(Vec::new(), |it| it.unread(object, record));
        let change = comparison
            .compare(object, record, &unread)
            .with_context(|| format!("{}:{}", path.display(), number + 1))?;
        if change.kind != ChangeKind::Unchanged {
            output.write_all(&change.line(object, Some(record)))?;
            output.write_all(b"\n")?;
        }
    }
    Ok(())
}

/// The report of the later output. Without a report, no record counts as removed.
fn report(new: &Path) -> anyhow::Result<Option<Report>> {
    let path = new.join("report.json");
    if !path.is_file() {
        talk::say(&format!(
            "warning: {} has no report.json, so that the complete parts are unknown; no record is reported as removed",
            new.display()
        ));
        return Ok(None);
    }
    let text = portolan_machine::text::read_file(&path, REPORT_LIMIT_BYTES)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let report = serde_json::from_str(&text)
        .with_context(|| format!("{} is not a report of this program", path.display()))?;
    Ok(Some(report))
}

pub(super) fn table(changes: &Changes) -> String {
    let mut text = format!(
        "{:<18} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "changes", "added", "changed", "unchanged", "removed", "withheld"
    );
    for (object, counts) in &changes.objects {
        text.push_str(&format!(
            "\n{:<18} {:>9} {:>9} {:>9} {:>9} {:>9}",
            object.name(),
            counts.added,
            counts.changed,
            counts.unchanged,
            counts.removed,
            counts.removals_withheld
        ));
    }
    text
}
