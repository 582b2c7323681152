//! `portolan mapper bench`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use portolan_page::object::Object;
use portolan_workbench::bench::{Speed, bench};
use portolan_workbench::{Specimen, Workbench};

use super::CacheArguments;
use crate::cli::COMPLETE;
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  With sample pages of 100 objects:
    portolan mapper bench built/acme-tags.wasm
  With recorded pages:
    portolan mapper bench built/acme-tags.wasm --pages pages.jsonl

The time covers every step of a sync from a page to valid records, on one core: a mapping alone, an
overlay over the stock mapping. The stock mapping alone takes turns with the module. Settings come
from [modules.NAME] of the file that --config names.";

#[derive(Debug, clap::Args)]
pub(super) struct BenchArguments {
    /// The module.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Recorded pages (JSON Lines, as `portolan sync --record` writes them); `-` is standard input [default:
    /// a sample page of 100 objects].
    #[arg(long, value_name = "PAGES")]
    pages: Option<PathBuf>,

    /// Print one JSON object.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: BenchArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let workbench = Workbench::open(&arguments.cache.config(config_file)?.mapping)?;
    let specimen = Specimen::read(&arguments.file)?;
    let speeds = bench(&workbench, &specimen, arguments.pages.as_deref())?;
    let text = if arguments.json {
        format!("{}\n", serde_json::to_string_pretty(&speeds)?)
    } else {
        let mut text = String::new();
        for (object, speed) in &speeds {
            write(&mut text, *object, speed)?;
        }
        text
    };
    talk::data(&text)?;
    Ok(COMPLETE)
}

fn write(text: &mut String, object: Object, speed: &Speed) -> std::fmt::Result {
    writeln!(
        text,
        "{object}: {} pages, {} objects, {} bytes, {} rounds",
        speed.pages, speed.objects, speed.bytes, speed.rounds
    )?;
    let stock = speed.stock.iter().map(|pace| ("stock mapping", pace));
    for (side, pace) in [("this module", &speed.module)].into_iter().chain(stock) {
        writeln!(
            text,
            "  {side:<14} {:>9.0} µs a page, {:>9.0} records a second",
            pace.page_microseconds, pace.records_per_second
        )?;
    }
    match speed.ratio() {
        Some(ratio) => writeln!(text, "  {ratio:.2} times the stock mapping"),
        None => Ok(()),
    }
}
