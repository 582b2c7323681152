//! The forms in which findings are printed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Stdout, Write as _};

use portolan_assess::{Assessing, Finding};
use portolan_export::{Export, Format};
use portolan_machine::text::printable;
use portolan_page::object::Object;
use portolan_sandbox::{ControlResult, ControlSeverity};
use serde_json::Value;

use super::{FindingsArguments, Wanted};
use crate::talk;

/// The output of the command.
pub(super) enum Shown {
    /// A line for each finding.
    Lines {
        /// Whether results differ.
        with_result: bool,
        /// Whether more lines tell why, and what to do.
        with_details: bool,
    },
    /// The number of findings of each control.
    Counts(BTreeMap<(ControlSeverity, String), (u64, String)>),
    Json,
    Csv(Box<Export<Stdout>>),
}

impl Shown {
    pub(super) fn begin(arguments: &FindingsArguments) -> anyhow::Result<Self> {
        if arguments.csv {
            let export = Export::begin(Format::Csv, &Assessing::default(), io::stdout())?;
            return Ok(Self::Csv(Box::new(export)));
        }
        Ok(match (arguments.json, arguments.count) {
            (true, _) => Self::Json,
            (_, true) => Self::Counts(BTreeMap::new()),
            _ => Self::Lines {
                with_result: arguments.result == Wanted::All,
                with_details: arguments.details,
            },
        })
    }

    pub(super) fn add(&mut self, finding: &Finding) -> anyhow::Result<()> {
        match self {
            Self::Lines {
                with_result,
                with_details,
            } => {
                let mut text = line(finding, *with_result);
                if *with_details {
                    text.push_str(&details(finding)?);
                }
                talk::data(&text)?;
            }
            Self::Counts(counts) => {
                let key = (finding.severity, finding.control_id.clone());
                let title = || (0, finding.control_title.clone());
                counts.entry(key).or_insert_with(title).0 += 1;
            }
            Self::Json => talk::data(&format!("{}\n", serde_json::to_string(finding)?))?,
            // A row has attributes of the finding only.
            Self::Csv(export) => export.write(finding, &serde_json::Map::new())?,
        }
        Ok(())
    }

    pub(super) fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Lines { .. } | Self::Json => {}
            Self::Csv(export) => export.finish()?.flush()?,
            Self::Counts(counts) => {
                for ((severity, control), (count, title)) in counts.iter().rev() {
                    let severity = severity.word();
                    let title = printable(title, 200);
                    talk::data(&format!(
                        "{severity:<13} {control:<11} {count:>7}  {title}\n"
                    ))?;
                }
            }
        }
        Ok(())
    }
}

const fn word(result: ControlResult) -> &'static str {
    match result {
        ControlResult::Fail => "fail",
        ControlResult::NotEvaluated => "not evaluated",
        ControlResult::Pass => "pass",
        ControlResult::NotApplicable => "not applicable",
    }
}

fn line(finding: &Finding, with_result: bool) -> String {
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
    let result = match with_result {
        true => format!("{:<15}", word(finding.result)),
        false => String::new(),
    };
    let verdict = finding.verdict.as_ref();
    let verdict = verdict.map_or(String::new(), |verdict| {
        format!("{}: ", printable(verdict, 64))
    });
    let muted = match finding.muted {
        true => "  [muted]",
        false => "",
    };
    format!(
        "{:<13} {:<10} {result}{object} {name}{cluster}{tasks}  {} {}  {verdict}{}{}{muted}\n",
        finding.severity.word(),
        finding.control_id,
        finding.account_id,
        finding.region,
        printable(why(finding), 300),
        call(finding),
    )
}

/// The first reason; without one, the title of the control says what is so.
fn why(finding: &Finding) -> &str {
    finding.reasons.first().unwrap_or(&finding.control_title)
}

/// When a call was made, and by whom.
fn call(finding: &Finding) -> String {
    if finding.subject_object != Object::EcsAuditEvent.name() {
        return String::new();
    }
    let of = |name: &str| {
        let mut all = finding.evidence.iter().filter(|it| it.attribute == name);
        all.find_map(|it| it.value.as_ref()?.as_str())
    };
    match (of("EVENT_TIME"), of("ACTOR_ARN")) {
        (Some(time), Some(actor)) => {
            format!("  {} by {}", printable(time, 64), printable(actor, 200))
        }
        (Some(time), None) => format!("  {}", printable(time, 64)),
        _ => String::new(),
    }
}

/// Everything that the finding says, and the mute of it.
fn details(finding: &Finding) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for reason in finding.reasons.iter().skip(1) {
        writeln!(text, "  and       {}", printable(reason, 1_024))?;
    }
    for each in &finding.evidence {
        let value = each
            .value
            .as_ref()
            .map_or("absent".to_owned(), |value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
        let (uid, value) = (printable(&each.uid, 4_096), printable(&value, 1_024));
        writeln!(text, "  evidence  {} = {value}  {uid}", each.attribute)?;
    }
    if finding.result == ControlResult::Fail {
        writeln!(
            text,
            "  to do     {}",
            printable(&finding.remediation, 4_096)
        )?;
    }
    if let (Some(reason), Some(until)) = (&finding.mute_reason, &finding.muted_until) {
        writeln!(
            text,
            "  muted     until {until}: {}",
            printable(reason, 1_024)
        )?;
    }
    writeln!(text, "  uid       {}\n", printable(&finding.uid, 4_096))?;
    Ok(text)
}
