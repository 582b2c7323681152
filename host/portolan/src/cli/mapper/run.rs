//! `portolan mapper run`.

use std::path::{Path, PathBuf};

use portolan_page::Page;
use portolan_records::Records;
use portolan_sandbox::Severity;
use portolan_workbench::{Specimen, Workbench};
use serde_json::Value;

use super::CacheArguments;
use crate::cli::{COMPLETE, PARTIAL};
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  Record pages once, then try a mapping as often as you like:
    portolan sync --record pages.jsonl --regions us-east-1 --output ecs
    portolan mapper run built/acme-tags.wasm --pages pages.jsonl
  A certain page, and one attribute of its records:
    portolan mapper run built/acme-tags.wasm --pages pages.jsonl --line 7 | jq .OWNER

A mapping runs alone, an overlay over the stock mapping. Settings come from [modules.NAME] of the
file that --config names.

Exit status: 0 if every object of the page has a record, 3 if some have none, 1 if nothing was
mapped.";

#[derive(Debug, clap::Args)]
pub(super) struct RunArguments {
    /// The module.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Recorded pages (JSON Lines, as `portolan sync --record` writes them); `-` is standard input.
    #[arg(long, value_name = "PAGES")]
    pages: PathBuf,

    /// The line of the page [default: the first page of an object that the module is for].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    line: Option<u64>,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: RunArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let bench = Workbench::open(&arguments.cache.config(config_file)?.mapping)?;
    let mut rig = bench.mount(&Specimen::read(&arguments.file)?)?;
    let (line, page) = rig.page(&arguments.pages, arguments.line)?;
    let records = rig.records(bench.engine(), &page)?;
    for record in records.iter() {
        let record: Value = serde_json::from_slice(record)?;
        talk::data(&format!("{}\n", serde_json::to_string_pretty(&record)?))?;
    }
    tell(&page, &records);
    talk::say(&format!(
        "{}: line {line}, a page of {}: {} records, {} rejected, {} warnings",
        rig.name(),
        page.object,
        records.len(),
        records.rejections.len(),
        records.warnings.len()
    ));
    Ok(if records.rejections.is_empty() {
        COMPLETE
    } else {
        PARTIAL
    })
}

fn tell(page: &Page, records: &Records) {
    let issue = |severity: &str, index: Option<usize>, code: &str, path: &str, message: &str| {
        let object = match index {
            Some(index) => page.arn(index).unwrap_or_else(|| format!("object {index}")),
            None => "the page".to_owned(),
        };
        let object = portolan_machine::text::printable(&object, 256);
        let path = if path.is_empty() {
            String::new()
        } else {
            format!(" at {path}")
        };
        talk::say(&format!("{severity} [{code}] {object}{path}: {message}"));
    };
    for each in &records.rejections {
        issue(
            "rejected",
            Some(each.source_index),
            &each.code,
            &each.path,
            &each.message,
        );
    }
    for each in &records.warnings {
        let severity = match each.severity {
            Severity::Warning => "warning",
            Severity::Rejected => "rejected",
        };
        issue(
            severity,
            each.source_index,
            &each.code,
            &each.path,
            &each.message,
        );
    }
}
