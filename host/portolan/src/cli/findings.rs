//! `portolan findings`: the findings of an output, for people.

mod chosen;

use std::path::PathBuf;

use portolan_assess::{Finding, Findings, Output};
use portolan_machine::text::printable;
use portolan_sandbox::{ControlResult, ControlSeverity};
use portolan_sync::config::Level;

use super::{COMPLETE, USAGE};
use crate::talk;
use chosen::Chosen;

pub(super) const EXAMPLES: &str = "Examples:
  Which running services and tasks of my team fail high controls?
    portolan findings ecs --running --severity high --where OWNER=payments
  Everything about one control:
    portolan findings ecs --control TD.4
  What has no answer, and why?
    portolan findings ecs --result not-evaluated
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

    /// Only these controls, comma-separated; `TK.1` has those of all controls that running revisions fail.
    #[arg(long, value_name = "CONTROL", value_delimiter = ',')]
    control: Vec<String>,

    /// Only subjects with this value of an attribute, such as OWNER=payments; for findings about what a service
    /// runs, an attribute of the service or of its tasks. Of several, all have to hold.
    #[arg(long = "where", value_name = "ATTRIBUTE=VALUE", value_parser = pair)]
    conditions: Vec<(String, String)>,

    /// Result of the findings.
    #[arg(long, value_enum, default_value = "fail")]
    result: Wanted,

    /// Show muted findings too.
    #[arg(long)]
    muted: bool,

    /// Print the findings as JSON Lines.
    #[arg(long)]
    json: bool,
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
    let chosen = Chosen::read(&output, &arguments.conditions, arguments.running)?;
    for name in chosen.unknown() {
        talk::say(&format!(
            "note: no record of {} has {}",
            folder.display(),
            printable(name, 64)
        ));
    }
    let mut counts = Counts::default();
    let least = arguments.severity.map(Level::severity);
    for severity in SEVERITIES {
        if Some(severity) >= least {
            show(arguments, &chosen, severity, &mut counts)?;
        }
    }
    counts.tell(arguments);
    Ok(COMPLETE)
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
    chosen: &Chosen,
    severity: ControlSeverity,
    counts: &mut Counts,
) -> anyhow::Result<()> {
    let mut findings = Findings::open(&arguments.folder)?;
    while let Some(finding) = findings.next()? {
        if finding.severity != severity
            || !is_asked(&arguments.control, &finding.control_id)
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
            let text = match arguments.json {
                true => format!("{}\n", serde_json::to_string(&finding)?),
                false => line(&finding),
            };
            talk::data(&text)?;
        }
    }
    Ok(())
}

fn is_asked(controls: &[String], id: &str) -> bool {
    let is_it = |asked: &String| {
        let rest = id.strip_prefix(asked.trim());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    controls.is_empty() || controls.iter().any(is_it)
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

fn line(finding: &Finding) -> String {
    let name = finding.subject_name.as_ref();
    let name = printable(name.unwrap_or(&finding.subject_uid), 200);
    let object = finding.subject_object.trim_start_matches("Ecs");
    let cluster = finding.cluster_arn.as_deref().unwrap_or_default();
    let cluster = printable(cluster.rsplit('/').next().unwrap_or_default(), 200);
    let cluster = match cluster.is_empty() {
        true => String::new(),
        false => format!(" in {cluster}"),
    };
    let tasks = match finding.running_tasks_count {
        None | Some(0) => String::new(),
        Some(1) => " (1 running task)".to_owned(),
        Some(tasks) => format!(" ({tasks} running tasks)"),
    };
    let why = finding.reasons.first().unwrap_or(&finding.control_title);
    let muted = match finding.muted {
        true => "  [muted]",
        false => "",
    };
    format!(
        "{:<13} {:<10} {object} {name}{cluster}{tasks}  {} {}{muted}\n",
        finding.severity.word(),
        finding.control_id,
        finding.region,
        printable(why, 300),
    )
}

impl Counts {
    fn tell(&self, arguments: &FindingsArguments) {
        if talk::is_watched() {
            talk::say(&format!("{} findings", self.shown));
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
