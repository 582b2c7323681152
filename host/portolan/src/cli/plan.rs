//! `portolan plan`.

use std::path::Path;

use portolan_sync::config::{Config, Purpose, Settings};
use portolan_sync::plan::{self, Plan, ScopePlan};

use super::{COMPLETE, FAILED, PARTIAL};
use crate::talk;

pub(super) const EXAMPLES: &str = "It makes only cheap calls: it lists clusters and task definitions, and reads the counters of clusters.
The time is the least that AWS's token buckets allow at the chosen share; no client can be faster.
Revisions in the revision cache cost no call.

Examples:
  How long will a sync of this account take?
    portolan plan --regions us-east-1
  How much longer if half of the quota is left to others?
    portolan plan --regions us-east-1 --quota-share 0.5
  The slowest action group of each account and Region, for a script:
    portolan plan --json | jq -r '.scopes[] | [.account_id, .region, .slowest] | @tsv'";

#[derive(Debug, clap::Args)]
pub(super) struct PlanArguments {
    /// Print the plan as JSON (`portolan schema plan` prints its schema).
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    purpose: super::PurposeArguments,

    #[command(flatten)]
    settings: Settings,
}

pub(super) fn run(arguments: PlanArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let purpose = Purpose::of(arguments.purpose.assess);
    let config = Config::resolve_for(purpose, arguments.settings, config_file)?;
    let notes = Plan::notes(&config.fetching);
    let cache = portolan_sync::known_revisions(&config)?;
    let runtime = super::runtime()?;
    let plan = runtime.block_on(plan::run(config, cache))?;
    runtime.shutdown_background();
    let text = if arguments.json {
        format!("{}\n", serde_json::to_string_pretty(&plan)?)
    } else {
        table(&plan)
    };
    talk::data(&text)?;
    for note in notes {
        talk::say(&format!("note: {note}"));
    }
    for scope in &plan.scopes {
        for problem in &scope.problems {
            talk::say(&format!(
                "not counted: {} {}: {problem}",
                scope.account_id, scope.region
            ));
        }
    }
    let has_counts = |scope: &ScopePlan| scope.objects.values().any(|count| *count > 0);
    Ok(match plan.complete {
        true => COMPLETE,
        false if plan.scopes.iter().any(has_counts) => PARTIAL,
        false => FAILED,
    })
}

fn table(plan: &Plan) -> String {
    let mut text = String::new();
    for scope in &plan.scopes {
        text.push_str(&format!("{} {}\n", scope.account_id, scope.region));
        for (object, count) in &scope.objects {
            text.push_str(&format!("  {:<22} {count:>9}\n", object.name()));
        }
        if scope.objects.is_empty() {
            text.push_str("  nothing could be counted\n");
        }
        if let Some(known) = scope.known_revisions {
            text.push_str(&format!("  {:<22} {known:>9}\n", "in the revision cache"));
        }
        for (group, planned) in &scope.groups {
            let floor = planned.floor_ms.map_or(String::new(), |floor_ms| {
                format!("  at least {}", duration(floor_ms))
            });
            let mark = if scope.slowest == Some(*group) {
                "  (slowest)"
            } else {
                ""
            };
            text.push_str(&format!(
                "  {:<22} {:>9} calls{floor}{mark}\n",
                group.name(),
                planned.calls
            ));
        }
    }
    text.push_str(&format!("not read: {}\n", plan.not_read.join(", ")));
    match (plan.floor_ms, plan.quota_share) {
        (Some(floor_ms), Some(share)) => text.push_str(&format!(
            "a sync takes at least {} at {share} of AWS's quotas\n",
            duration(floor_ms)
        )),
        (None, Some(_)) => text.push_str("how long a sync takes is unknown\n"),
        _ => text.push_str("without quotas, the time depends on the server\n"),
    }
    text
}

/// Hours, minutes and seconds for a person.
fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds.div_ceil(1_000);
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_for_people() {
        for (milliseconds, text) in [
            (0, "0 s"),
            (1, "1 s"),
            (250_000, "4 min 10 s"),
            (25_000_000, "6 h 56 min"),
        ] {
            assert_eq!(duration(milliseconds), text);
        }
    }
}
