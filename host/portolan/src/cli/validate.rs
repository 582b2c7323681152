//! `portolan validate`: checks records against their schemas.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use portolan_machine::text;
use portolan_page::object::Object;
use portolan_page::schemas;
use portolan_records::changes::line::{self, OutputLine};
use portolan_sandbox::MapperSet;
use portolan_sandbox::validate::{RecordValidator, Violation};
use portolan_sync::config::{Config, Settings};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{COMPLETE, FAILED};
use crate::talk;

#[derive(Debug, clap::Args)]
pub(super) struct ValidateArguments {
    /// Files of records, findings or changes (JSON Lines), reports or assessments; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Object of bare records [default: from the file's name, else from the records' ARN attribute].
    #[arg(long, value_name = "OBJECT")]
    object: Option<Object>,

    #[command(flatten)]
    settings: Settings,
}

pub(super) fn run(arguments: ValidateArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let config = Config::resolve(arguments.settings, config_file)?;
    let validators = validators(&config)?;
    let others = Others {
        changes: schema_validator("changes")?,
        finding: schema_validator("Finding")?,
    };
    let mut output = BufWriter::new(io::stdout().lock());
    let mut violations = 0_u64;
    for file in &arguments.files {
        let mut input = open(file)?;
        let failed = || format!("cannot read {}", file.display());
        text::skip_mark(&mut input).with_context(failed)?;
        let beginning = input.fill_buf().with_context(failed)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        violations += if name.ends_with(".provenance.jsonl") {
            check_provenance(file, input, &mut output)?
        } else if is_report(beginning) || ["report.json", "assessment.json"].contains(&&*name) {
            check_report(file, input, &mut output)?
        } else {
            check_records(
                file,
                input,
                arguments.object,
                &validators,
                &others,
                &mut output,
            )?
        };
    }
    output.flush()?;
    let knows_stock_only = config.mapping.mappers.is_none() && config.mapping.overlays.is_empty();
    if violations > 0 && knows_stock_only {
        talk::say(
            "note: only stock attributes are known; name the modules of other attributes with --mappers and --overlays",
        );
    }
    Ok(if violations == 0 { COMPLETE } else { FAILED })
}

