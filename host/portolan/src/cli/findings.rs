//! `portolan findings`: the findings of an output, for people.

mod chosen;
mod controls;
mod shown;

use std::path::PathBuf;

use portolan_assess::{Findings, Output};
use portolan_machine::text::printable;
use portolan_page::object::Object;
use portolan_sandbox::{ControlResult, ControlSeverity};
use portolan_sync::config::Level;

use super::{COMPLETE, USAGE};
use crate::talk;
use chosen::Chosen;
use controls::Controls;
use shown::Shown;

/// The object of findings about groups of tasks that no service started; no record has it.
const GROUP: &str = "EcsTaskGroup";

pub(super) const EXAMPLES: &str = "Examples:
  Which running services and tasks of my team fail high controls?
    portolan findings ecs --running --severity high --where OWNER=payments
  Everything about one control:
    portolan findings ecs --control TD.4
  What is the evidence for a failure, and what do I do about it?
    portolan findings ecs --control TD.4 --details
  How many failures has each control?
    portolan findings ecs --count
  What has no answer, and why?
    portolan findings ecs --result not-evaluated
  The services with a tag, for a spreadsheet:
    portolan findings ecs --object EcsService --where TAGS.team=payments --csv > services.csv
  For a script:
    portolan findings ecs --severity high --json | jq -r .SUBJECT_UID";

#[derive(Debug, clap::Args)]
pub(super) struct FindingsArguments {
    /// Folder with the findings of `portolan assess`.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    /// Only what runs: definitions with running tasks, services with them, running tasks, and groups of them.
    #[arg(long)]
    running: bool,

    /// Only this severity and higher ones.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    severity: Option<Level>,

    /// Only these controls, comma-separated: `TD.4`, `TD.*`, or the name of another standard, such as `ECS.4`. `TK.1`
    /// has those of all controls that running revisions fail.
    #[arg(long, value_name = "CONTROL", value_delimiter = ',')]
    control: Vec<String>,

    /// Only these objects, comma-separated, for example EcsService,EcsTask.
    #[arg(long, value_name = "OBJECT", value_delimiter = ',')]
    object: Vec<String>,

    /// Only subjects with this value of an attribute, such as OWNER=payments or TAGS.team=payments; for findings about
    /// what a service runs, an attribute of the service or of its tasks. Of several, all have to hold.
    #[arg(long = "where", value_name = "ATTRIBUTE=VALUE", value_parser = pair)]
    conditions: Vec<(String, String)>,

    /// Result of the findings.
    #[arg(long, value_enum, default_value = "fail")]
    result: Wanted,

    /// Show muted findings too.
    #[arg(long)]
    muted: bool,

    /// Only findings with this VERDICT, for example NOT_READY.
    #[arg(long, value_name = "WORD")]
    verdict: Option<String>,

    /// Print reasons, evidence and remediation too.
    #[arg(long, group = "form")]
    details: bool,

    /// Print a line for each control, with the number of its findings.
    #[arg(long, group = "form")]
    count: bool,

    /// Print the findings as JSON Lines.
    #[arg(long, group = "form")]
    json: bool,

