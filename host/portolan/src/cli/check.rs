//! `portolan check`.

use std::fmt::Write;
use std::path::Path;

use portolan_sync::check::{self, AccountCheck};
use portolan_sync::config::{Config, Purpose, Settings};

use super::{COMPLETE, FAILED, PARTIAL};
use crate::talk;

#[derive(Debug, clap::Args)]
pub(super) struct CheckArguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    purpose: super::PurposeArguments,

    #[command(flatten)]
    settings: Settings,
}

pub(super) fn run(arguments: CheckArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let purpose = Purpose::of(arguments.purpose.assess);
    let config = Config::resolve_for(purpose, arguments.settings, config_file)?;
    let checks = super::runtime()?.block_on(check::run(&config))?;
    if arguments.json {
        talk::data(&format!("{}\n", serde_json::to_string_pretty(&checks)?))?;
    } else {
        talk::data(&text(&checks)?)?;
    }
    Ok(if checks.iter().all(AccountCheck::is_good) {
        COMPLETE
    } else if checks.iter().any(AccountCheck::is_usable) {
        PARTIAL
    } else {
        FAILED
    })
}

fn text(checks: &[AccountCheck]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for check in checks {
        let account = check.account_id.as_deref().unwrap_or("unknown");
        match (&check.identity, &check.problem) {
            (Some(identity), _) => writeln!(text, "account {account} as {identity}")?,
            (None, problem) => writeln!(
                text,
                "account {account}: {}",
                problem.as_deref().unwrap_or("unknown")
            )?,
        }
        for region in &check.regions {
            writeln!(text, "  {}", region.region)?;
            for permission in &region.permissions {
                let verdict = if permission.allowed { "ok" } else { "no" };
                write!(text, "    {verdict}  {}", permission.operation.action())?;
                if permission.optional {
                    write!(text, " (optional)")?;
                }
                match &permission.problem {
                    Some(problem) => writeln!(text, ": {problem}")?,
                    None => writeln!(text)?,
                }
            }
        }
    }
    Ok(text)
}
