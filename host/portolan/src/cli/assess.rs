//! `portolan assess`: judges the records of an output.

mod exports;

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use portolan_assess::{AssessError, Assessment, Finding, Output, Record, Request};
use portolan_machine::aside;
use portolan_sandbox::{Assessor, ControlResult, ControlSeverity, Loader, ModuleSettings};
use portolan_sync::config::{Config, Settings};
use serde_json::{Map, Value};

use super::{COMPLETE, PARTIAL, USAGE};
use crate::talk;
use exports::{Exports, Wish};

/// An unmuted failure at or above the level of `--fail-on`.
const FOUND: u8 = 4;
/// The prefix of files before they are renamed to their places.
const PREFIX: &str = ".portolan-assess-";
/// Number of subjects in the summary.
const WORST: usize = 10;

pub(super) const EXAMPLES: &str = "Exit status:
  0  every control has an answer for every subject, and none at or above --fail-on failed
  2  usage; also a folder without report.json
  3  data are missing: an object was not synced completely, or a control (with --fail-on, one of at least that
     severity) could not be evaluated
  4  a control at or above --fail-on failed

Examples:
  What is wrong with what was synced?
    portolan sync --objects all --option EcsTaskDefinition.scope=current --output ecs
    portolan assess ecs
  Fail a pipeline over severe findings:
    portolan assess ecs --fail-on high
  Findings for a security lake, and for Security Hub under its own names of controls:
    portolan assess ecs --export ocsf=ecs/findings.ocsf.jsonl
    portolan assess ecs --standard securityhub --export asff=ecs/findings.asff.jsonl
  Every result, for a report of coverage:
    portolan assess ecs --results all && jq -r '[.CONTROL_ID, .RESULT, .SUBJECT_UID] | @tsv' ecs/Finding.jsonl";

#[derive(Debug, clap::Args)]
pub(super) struct AssessArguments {
    /// Folder that `portolan sync` wrote to. Finding.jsonl and assessment.json are written beside its records.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    /// Results to write.
    #[arg(long, value_enum, default_value = "open")]
    results: Results,

    /// Also write the findings in the format of other programs: ocsf, sarif, asff or csv. Give it several times for
    /// several files; `-` is standard output.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = exports::wish)]
    export: Vec<Wish>,

    /// Exit with status 4 over a failure of this severity or a higher one.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<Level>,

    /// Let failures of audit controls count for --fail-on. They stay as long as their event is in the output.
    #[arg(long, requires = "fail_on")]
    fail_on_audit: bool,

    /// Only controls of this standard. Exports name them as the standard does, for example ECS.4.
    #[arg(long, value_enum, default_value = "all")]
    standard: Standard,

    /// Attributes of the subject that its findings carry, for example OWNER.
    #[arg(long, value_name = "ATTRIBUTE", value_delimiter = ',')]
    carry: Vec<String>,

    /// Tag keys that every resource must have; at most six.
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    required_tags: Vec<String>,

    /// Revisions of task definitions to judge.
    #[arg(long, value_enum, default_value = "current")]
    revisions: Chosen,

    /// Assessors beside the stock ones (.wasm).
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    assessors: Vec<PathBuf>,

