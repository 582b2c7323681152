//! `portolan assess`: judges the records of an output.

mod exports;
mod files;
mod tally;

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use portolan_assess::{AssessError, Assessment, EarlierFindings, Finding, Mutes, Output, Record};
use portolan_machine::clock::Clock;
use portolan_sandbox::{Assessor, Engine, Loader};
use portolan_sync::config::{AssessSettings, Config, Settings};

use super::{COMPLETE, PARTIAL, USAGE};
use crate::talk;
use exports::Wish;
use files::Files;
pub(super) use files::Place;
use tally::Tally;

/// An unmuted failure at or above the level of `--fail-on`.
const FOUND: u8 = 4;

pub(super) const EXAMPLES: &str = "Exit status:
  0  every control has an answer for every subject, and none at or above --fail-on failed
  2  usage; also a folder without report.json
  3  data are missing: an object was not synced completely, or a control (with --fail-on, one of at least that
     severity) could not be evaluated because something was denied, throttled, cut or not synced
  4  a control at or above --fail-on failed

Examples:
  Sync and judge, with the objects that the controls need:
    portolan sync --assess --output ecs
  Judge again, with mutes:
    portolan assess ecs --mutes mutes.toml
  Fail a pipeline over severe findings:
    portolan assess ecs --fail-on high
  Findings for a security lake, and for Security Hub under its own names of controls:
    portolan assess ecs --export ocsf=ecs/findings.ocsf.jsonl
    portolan assess ecs --standard securityhub --export asff=ecs/findings.asff.jsonl
  What is new since yesterday?
    portolan assess ecs --changes-since ecs.yesterday && jq -r '[.change, .uid] | @tsv' ecs/Finding.changes.jsonl
  Every result, for a report of coverage:
    portolan assess ecs --results all && jq -r '[.CONTROL_ID, .RESULT, .SUBJECT_UID] | @tsv' ecs/Finding.jsonl";

#[derive(Debug, clap::Args)]
pub(super) struct AssessArguments {
    /// Folder that `portolan sync` wrote to. Finding.jsonl and assessment.json are written beside its records.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    /// Also write the differences from an earlier assessment, that of a folder: Finding.changes.jsonl.
    ///
    /// A line is {"object":"Finding","change":"added"|"changed"|"removed","uid":…}, with the names of the changed
    /// attributes and the new finding. `removed` is written only where both assessments had an answer. The folder
    /// may be FOLDER itself.
    #[arg(long, value_name = "FOLDER")]
    changes_since: Option<PathBuf>,

    #[command(flatten)]
    assess: AssessSettings,

    #[command(flatten)]
    settings: Settings,
}

pub(super) fn run(arguments: AssessArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let settings = arguments.settings.with_assess(arguments.assess);
    let config = Config::resolve(settings, config_file)?;
    let judge = || -> anyhow::Result<u8> {
        let since = arguments.changes_since.as_deref();
        let prepared = Prepared::new(&config, since, Place::Folder(arguments.folder.clone()))?;
        prepared.judge(&config, &arguments.folder)
    };
    usage(judge())
}

/// Makes an exit status of what the command line or the folder is to blame for.
pub(super) fn usage(result: anyhow::Result<u8>) -> anyhow::Result<u8> {
    let Err(error) = result else { return result };
    match error.downcast_ref() {
        Some(
            AssessError::NoReport { .. }
            | AssessError::OtherReport { .. }
            | AssessError::OtherRecords { .. }
            | AssessError::Mutes { .. }
            | AssessError::NoEarlier { .. },
        ) => {
            talk::error(&error.to_string());
            Ok(USAGE)
        }
        _ if error.is::<Misused>() => {
            talk::error(&error.to_string());
            Ok(USAGE)
        }
        _ => Err(error),
    }
}

/// An option that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Misused(String);

/// What an assessment needs before its records are there.
pub(super) struct Prepared {
    engine: Engine,
    assessors: Vec<Assessor>,
    mutes: Mutes,
    earlier: Option<EarlierFindings>,
    place: Place,
    exports: Vec<Wish>,
}