/// The stock schemas, with the attributes that configured modules declare.
fn validators(config: &Config) -> anyhow::Result<BTreeMap<Object, RecordValidator>> {
    if config.mapping.mappers.is_some() || !config.mapping.overlays.is_empty() {
        let engine = portolan_sandbox::engine(&config.mapping, 1)?;
        let cache = portolan_sandbox::open_cache(&config.mapping);
        let set = MapperSet::load(&engine, cache.as_ref(), &config.mapping, &Object::ALL)?;
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

/// Whether a file is a report, whatever its name: its first member belongs to reports and not to records.
fn is_report(beginning: &[u8]) -> bool {
    let member = || {
        let text = beginning.trim_ascii_start().strip_prefix(b"{")?;
        let text = text.trim_ascii_start().strip_prefix(b"\"")?;
        let end = text.iter().position(|byte| *byte == b'"')?;
        std::str::from_utf8(&text[..end]).ok()
    };
    let schema: Option<Value> =
        schemas::text("report").and_then(|text| serde_json::from_str(text).ok());
    member()
        .zip(schema)
        .is_some_and(|(member, schema)| schema["properties"].get(member).is_some())
}

/// The validators of lines that are not records.
struct Others {
    changes: jsonschema::Validator,
    finding: jsonschema::Validator,
}

impl Others {
    fn change(&self, line: &[u8]) -> Vec<Violation> {
        let value: Value = serde_json::from_slice(line).unwrap_or_default();
        violations_of(&self.changes, &value)
    }

    fn finding(&self, text: &[u8]) -> Vec<Violation> {
        match serde_json::from_slice(text) {
            Ok(value) => violations_of(&self.finding, &value),
            Err(_) => vec![Violation {
                path: String::new(),
                message: "it is not JSON".into(),
            }],
        }
    }
}

/// Long, because it tells the kinds of lines apart.
fn check_records(
    file: &Path,
    input: impl BufRead,
    object: Option<Object>,
    validators: &BTreeMap<Object, RecordValidator>,
    others: &Others,
    output: &mut impl Write,
) -> anyhow::Result<u64> {
    let by_name = file
        .file_stem()
        .and_then(|stem| stem.to_str())
        .and_then(|stem| stem.parse().ok());
    let is_feed = file.to_string_lossy().ends_with(".changes.jsonl");
    let are_findings = file.file_name().is_some_and(|name| name == "Finding.jsonl");
    let mut violations = 0;
    let failed = || format!("cannot read {}", file.display());
    for (number, line) in text::lines(input).with_context(failed)?.enumerate() {
        let line = line.with_context(failed)?;
        let read = match line::read(&line) {
            OutputLine::Record {
                object: None,
                record,
                ..
            } if are_findings => OutputLine::Finding {
                finding: Some(record),
                is_change: false,
            },
            read => read,
        };
        let (object, record, is_change) = match read {
            OutputLine::Record {
                object: said,
                record,
                is_change,
            } => {
                let object = said.or(object).or(by_name);
                let object = object.or_else(|| line::object_of(record));
                (object, Some(record), is_change)
            }
            OutputLine::Removal { object } => (Some(object), None, true),
            OutputLine::Finding { finding, is_change } => {
                let mut found = finding.map_or(Vec::new(), |finding| others.finding(finding));
                if is_change || is_feed {
                    found.extend(others.change(&line));
                }
                violations += found.len() as u64;
                let line = format!("{}:{}: Finding:", file.display(), number + 1);
                tell(&line, &found, output)?;
                continue;
            }
        };
        // For a line that is not a record, every validator reports the same.
        let validator = object.map_or(validators.values().next(), |object| validators.get(&object));
        let found = record.zip(validator);
        let found = found.map_or(Ok(()), |(record, validator)| validator.check(record));
        let mut found = found.err().unwrap_or_default();
        if object.is_none() && serde_json::from_slice::<Map<String, Value>>(&line).is_ok() {
            found = vec![Violation {
                path: String::new(),
                message:
                    "no attribute holds the ARN of a known object; name the object with --object"
                        .into(),
            }];
        }
        if is_change || is_feed {
            // Lines that are not JSON are reported above.
            found.extend(others.change(&line));
        }
        let name = object.map_or(String::new(), |object| format!(" {object}:"));
        violations += found.len() as u64;
        let line = format!("{}:{}:{name}", file.display(), number + 1);
        tell(&line, &found, output)?;
    }
    Ok(violations)
}

/// Writes the violations of a line.
fn tell(line: &str, found: &[Violation], output: &mut impl Write) -> std::io::Result<()> {
    for Violation { path, message } in found {
        match path.as_str() {
            "" => writeln!(output, "{line} {message}")?,
            path => writeln!(output, "{line} {path}: {message}")?,
        }
    }
    Ok(())
}

fn schema_validator(name: &str) -> anyhow::Result<jsonschema::Validator> {
    let text = schemas::text(name).with_context(|| format!("there is a schema of {name}"))?;
    jsonschema::draft202012::new(&serde_json::from_str(text)?)
        .with_context(|| format!("the schema of {name} is valid"))
}

/// Every violation, without values.
fn violations_of(validator: &jsonschema::Validator, value: &Value) -> Vec<Violation> {
    let violations = validator.iter_errors(value).map(|error| Violation {
        path: error.instance_path().to_string(),
        message: text::printable(&error.masked().to_string(), 300),
    });
    violations.collect()
}

/// A line of a provenance file: the module of each attribute.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProvenanceLine {
    #[serde(rename = "UID")]
    _uid: String,
    #[serde(rename = "provenance")]
    _provenance: BTreeMap<String, String>,
}

fn check_provenance(
    file: &Path,
    input: impl BufRead,
    output: &mut impl Write,
) -> anyhow::Result<u64> {
    let mut violations = 0;
    let failed = || format!("cannot read {}", file.display());
    for (number, line) in text::lines(input).with_context(failed)?.enumerate() {
        let line = line.with_context(failed)?;
        if serde_json::from_slice::<ProvenanceLine>(&line).is_err() {
            violations += 1;
            writeln!(
                output,
                "{}:{}: provenance: it is not {{\"UID\":…,\"provenance\":{{attribute: module}}}}",
                file.display(),
                number + 1
            )?;
        }
    }
    Ok(violations)
}

fn check_report(file: &Path, input: impl BufRead, output: &mut impl Write) -> anyhow::Result<u64> {
    let report: Value = serde_json::from_reader(input)
        .with_context(|| format!("{} is not JSON", file.display()))?;
    let mut violations = 0;
    // Both begin with the version of the program.
    let schema = match report.get("assessors") {
        Some(_) => "assessment",
        None => "report",
    };
    for Violation { path, message } in violations_of(&schema_validator(schema)?, &report) {
        violations += 1;
        writeln!(output, "{}: {schema}: {path}: {message}", file.display())?;
    }
    Ok(violations)
}