    /// Print the findings as CSV, with a header.
    #[arg(long, group = "form")]
    csv: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Wanted {
    /// Failures
    Fail,
    /// What could not be evaluated
    NotEvaluated,
    /// What passes; needs `portolan assess --results all`
    Pass,
    /// What does not apply; needs `portolan assess --results all`
    NotApplicable,
    /// Everything in Finding.jsonl
    All,
}

/// The severities, the worst first: one reading of the file for each, so that no findings are kept in memory.
const SEVERITIES: [ControlSeverity; 5] = [
    ControlSeverity::Critical,
    ControlSeverity::High,
    ControlSeverity::Medium,
    ControlSeverity::Low,
    ControlSeverity::Informational,
];

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("it is written ATTRIBUTE=VALUE, for example OWNER=payments")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

pub(super) fn run(arguments: &FindingsArguments) -> anyhow::Result<u8> {
    let folder = &arguments.folder;
    if !folder.join("Finding.jsonl").exists() {
        let folder = folder.display();
        talk::error(&format!(
            "{folder} has no Finding.jsonl; run `portolan assess {folder}` first"
        ));
        return Ok(USAGE);
    }
    let output = match Output::open(folder) {
        Ok(output) => output,
        Err(error) => return super::assess::usage(Err(error.into())),
    };
    if let Some(problem) = unknown_object(&arguments.object) {
        talk::error(&problem);
        return Ok(USAGE);
    }
    let controls = Controls::read(folder, &arguments.control)?;
    if let Some(problem) = controls.unknown() {
        talk::error(&problem);
        return Ok(USAGE);
    }
    for reason in controls.missing() {
        talk::say(&format!(
            "note: subjects may be missing: {}",
            printable(&reason, 300)
        ));
    }
    let chosen = Chosen::read(&output, &arguments.conditions, arguments.running)?;
    for note in chosen.notes() {
        talk::say(&format!("note: {note}"));
    }
    let mut shown = Shown::begin(arguments)?;
    let mut counts = Counts::default();
    let least = arguments.severity.map(Level::severity);
    for severity in SEVERITIES {
        if Some(severity) >= least {
            show(
                arguments,
                (&controls, &chosen),
                severity,
                (&mut shown, &mut counts),
            )?;
        }
    }
    shown.finish()?;
    counts.tell(arguments);
    Ok(COMPLETE)
}

/// The problem with the name of an object.
fn unknown_object(names: &[String]) -> Option<String> {
    let unknown = |name: &&String| name.parse::<Object>().is_err() && name.as_str() != GROUP;
    let name = names.iter().find(unknown)?;
    let known = Object::ALL.iter().map(|object| object.name());
    let nearest = portolan_machine::text::nearest(name, known).unwrap_or_default();
    let name = printable(name, 64);
    Some(format!(
        "there is no object {name}; did you mean {nearest}?"
    ))
}

/// What was shown, and what was not.
#[derive(Default)]
struct Counts {
    shown: u64,
    muted: u64,
    not_evaluated: u64,
    unknown: u64,
}

/// Prints the findings of one severity.
fn show(
    arguments: &FindingsArguments,
    (controls, chosen): (&Controls, &Chosen),
    severity: ControlSeverity,
    (shown, counts): (&mut Shown, &mut Counts),
) -> anyhow::Result<()> {
    let objects = &arguments.object;
    let mut findings = Findings::open(&arguments.folder)?;
    while let Some(finding) = findings.next()? {
        let is_verdict = |word: &String| finding.verdict.as_ref() == Some(word);
        if finding.severity != severity
            || !objects.is_empty() && !objects.contains(&finding.subject_object)
            || !arguments.verdict.as_ref().is_none_or(is_verdict)
            || !controls.has(&finding)
            || !chosen.has(&finding)
        {
            continue;
        }
        if arguments.running {
            match chosen.runs(&finding) {
                Some(true) => {}
                Some(false) => continue,
                None => {
                    counts.unknown += 1;
                    continue;
                }
            }
        }
        if finding.muted && !arguments.muted {
            counts.muted += u64::from(finding.result == ControlResult::Fail);
            continue;
        }
        counts.not_evaluated += u64::from(finding.result == ControlResult::NotEvaluated);
        if is_wanted(arguments.result, finding.result) {
            counts.shown += 1;
            shown.add(&finding)?;
        }
    }
    Ok(())
}

fn is_wanted(wanted: Wanted, result: ControlResult) -> bool {
    match wanted {
        Wanted::Fail => result == ControlResult::Fail,
        Wanted::NotEvaluated => result == ControlResult::NotEvaluated,
        Wanted::Pass => result == ControlResult::Pass,
        Wanted::NotApplicable => result == ControlResult::NotApplicable,
        Wanted::All => true,
    }
}

impl Counts {
    fn tell(&self, arguments: &FindingsArguments) {
        // That nothing fits is worth a word in a pipe too: it may be a slip in a filter.
        if talk::is_watched() || self.shown == 0 {
            talk::say(&match self.shown {
                1 => "1 finding".to_owned(),
                many => format!("{many} findings"),
            });
        }
        if self.muted > 0 {
            talk::say(&format!(
                "{} muted failures are not shown; --muted shows them",
                self.muted
            ));
        }
        if self.not_evaluated > 0 && arguments.result == Wanted::Fail {
            talk::say(&format!(
                "{} answers are missing; --result not-evaluated says why",
                self.not_evaluated
            ));
        }
        if self.unknown > 0 {
            talk::say(&format!(
                "{} findings are left out, because it is not known whether their subjects run; sync EcsTask",
                self.unknown
            ));
        }
    }
}
