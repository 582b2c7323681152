//! `portolan mapper coverage`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use portolan_workbench::coverage::{Coverage, ObjectCoverage, PageMember, coverage};
use portolan_workbench::{Specimen, Workbench};

use super::CacheArguments;
use crate::cli::COMPLETE;
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  The attributes without a value, and the members that the module does not read:
    portolan mapper coverage built/acme-tags.wasm --pages pages.jsonl
  Every unread member, the most frequent first:
    portolan mapper coverage --json built/acme-tags.wasm --pages pages.jsonl \\
      | jq -r '.objects[].unread | sort_by(-.objects)[] | \"\\(.objects) \\(.path)\"'

A module reads the members that its manifest names in `reads`: it receives no other member of an
object. A member that it names and ignores counts as read, and without `reads` every member does.
For an overlay, a member is unread if the stock mapping does not name it either. Settings come from
[modules.NAME] of the file that --config names.";

#[derive(Debug, clap::Args)]
pub(super) struct CoverageArguments {
    /// The module.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Recorded pages (JSON Lines, as `portolan sync --record` writes them); `-` is standard input.
    #[arg(long, value_name = "PAGES")]
    pages: PathBuf,

    /// Print one JSON object.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: CoverageArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let bench = Workbench::open(&arguments.cache.config(config_file)?.mapping)?;
    let found = coverage(&bench, &Specimen::read(&arguments.file)?, &arguments.pages)?;
    let text = if arguments.json {
        format!("{}\n", serde_json::to_string_pretty(&found)?)
    } else {
        text(&found)?
    };
    talk::data(&text)?;
    if found.pages_left_out > 0 {
        talk::say(&format!(
            "{} pages are left out: the module is not for their objects",
            found.pages_left_out
        ));
    }
    Ok(COMPLETE)
}

fn text(coverage: &Coverage) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(text, "{}", coverage.module)?;
    for (object, found) in &coverage.objects {
        writeln!(
            text,
            "{object}: {} pages, {} objects, {} records",
            found.pages, found.objects, found.records
        )?;
        self::object(&mut text, found)?;
    }
    Ok(text)
}

fn object(text: &mut String, found: &ObjectCoverage) -> std::fmt::Result {
    let names = match found.unfilled.is_empty() {
        true => "none".to_owned(),
        false => found.unfilled.join(", "),
    };
    writeln!(text, "  attributes that no record has: {names}")?;
    for (what, members) in [
        ("read", &found.read),
        ("unread", &found.unread),
        ("null or empty everywhere", &found.empty),
    ] {
        if members.is_empty() {
            continue;
        }
        writeln!(text, "  members, {what}:")?;
        for member in members {
            self::member(text, member)?;
        }
    }
    Ok(())
}

fn member(text: &mut String, member: &PageMember) -> std::fmt::Result {
    let inside = match member.inside {
        0 => String::new(),
        1 => " and 1 member inside".to_owned(),
        inside => format!(" and {inside} members inside"),
    };
    writeln!(text, "    {:>7} {}{inside}", member.objects, member.path)
}
