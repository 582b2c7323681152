//! `PORTOLAN_…` variables of arguments. clap treats an empty variable as a value and quotes one that is not
//! valid, so this module checks each variable and makes it the default of its argument.

use std::ffi::{OsStr, OsString};

use clap::builder::Resettable;
use clap::{Arg, ArgMatches, Command, ValueHint, parser::ValueSource};

/// A variable that cannot be used.
#[derive(Debug)]
pub(super) struct VariableProblem {
    /// Names of the commands down to the one with the argument, for example `portolan sync `.
    command: String,
    argument: clap::Id,
    /// The variable and its problem.
    text: String,
}

/// The command with variables as defaults, and the variables that cannot be used.
pub(super) fn as_defaults(command: Command) -> (Command, Vec<VariableProblem>) {
    let mut problems = Vec::new();
    let command = below(command, "", &mut problems);
    (command, problems)
}

fn below(command: Command, above: &str, problems: &mut Vec<VariableProblem>) -> Command {
    let path = format!("{above}{} ", command.get_name());
    let command = command.mut_args(|argument| {
        let Some(name) = argument.get_env().map(OsStr::to_os_string) else {
            return argument;
        };
        let argument = argument.env(Resettable::Reset);
        let value = std::env::var_os(&name).and_then(|value| trimmed(&argument, value));
        let Some(value) = value else {
            return argument;
        };
        let argument = argument.required(false);
        let Some(problem) = unfit(&argument, &value) else {
            return argument.default_value(value);
        };
        problems.push(VariableProblem {
            command: path.clone(),
            argument: argument.get_id().clone(),
            text: format!("{}: {problem}", name.to_string_lossy()),
        });
        argument
    });
    command.mut_subcommands(|command| below(command, &path, problems))
}

/// A value without the characters that `$(…)`, Compose and .env files add around it; `None` if nothing is
/// left.
fn trimmed(argument: &Arg, value: OsString) -> Option<OsString> {
    let value = match value.to_str() {
        // The name of a file may begin or end with a blank.
        Some(text)
            if argument.get_value_hint() == ValueHint::AnyPath && !text.trim().is_empty() =>
        {
            text.trim_matches(['\r', '\n']).into()
        }
        // The content of a file in a variable may begin with a byte order mark.
        Some(text) => text.trim().trim_start_matches('\u{feff}').trim().into(),
        None => value,
    };
    (!value.is_empty()).then_some(value)
}

/// The problem of a value. It does not quote the value, which may be a secret in the wrong place.
fn unfit(argument: &Arg, value: &OsStr) -> Option<String> {
    // A control character would reach a terminal with the next message.
    if value.to_string_lossy().chars().any(char::is_control) {
        return Some("its value holds a line break or another control character".to_owned());
    }
    let alone = argument.clone().long("value").global(false).required(false);
    let mut given = OsString::from("--value=");
    given.push(value);
    let error = Command::new("variable")
        .no_binary_name(true)
        .arg(alone)
        .try_get_matches_from([given])
        .err()?;
    let words = argument.get_possible_values();
    let words = words.iter().filter(|word| !word.is_hide_set());
    let words: Vec<_> = words.map(|word| word.get_name()).collect();
    Some(match error.kind() {
        clap::error::ErrorKind::InvalidUtf8 => "its value is not UTF-8".to_owned(),
        _ if words.is_empty() => format!(
            "it does not take this value; --help explains --{}",
            argument.get_long().unwrap_or_default()
        ),
        _ => format!("it takes {}", words.join(", ")),
    })
}

/// The first variable that the chosen command cannot use and needs, because no flag overrides it.
pub(super) fn problem<'p>(
    problems: &'p [VariableProblem],
    matches: &ArgMatches,
) -> Option<&'p str> {
    let (mut matches, mut path) = (matches, "portolan ".to_owned());
    while let Some((name, inner)) = matches.subcommand() {
        matches = inner;
        path.push_str(name);
        path.push(' ');
    }
    let is_given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let is_needed = |each: &&VariableProblem| {
        path.starts_with(&each.command) && !is_given(each.argument.as_str())
    };
    let found = problems.iter().find(is_needed);
    found.map(|problem| problem.text.as_str())
}

/// The problem with a flag that the chosen command would pass over: a pipeline that judges nothing must not look as
/// if nothing failed. Variables and the configuration file may have settings of all commands.
pub(super) fn without_effect(command: &Command, matches: &ArgMatches) -> Option<String> {
    let (name, matches) = matches.subcommand()?;
    let mut settings = command
        .find_subcommand(name)?
        .get_arguments()
        .filter(|argument| {
            let is_given = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
            argument.get_help_heading().is_some() && is_given(argument.get_id().as_str())
        });
    let judges = !matches!(matches.try_get_one::<bool>("assess"), Ok(Some(false)));
    let flag = |argument: &Arg| argument.get_long().unwrap_or_default().to_owned();
    if name == "assess" {
        let flag = flag(settings.find(|argument| argument.is_hide_set())?);
        return Some(format!(
            "`portolan assess` makes no sync, so --{flag} has no effect; leave it out"
        ));
    }
    let flag = flag(settings.find(|it| !judges && it.get_help_heading() == Some("Assessment"))?);
    Some(format!("--{flag} has no effect without --assess; add it"))
}
