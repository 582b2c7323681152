//! `portolan map`: recorded pages through the mappers, without AWS.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use flate2::bufread::MultiGzDecoder;
use portolan_page::Page;
use portolan_page::object::Object;
use portolan_page::recording::Pages;
use portolan_sandbox::{Engine, Mapper, MapperSet, Severity};
use portolan_sync::config::{Config, Settings};
use serde::Serialize;

use super::{COMPLETE, PARTIAL};
use crate::talk;

#[derive(Debug, clap::Args)]
pub(super) struct MapArguments {
    /// Recorded pages (JSON Lines, as `portolan sync --record` writes them), the JSON output of `aws ecs
    /// describe-clusters`, `-services`, `-tasks` or `-task-definition`, or a file of a CloudTrail trail,
    /// compressed or not; `-` is standard input.
    ///
    /// Output of the AWS CLI has no account, Region and time of its own: account and Region come from its
    /// first ARN, and LAST_CAPTURED is the time of this command.
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,

    #[command(flatten)]
    settings: Settings,
}

/// One line on standard error.
#[derive(Serialize)]
struct IssueLine<'a> {
    line: u64,
    severity: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<Object>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    path: &'a str,
    message: &'a str,
}

pub(super) fn run(arguments: MapArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let config = Config::resolve(arguments.settings, config_file)?;
    let engine = portolan_sandbox::engine(&config.mapping, 1)?;
    let cache = portolan_sandbox::open_cache(&config.mapping);
    let mappers = MapperSet::load(
        &engine,
        cache.as_ref(),
        &config.mapping,
        &config.fetching.objects,
    )?;
    let mut input = open(&arguments.file)?;
    let mut output = BufWriter::with_capacity(256 * 1024, io::stdout().lock());
    let mut status = COMPLETE;
    let mut is_empty = arguments.file != Path::new("-");
    for read in Pages::new(&mut input) {
        is_empty = false;
        let (number, page) =
            read.with_context(|| format!("cannot read {}", arguments.file.display()))?;
        let is_mapped = match page {
            Ok(page) => {
                let mut is_mapped = true;
                for mapper in mappers.iter() {
                    is_mapped &= match page.of(mapper.object, mapper.reads.as_ref()) {
                        Ok(None) => true,
                        Ok(Some(page)) => map_page(&engine, mapper, number, &page, &mut output)?,
                        Err(error) => {
                            let message = error.to_string();
                            say(&failed(
                                number,
                                Some(mapper.object),
                                "parts-too-large",
                                &message,
                            ))?;
                            false
                        }
                    };
                }
                is_mapped
            }
            Err(reason) => {
                let message = format!("line {number} is not a recorded page: {reason}");
                say(&failed(number, None, "not-a-page", &message))?;
                false
            }
        };
        if !is_mapped {
            status = PARTIAL;
        }
    }
    output.flush()?;
    if is_empty {
        let file = arguments.file.display();
        talk::say(&format!("note: {file} is empty; there is nothing to map"));
    }
    Ok(status)
}

/// The line for a page that cannot be mapped.
const fn failed<'a>(
    line: u64,
    object: Option<Object>,
    code: &'a str,
    message: &'a str,
) -> IssueLine<'a> {
    IssueLine {
        line,
        severity: "error",
        code,
        object,
        source_index: None,
        arn: None,
        path: "",
        message,
    }
}

/// The first bytes of a compressed file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

fn open(file: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    let mut opened: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        Box::new(BufReader::with_capacity(256 * 1024, file))
    };
    let beginning = opened.fill_buf();
    let beginning = beginning.with_context(|| format!("cannot read {}", file.display()))?;
    if beginning.starts_with(&GZIP) {
        let plain = MultiGzDecoder::new(opened);
        return Ok(Box::new(BufReader::with_capacity(256 * 1024, plain)));
    }
    Ok(opened)
}

/// Maps one page. The result is `false` if the whole page failed.
fn map_page(
    engine: &Engine,
    mapper: &Mapper,
    line: u64,
    page: &Page,
    output: &mut impl Write,
) -> anyhow::Result<bool> {
    let issue = |severity, code, source_index, path, message| IssueLine {
        line,
        severity,
        code,
        object: Some(page.object),
        source_index,
        arn: source_index.and_then(|index| page.arn(index)),
        path,
        message,
    };
    let records = match portolan_records::from_page(engine, mapper, page) {
        Ok(records) => records,
        Err(error) => {
            say(&issue("error", error.code(), None, "", &error.to_string()))?;
            return Ok(false);
        }
    };
    for record in records.iter() {
        output.write_all(record)?;
        output.write_all(b"\n")?;
    }
    for each in &records.rejections {
        say(&issue(
            "rejected",
            &each.code,
            Some(each.source_index),
            &each.path,
            &each.message,
        ))?;
    }
    for each in &records.warnings {
        let severity = match each.severity {
            Severity::Warning => "warning",
            Severity::Rejected => "rejected",
        };
        say(&issue(
            severity,
            &each.code,
            each.source_index,
            &each.path,
            &each.message,
        ))?;
    }
    Ok(true)
}

fn say(issue: &IssueLine<'_>) -> anyhow::Result<()> {
    talk::say(&serde_json::to_string(issue)?);
    Ok(())
}