    #[command(flatten)]
    settings: Settings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Results {
    /// Failures, and what could not be evaluated.
    Open,
    /// Everything.
    All,
}

impl Results {
    fn has(self, result: ControlResult) -> bool {
        let is_open = matches!(result, ControlResult::Fail | ControlResult::NotEvaluated);
        is_open || self == Self::All
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Standard {
    All,
    Securityhub,
    Cis,
    Prowler,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Chosen {
    /// The newest ACTIVE revision of each family, and those that services and tasks refer to.
    Current,
    /// Every revision in the output.
    All,
}

pub(super) fn run(arguments: AssessArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let config = Config::resolve(arguments.settings.clone(), config_file)?;
    let output = match Output::open(&arguments.folder) {
        Ok(output) => output,
        Err(
            error @ (AssessError::NoReport { .. }
            | AssessError::OtherReport { .. }
            | AssessError::OtherRecords { .. }),
        ) => {
            talk::error(&error.to_string());
            return Ok(USAGE);
        }
        Err(error) => return Err(error.into()),
    };
    if arguments.required_tags.len() > 6 {
        talk::error("required-tags: Security Hub takes at most six keys; leave out the others");
        return Ok(USAGE);
    }
    if let Err(error) = exports::check(&arguments.export, &arguments.folder) {
        talk::error(&error);
        return Ok(USAGE);
    }
    let engine = portolan_sandbox::engine(&config.mapping, 1)?;
    let cache = portolan_sandbox::open_cache(&config.mapping);
    let loader = Loader::new(&engine, cache.as_ref(), &config.mapping)?;
    let settings = settings(&arguments);
    let mut assessors = Vec::new();
    for assessor in loader.stock_assessors()? {
        assessors.push(configured(assessor, &settings)?);
    }
    for file in &arguments.assessors {
        assessors.push(loader.assessor(file)?);
    }
    let request = request(&arguments, settings);
    let mut files = Files::create(&arguments.folder)?;
    let mut exports = Exports::create(&arguments.export, &request, &arguments.folder)?;
    let mut tally = Tally::default();
    let tell = |finding: &Finding, subject: &Record| {
        tally.add(finding, &arguments);
        match arguments.results.has(finding.result) {
            true => files
                .write(finding)
                .and_then(|()| exports.write(finding, subject)),
            false => Ok(()),
        }
    };
    let mut assessment = portolan_assess::run(&engine, &assessors, &output, &request, tell)?;
    let written = exports.finish()?;
    assessment.exports = written.names_in(&arguments.folder);
    files.finish(&assessment)?;
    written.appear()?;
    if talk::is_watched() {
        talk::say(&tally.table(&assessment));
    }
    let has_all = assessment
        .controls
        .iter()
        .all(|counts| counts.subjects_complete);
    Ok(tally.status(arguments.fail_on, has_all))
}

/// The settings of stock controls.
fn settings(arguments: &AssessArguments) -> Map<String, Value> {
    let lists = [("required-tags", &arguments.required_tags)];
    let given = lists.into_iter().filter(|(_, list)| !list.is_empty());
    given
        .map(|(name, list)| (name.to_owned(), Value::from(list.clone())))
        .collect()
}

/// Passes the settings to an assessor that declares them.
fn configured(assessor: Assessor, settings: &Map<String, Value>) -> anyhow::Result<Assessor> {
    let declared = assessor.component.manifest.settings.as_ref();
    let declares = |name: &str| declared.is_some_and(|it| it["properties"].get(name).is_some());
    let own: Map<String, Value> = settings
        .iter()
        .filter(|(name, _)| declares(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if own.is_empty() {
        return Ok(assessor);
    }
    let settings = ModuleSettings {
        settings: Some(own),
        ..ModuleSettings::default()
    };
    Ok(assessor.configure(&settings)?)
}

fn request(arguments: &AssessArguments, settings: Map<String, Value>) -> Request {
    let standard = match arguments.standard {
        Standard::All => None,
        Standard::Securityhub => Some("Security Hub "),
        Standard::Cis => Some("CIS "),
        Standard::Prowler => Some("Prowler "),
    };
    Request {
        all_revisions: arguments.revisions == Chosen::All,
        settings,
        carried: arguments.carry.clone(),
        standard: standard.map(str::to_owned),
    }
}

/// The files of an assessment, which appear when it is done.
struct Files {
    place: PathBuf,
    findings: BufWriter<tempfile::NamedTempFile>,
}

impl Files {
    fn create(folder: &Path) -> anyhow::Result<Self> {
        let place = folder.join("Finding.jsonl");
        let file = aside::beside(&place, PREFIX)
            .with_context(|| format!("cannot write into {}", folder.display()))?;
        Ok(Self {
            place,
            findings: BufWriter::with_capacity(256 * 1024, file),
        })
    }

    fn write(&mut self, finding: &Finding) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.findings, finding)?;
        Ok(self.findings.write_all(b"\n")?)
    }

    fn finish(self, assessment: &Assessment) -> anyhow::Result<()> {
        let failed = || format!("cannot write {}", self.place.display());
        let findings = self.findings.into_inner().with_context(failed)?;
        findings.as_file().sync_data().with_context(failed)?;
        let summary = self.place.with_file_name("assessment.json");
        let mut file = aside::beside(&summary, PREFIX).with_context(failed)?;
        serde_json::to_writer_pretty(&mut file, assessment)?;
        file.write_all(b"\n").with_context(failed)?;
        findings.persist(&self.place).with_context(failed)?;
        file.persist(&summary).with_context(failed)?;
        Ok(())
    }
}

/// The counts of a run.
#[derive(Default)]
struct Tally {
    results: BTreeMap<(ControlSeverity, String), BTreeMap<ControlResult, u64>>,
    worst: BTreeMap<String, (u64, ControlSeverity)>,
    failed: Option<ControlSeverity>,
    missing: Option<ControlSeverity>,
}

impl Tally {
    fn add(&mut self, finding: &Finding, arguments: &AssessArguments) {
        let control = (finding.severity, finding.control_id.clone());
        *self
            .results
            .entry(control)
            .or_default()
            .entry(finding.result)
            .or_default() += 1;
        match finding.result {
            ControlResult::Fail => {
                let name = finding
                    .subject_name
                    .as_ref()
                    .unwrap_or(&finding.subject_uid);
                let name = format!("{} {name}", finding.subject_object);
                let worst = self.worst.entry(name).or_insert((0, finding.severity));
                *worst = (worst.0 + 1, worst.1.max(finding.severity));
                if !finding.control_id.starts_with("AU.") || arguments.fail_on_audit {
                    self.failed = self.failed.max(Some(finding.severity));
                }
            }
            ControlResult::NotEvaluated
                if finding.verdict.as_deref() != Some("READY_ON_UNCERTAIN") =>
            {
                self.missing = self.missing.max(Some(finding.severity));
            }
            _ => {}
        }
    }

    /// The exit status. Subjects that may be missing count like answers that are missing.
    fn status(&self, fail_on: Option<Level>, has_all: bool) -> u8 {
        let level = fail_on.map(severity);
        if level.is_some() && self.failed >= level {
            return FOUND;
        }
        let least = level.or(Some(ControlSeverity::Informational));
        match !has_all || self.missing.is_some() && self.missing >= least {
            true => PARTIAL,
            false => COMPLETE,
        }
    }

    fn table(&self, assessment: &Assessment) -> String {
        let mut text = format!(
            "{:<14} {:<10} {:>9} {:>9} {:>14} {:>14}\n",
            "severity", "control", "fail", "pass", "not applicable", "not evaluated"
        );
        for ((severity, control), results) in self.results.iter().rev() {
            let of = |result| results.get(&result).copied().unwrap_or(0);
            text.push_str(&format!(
                "{:<14} {control:<10} {:>9} {:>9} {:>14} {:>14}\n",
                severity.word(),
                of(ControlResult::Fail),
                of(ControlResult::Pass),
                of(ControlResult::NotApplicable),
                of(ControlResult::NotEvaluated),
            ));
        }
        let mut worst: Vec<_> = self.worst.iter().collect();
        worst.sort_by_key(|(name, (failures, severity))| {
            (std::cmp::Reverse((*severity, *failures)), (*name).clone())
        });
        for (name, (failures, severity)) in worst.into_iter().take(WORST) {
            text.push_str(&format!(
                "{failures:>4} failed, up to {}: {name}\n",
                severity.word()
            ));
        }
        let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
        for (reason, count) in assessment.controls.iter().flat_map(|it| &it.not_evaluated) {
            *reasons.entry(reason).or_default() += count;
        }
        let total: u64 = reasons.values().sum();
        if let Some((reason, count)) = reasons.iter().max_by_key(|(_, count)| **count) {
            text.push_str(&format!(
                "{total} answers are missing; {count} of them because {reason}"
            ));
        }
        text.trim_end().to_owned()
    }
}

const fn severity(level: Level) -> ControlSeverity {
    match level {
        Level::Informational => ControlSeverity::Informational,
        Level::Low => ControlSeverity::Low,
        Level::Medium => ControlSeverity::Medium,
        Level::High => ControlSeverity::High,
        Level::Critical => ControlSeverity::Critical,
    }
}