impl Prepared {
    /// Loads the assessors, the mutes and the findings of an earlier assessment.
    pub(super) fn new(config: &Config, since: Option<&Path>, place: Place) -> anyhow::Result<Self> {
        let (folder, is_taken) = match &place {
            Place::Folder(folder) => (folder.as_path(), false),
            Place::Stdout => (Path::new("-"), true),
        };
        let exports =
            exports::wishes(&config.assessing.exports, folder, is_taken).map_err(Misused)?;
        let engine = portolan_sandbox::engine(&config.mapping, 1)?;
        let cache = portolan_sandbox::open_cache(&config.mapping);
        let loader = Loader::new(&engine, cache.as_ref(), &config.mapping)?;
        let assessors = config.assessing.load(&loader)?;
        let today: String = Clock::default().now().chars().take(10).collect();
        let mutes = config.assessing.mutes.as_ref();
        let mutes = mutes.map(|file| Mutes::read(file, &today)).transpose()?;
        let volatile = &config.volatile_attributes;
        let earlier = since.map(|folder| EarlierFindings::read(folder, volatile.clone()));
        Ok(Self {
            engine,
            assessors,
            mutes: mutes.unwrap_or_default(),
            earlier: earlier.transpose()?,
            place,
            exports,
        })
    }

    /// Judges the records of a folder, writes the findings, and returns the exit status.
    pub(super) fn judge(self, config: &Config, folder: &Path) -> anyhow::Result<u8> {
        let output = Output::open(folder)?;
        let assessing = &config.assessing;
        let mut files = Files::create(self.place, assessing, &self.exports, self.earlier)?;
        let mut tally = Tally::default();
        let progress = progress();
        let judged = portolan_assess::run(
            &self.engine,
            &self.assessors,
            &output,
            assessing,
            self.mutes,
            |finding: &Finding, subject: &Record| {
                progress.inc(1);
                tally.add(finding, assessing.fail_on_audit);
                files.write(finding, subject)
            },
        );
        progress.finish_and_clear();
        let mut assessment = judged?;
        files.finish(&mut assessment)?;
        if talk::is_watched() {
            talk::say(&tally.table(&assessment, &folder.display().to_string()));
        }
        for warning in &assessment.warnings {
            talk::say(&format!("warning: {warning}"));
        }
        let has_all = has_all_subjects(&self.assessors, config, &assessment);
        let status = tally.status(assessing.fail_on, has_all);
        let reason = match status {
            FOUND => tally.failed(assessing.fail_on),
            PARTIAL => Some(missing(&assessment)),
            _ => None,
        };
        if let Some(reason) = reason {
            talk::say(&reason);
        }
        Ok(status)
    }
}

/// What is said where data are missing: the first reason, since each control may have its own in every Region.
fn missing(assessment: &Assessment) -> String {
    let controls = assessment.controls.iter();
    let mut reasons = controls.flat_map(|it| it.reason.iter().chain(it.not_evaluated.keys()));
    let first = reasons.next().map_or("", String::as_str);
    let first = portolan_machine::text::printable(first, 300);
    format!("data are missing: {first}; assessment.json has every reason")
}

/// Whether the controls that matter to the exit status have all their subjects. What runs may be as bad as any.
fn has_all_subjects(assessors: &[Assessor], config: &Config, assessment: &Assessment) -> bool {
    let controls = assessors.iter();
    let controls: Vec<_> = controls
        .flat_map(|it| &it.component.manifest.controls)
        .collect();
    let matters = |id: &str| {
        let control = controls.iter().find(|control| control.id == id);
        control.is_none_or(|control| Some(control.severity) >= config.assessing.fail_on)
    };
    let mut counts = assessment.controls.iter();
    counts.all(|counts| counts.subjects_complete || !matters(&counts.control_id))
}

/// The number of answers, on a terminal.
fn progress() -> ProgressBar {
    if !talk::is_watched() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("assessing: {human_pos} answers, {per_sec}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar
}
