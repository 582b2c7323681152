//! `portolan controls`: the questions that assessors answer.

use std::fmt::Write;
use std::path::Path;

use portolan_assess::running_control;
use portolan_page::object::Object;
use portolan_sandbox::{Control, Loader, Need, With};
use portolan_sync::config::{AssessSettings, Config, Settings};
use std::collections::BTreeMap;

use super::{COMPLETE, USAGE};
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  What does TD.4 ask, and what do I do about it?
    portolan controls TD.4
  Every control, as a document:
    portolan controls --markdown > controls.md
  With those of a module of your own:
    portolan controls --assessors acme-controls.wasm";

#[derive(Debug, clap::Args)]
pub(super) struct ControlsArguments {
    /// Controls to describe in full, by our name or that of another standard [default: a line for each].
    #[arg(value_name = "CONTROL")]
    ids: Vec<String>,

    /// Describe every control in full, as Markdown.
    #[arg(long)]
    markdown: bool,

    #[command(flatten)]
    assess: AssessSettings,

    #[command(flatten)]
    settings: Settings,
}

/// A control, and what it is about.
struct Listed {
    subject: String,
    with: BTreeMap<String, With>,
    control: Control,
}

impl Listed {
    /// Whether an id in lowercase is that of the control, or what another standard calls it.
    fn is_called(&self, id: &str) -> bool {
        let standards = self.control.standards.iter();
        let mut names = standards.filter_map(|name| name.rsplit(' ').next());
        self.control.id.eq_ignore_ascii_case(id) || names.any(|name| name.eq_ignore_ascii_case(id))
    }
}

pub(super) fn run(arguments: ControlsArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let settings = arguments.settings.with_assess(arguments.assess);
    let config = Config::resolve(settings, config_file)?;
    let all = all(&config)?;
    let asked = arguments.ids.iter().flat_map(|id| id.split('/'));
    let asked: Vec<String> = asked.map(str::to_ascii_lowercase).collect();
    let unknown = |id: &&String| !all.iter().any(|listed| listed.is_called(id));
    if let Some(id) = asked.iter().find(unknown) {
        let id = id.to_ascii_uppercase();
        let known = all.iter().map(|listed| listed.control.id.as_str());
        let nearest = portolan_machine::text::nearest(&id, known).unwrap_or_default();
        let id = portolan_machine::text::printable(&id, 64);
        talk::error(&format!(
            "there is no control {id}; did you mean {nearest}? `portolan controls` lists them, with --assessors also \
             those of other modules"
        ));
        return Ok(USAGE);
    }
    let text = match (arguments.markdown, arguments.ids.is_empty()) {
        (false, true) => lines(&all),
        (true, true) => markdown(&all)?,
        (_, false) => {
            let chosen = all.iter();
            let chosen = chosen.filter(|listed| asked.iter().any(|id| listed.is_called(id)));
            let mut text = String::new();
            for listed in chosen {
                describe(&mut text, listed)?;
            }
            text.trim_start_matches("## ").to_owned()
        }
    };
    talk::data(&text)?;
    Ok(COMPLETE)
}

/// Every control, in the order of their names.
fn all(config: &Config) -> anyhow::Result<Vec<Listed>> {
    let engine = portolan_sandbox::engine(&config.mapping, 1)?;
    let cache = portolan_sandbox::open_cache(&config.mapping);
    let loader = Loader::new(&engine, cache.as_ref(), &config.mapping)?;
    let mut all = vec![Listed {
        subject: "EcsService, or a group of tasks".into(),
        with: BTreeMap::new(),
        control: running_control(),
    }];
    for assessor in config.assessing.load(&loader)? {
        let manifest = assessor.component.manifest.clone();
        all.extend(manifest.controls.into_iter().map(|control| Listed {
            subject: assessor.subject().name().to_owned(),
            with: manifest.with.clone(),
            control,
        }));
    }
    all.sort_by_cached_key(|listed| order(&listed.control.id));
    Ok(all)
}

