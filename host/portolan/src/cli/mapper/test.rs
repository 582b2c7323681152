//! `portolan mapper test`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use portolan_workbench::suite::{FileOutcome, Suite};
use portolan_workbench::{Measured, Specimen, folder as author};

use super::CacheArguments;
use crate::cli::{COMPLETE, FAILED};
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  The module in built/ against pages/*.jsonl and expected/*.jsonl of this folder:
    portolan mapper test
  After an intended change, write expected/ again; then review the difference:
    portolan mapper test --bless

Every page is also damaged: members absent, null and of wrong types, objects that end early. The
module may reject a damaged object, but it must not crash, give a record that is not valid, or
lose another object. Settings come from [modules.NAME] of the file that --config names.

Exit status: 0 if all is as expected, 1 if not.";

/// Number of sentences of one kind shown for a file.
const SHOWN: usize = 20;

#[derive(Debug, clap::Args)]
pub(super) struct TestArguments {
    /// The folder that holds pages/ and expected/.
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,

    /// The module [default: the one in built/ of the folder].
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,

    /// Write the expected records instead of comparing with them.
    #[arg(long)]
    bless: bool,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: TestArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let folder = super::plain(&arguments.folder);
    let files = author::files(folder)?;
    let module = match arguments.module {
        Some(module) => module,
        None => {
            let module = author::module(folder)?;
            if let Some(source) = author::newer_source(folder, &module) {
                talk::say(&format!(
                    "warning: {} is older than {}; run `portolan mapper build` to test what you wrote",
                    module.display(),
                    source.display()
                ));
            }
            module
        }
    };
    let config = arguments.cache.config(config_file)?;
    let mut suite = Suite::open(&config.mapping, &Specimen::read(&module)?)?;
    talk::data(&format!("{} ({})\n", suite.name(), module.display()))?;
    let (mut bad, mut differs) = (0, false);
    for (file, expected) in &files {
        let outcome = suite.run(file, expected, arguments.bless)?;
        talk::data(&text(file, expected, &outcome)?)?;
        bad += usize::from(!outcome.is_good());
        differs |= !outcome.differences.is_empty();
    }
    let never_filled = suite.never_filled();
    // An overlay that failed filled nothing, whatever the pages hold.
    if bad == 0 && !never_filled.is_empty() {
        talk::say(&format!(
            "note: no page fills {}, so nothing was tested there; add a page that does (`portolan sync --record`)",
            never_filled.join(", ")
        ));
    }
    if bad == 0 {
        talk::data("ok\n")?;
        return Ok(COMPLETE);
    }
    talk::data(&format!("failed: {bad} of {} files\n", files.len()))?;
    if differs {
        talk::say(
            "if the differences are intended, `portolan mapper test --bless` writes expected/ again",
        );
    }
    Ok(FAILED)
}

fn text(file: &Path, expected: &Path, outcome: &FileOutcome) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(text, "{}", file.display())?;
    for (line, measured) in &outcome.measured {
        writeln!(text, "  line {line}: {}", costs(measured)?)?;
    }
    sentences(&mut text, "remark", &outcome.remarks)?;
    if outcome.is_blessed {
        writeln!(text, "  written: {}", expected.display())?;
    }
    sentences(&mut text, "difference", &outcome.differences)?;
    sentences(&mut text, "problem", &outcome.problems)?;
    writeln!(text, "  {} damaged pages tried", outcome.variants)?;
    Ok(text)
}

fn sentences(text: &mut String, word: &str, sentences: &[String]) -> std::fmt::Result {
    for sentence in sentences.iter().take(SHOWN) {
        writeln!(text, "  {word}: {sentence}")?;
    }
    match sentences.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(text, "  {word}: and {more} more"),
    }
}

/// One line of figures. Rates are per described object; a limit is that of the page.
fn costs(measured: &Measured) -> Result<String, std::fmt::Error> {
    const MEBIBYTE: f64 = 1024.0 * 1024.0;
    let objects = measured.objects.max(1) as f64;
    let mut text = String::new();
    write!(
        text,
        "{} of {} objects; per object {:.1} µs",
        measured.rows,
        measured.objects,
        measured.time.as_secs_f64() * 1e6 / objects
    )?;
    if let Some(instructions) = measured.instructions {
        write!(text, ", {:.0} instructions", instructions as f64 / objects)?;
    }
    write!(
        text,
        ", {:.0} bytes of output; page: time {:.2} of {} ms, memory {:.1} of {:.0} MiB, output {:.3} of {:.1} MiB",
        measured.output_bytes as f64 / objects,
        measured.time.as_secs_f64() * 1e3,
        measured.time_limit.as_millis(),
        measured.memory_bytes as f64 / MEBIBYTE,
        measured.memory_limit_bytes as f64 / MEBIBYTE,
        measured.output_bytes as f64 / MEBIBYTE,
        measured.output_limit_bytes as f64 / MEBIBYTE,
    )?;
    Ok(text)
}
