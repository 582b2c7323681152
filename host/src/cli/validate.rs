//! `portolan validate`: do the records in these files follow their schemas?

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use portolan::config::{Config, Settings};
use portolan::mapper::MapperSet;
use portolan::object::Object;
use portolan::schemas;
use portolan::validate::{RecordValidator, Violation};
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::{COMPLETE, FAILED};

#[derive(Debug, clap::Args)]
pub(super) struct ValidateArguments {
    /// Files of records (JSON Lines), or a report.json; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// The object that bare records are of; without it the file's name or the records' ARN attribute tells.
    #[arg(long, value_name = "OBJECT")]
    object: Option<Object>,

    #[command(flatten)]
    settings: Settings,
}

/// A line as `portolan sync --output -` writes it.
#[derive(Deserialize)]
struct Wrapped<'a> {
    object: Object,
    #[serde(borrow)]
    attributes: &'a RawValue,
}

pub(super) fn run(arguments: ValidateArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let config = Config::resolve(arguments.settings, config_file)?;
    let validators = validators(&config)?;
    let mut output = BufWriter::new(io::stdout().lock());
    let mut violations = 0_u64;
    for file in &arguments.files {
        violations += if file.file_name().is_some_and(|name| name == "report.json") {
            check_report(file, &mut output)?
        } else {
            check_records(file, arguments.object, &validators, &mut output)?
        };
    }
    output.flush()?;
    Ok(if violations == 0 { COMPLETE } else { FAILED })
}

/// The stock schemas, with the attributes that configured modules declare.
fn validators(config: &Config) -> anyhow::Result<BTreeMap<Object, RecordValidator>> {
    if config.mappers.is_some() || !config.overlays.is_empty() {
        let engine = portolan::sync::engine(config, 1)?;
        let cache = portolan::sync::open_cache(config);
        let set = MapperSet::load(&engine, cache.as_ref(), config, &Object::ALL)?;
        return Ok(set
            .iter()
            .map(|mapper| (mapper.object, mapper.validator.clone()))
            .collect());
    }
    Object::ALL
        .into_iter()
        .map(|object| Ok((object, RecordValidator::new(object, &Map::new())?)))
        .collect()
}

fn open(file: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Box::new(BufReader::with_capacity(256 * 1024, opened)))
}

fn check_records(
    file: &Path,
    object: Option<Object>,
    validators: &BTreeMap<Object, RecordValidator>,
    output: &mut impl Write,
) -> anyhow::Result<u64> {
    let by_name = file
        .file_stem()
        .and_then(|stem| stem.to_str())
        .and_then(|stem| stem.parse().ok());
    let mut violations = 0;
    for (number, line) in open(file)?.split(b'\n').enumerate() {
        let line = line.with_context(|| format!("cannot read {}", file.display()))?;
        let wrapped: Option<Wrapped<'_>> = serde_json::from_slice(&line).ok();
        let (object, record) = match &wrapped {
            Some(wrapped) => (wrapped.object, wrapped.attributes.get().as_bytes()),
            None => (
                object.or(by_name).unwrap_or_else(|| guess(&line)),
                line.as_slice(),
            ),
        };
        let found = validators
            .get(&object)
            .map_or(Ok(()), |validator| validator.check(record));
        for Violation { path, message } in found.err().into_iter().flatten() {
            violations += 1;
            let place = if path.is_empty() {
                String::new()
            } else {
                format!(" {path}:")
            };
            writeln!(
                output,
                "{}:{}: {object}:{place} {message}",
                file.display(),
                number + 1
            )?;
        }
    }
    Ok(violations)
}

/// The object of a bare record, by the ARN attribute that only this object requires.
fn guess(line: &[u8]) -> Object {
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(line).unwrap_or_default();
    match () {
        () if members.contains_key("TASK_ARN") => Object::EcsTask,
        () if members.contains_key("SERVICE_ARN") => Object::EcsService,
        () if members.contains_key("TASK_DEFINITION_ARN") => Object::EcsTaskDefinition,
        () => Object::EcsCluster,
    }
}

fn check_report(file: &Path, output: &mut impl Write) -> anyhow::Result<u64> {
    let schema: Value =
        serde_json::from_str(schemas::text("report").context("the report has a schema")?)?;
    let validator =
        jsonschema::draft202012::new(&schema).context("the report's schema is valid")?;
    let report: Value = serde_json::from_reader(open(file)?)
        .with_context(|| format!("{} is not JSON", file.display()))?;
    let mut violations = 0;
    for error in validator.iter_errors(&report) {
        violations += 1;
        let message = portolan::text::printable(&error.masked().to_string(), 300);
        writeln!(
            output,
            "{}: report: {}: {message}",
            file.display(),
            error.instance_path()
        )?;
    }
    Ok(violations)
}