/// TD.2 before TD.2c before TD.10.
fn order(id: &str) -> (String, u32, String) {
    let (letters, rest) = id.split_once('.').unwrap_or((id, ""));
    let digits = rest.find(|each: char| !each.is_ascii_digit());
    let (number, suffix) = rest.split_at(digits.unwrap_or(rest.len()));
    (letters.into(), number.parse().unwrap_or(0), suffix.into())
}

fn lines(all: &[Listed]) -> String {
    let line = |Listed {
                    subject, control, ..
                }: &Listed| {
        let subject = subject.split(',').next().unwrap_or_default();
        format!(
            "{:<8} {:<13} {subject:<21} {}\n",
            control.id,
            control.severity.word(),
            control.title
        )
    };
    all.iter().map(line).collect()
}

fn markdown(all: &[Listed]) -> Result<String, std::fmt::Error> {
    let mut text = String::from(
        "# Controls\n\nPrinted by `portolan controls --markdown` from the manifests of the stock assessors. \
         Each control asks one question of each object of its kind and answers PASS, FAIL, NOT_APPLICABLE or \
         NOT_EVALUATED. What it reads *always* has to be complete, or no subject passes.\n",
    );
    for listed in all {
        text.push('\n');
        describe(&mut text, listed)?;
    }
    Ok(text)
}

fn describe(text: &mut String, listed: &Listed) -> std::fmt::Result {
    let Listed {
        subject, control, ..
    } = listed;
    writeln!(text, "## {}: {}\n", control.id, control.title)?;
    writeln!(text, "{}\n", control.question)?;
    writeln!(text, "- About: {subject}{}", narrowed(control))?;
    writeln!(text, "- Severity: {}", control.severity.word())?;
    writeln!(text, "- Fails if: {}", control.condition)?;
    if let Some(name) = &control.needs_setting {
        writeln!(text, "- Needs: `--{name}`; without it, no finding")?;
    }
    if control.needs_scan.is_some() {
        writeln!(
            text,
            "- Needs: a sync with `--detect-secrets`; without it, no finding"
        )?;
    }
    for (need, words) in [(Need::Always, "always"), (Need::WhenNeeded, "when needed")] {
        let read = objects(listed, need);
        if !read.is_empty() {
            writeln!(text, "- Reads {words}: {}", read.join(", "))?;
        }
    }
    if !control.standards.is_empty() {
        writeln!(text, "- Also: {}", control.standards.join("; "))?;
    }
    if let Some(differences) = &control.differences {
        writeln!(text, "- Differences: {differences}")?;
    }
    writeln!(text, "- What to do: {}", control.remediation)?;
    if let Some(command) = &control.command {
        writeln!(text, "\n```\n{command}\n```")?;
    }
    if !control.references.is_empty() {
        writeln!(text)?;
    }
    for address in &control.references {
        writeln!(text, "<{address}>")?;
    }
    Ok(())
}

/// The subjects that a control is about, among all of its object.
fn narrowed(control: &Control) -> String {
    let each = control.subjects.iter().map(|(name, values)| {
        let values = values.iter().map(|value| match value.as_str() {
            Some(text) => text.to_owned(),
            None => value.to_string(),
        });
        format!("{name} is {}", values.collect::<Vec<_>>().join(" or "))
    });
    let all: Vec<String> = each.collect();
    match all.is_empty() {
        true => String::new(),
        false => format!(" where {}", all.join(" and ")),
    }
}

/// The names of the objects that a control reads.
fn objects(listed: &Listed, need: Need) -> Vec<&'static str> {
    let reads = listed.control.reads.iter();
    let names = reads
        .filter(|(_, is)| **is == need)
        .filter_map(|(name, _)| {
            let object: Object = listed.with.get(name)?.object;
            Some(object.name())
        });
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}
