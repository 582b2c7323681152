//! The command line: commands, arguments and exit statuses.

mod assess;
mod cache;
mod changes;
mod check;
mod controls;
mod findings;
mod map;
mod mapper;
mod plan;
mod progress;
mod schema;
#[cfg(feature = "serve")]
mod serve;
mod summary;
mod sync;
mod validate;
mod variables;
mod version;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::talk;
use portolan_aws::ConnectionError;
use portolan_sandbox::SetError;
use portolan_sync::config::{Config, ConfigError, Purpose, Settings};

/// Every part of the command succeeded.
pub(crate) const COMPLETE: u8 = 0;
/// Every part of the command failed.
pub(crate) const FAILED: u8 = 1;
/// The command line or the configuration is not valid.
pub(crate) const USAGE: u8 = 2;
/// A part of the command failed.
pub(crate) const PARTIAL: u8 = 3;

const EXIT_STATUS: &str = "Exit status:
  0  complete
  1  failed: nothing could be done
  2  usage: the command line or the configuration is not valid
  3  partial: some of the result is missing; the report names the missing parts";

const COMPLETIONS: &str = "Examples:
  portolan completions bash > ~/.local/share/bash-completion/completions/portolan
  portolan completions zsh > \"${fpath[1]}/_portolan\"
  portolan completions fish > ~/.config/fish/completions/portolan.fish
  portolan completions elvish >> ~/.config/elvish/rc.elv
  portolan completions powershell >> $PROFILE";

const MAN_PAGES: &str = "Example:
  portolan man-pages ~/.local/share/man/man1 && man portolan-sync";

/// Maps Amazon ECS resources to data-model records with sandboxed WASM mappers.
#[derive(Debug, Parser)]
#[command(name = "portolan", version, after_help = EXIT_STATUS, max_term_width = 100)]
struct Arguments {
    /// Configuration file (TOML); flags and PORTOLAN_… variables take precedence over it.
    #[arg(long, global = true, env = "PORTOLAN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// Log level on standard error: error, warn, info, debug or trace.
    #[arg(
        long,
        global = true,
        env = "PORTOLAN_LOG",
        value_name = "LEVEL",
        default_value = "warn"
    )]
    log: String,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fetch clusters, services, tasks and task definitions, and write valid records and a report.
    #[command(after_help = sync::EXAMPLES)]
    Sync(sync::SyncArguments),
    /// Estimate a sync before it runs: objects, calls, and the time that AWS's quotas require.
    #[command(after_help = plan::EXAMPLES)]
    Plan(plan::PlanArguments),
    /// Map recorded pages without AWS: one bare record per line, issues on standard error.
    Map(map::MapArguments),
    /// Judge the records of an output: findings with evidence, and how much could not be judged.
    #[command(after_help = assess::EXAMPLES)]
    Assess(assess::AssessArguments),
    /// Show the findings of an output: by severity, control, attribute of the subject, and what runs.
    #[command(after_help = findings::EXAMPLES)]
    Findings(findings::FindingsArguments),
    /// List the controls: question, condition, severity, standards, remediation.
    #[command(after_help = controls::EXAMPLES)]
    Controls(controls::ControlsArguments),
    /// Compare two outputs: a line on standard output for everything that was added, changed or removed.
    #[command(after_help = changes::EXAMPLES)]
    Changes(changes::ChangesArguments),
    /// Run the service: stored credentials, scheduled scans, and an API over their findings.
    #[cfg(feature = "serve")]
    #[command(after_help = serve::SERVE_EXAMPLES)]
    Serve(Box<serve::ServeArguments>),
    /// Make, list and revoke the tokens of a service.
    #[cfg(feature = "serve")]
    #[command(subcommand)]
    Token(serve::TokenCommand),
    /// Rotate the master key of a service.
    #[cfg(feature = "serve")]
    #[command(subcommand)]
    Key(serve::KeyCommand),
    /// Tools for authors of mappings: try, check and inspect modules.
    Mapper(mapper::MapperArguments),
    /// Print the identity of the credentials and the permissions that they have, for each role and Region.
    Check(check::CheckArguments),
    /// Print the least-privilege IAM policy for the chosen objects and roles.
    IamPolicy(Box<PolicyArguments>),
    /// Print the JSON Schema of an object's records, of findings, or of another file.
    Schema(schema::SchemaArguments),
    /// Inspect, check or remove the cache of task-definition revisions.
    #[command(after_help = cache::EXAMPLES)]
    Cache(cache::CacheArguments),
    /// Check files of records against their schemas.
    Validate(validate::ValidateArguments),
    /// Print the completion script of a shell.
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// Shell that runs the script.
        shell: clap_complete::Shell,
    },
    /// Write a man page for every command.
    #[command(after_help = MAN_PAGES)]
    ManPages {
        /// Folder for portolan.1, portolan-sync.1 and the others; created if it does not exist.
        folder: PathBuf,
    },
    /// Print version, commit, WIT versions and the TLS provider.
    Version(version::VersionArguments),
}

#[derive(Debug, clap::Args)]
struct PolicyArguments {
    #[command(flatten)]
    purpose: PurposeArguments,

    #[command(flatten)]
    settings: Settings,
}

/// What a sync is for.
#[derive(Debug, clap::Args)]
struct PurposeArguments {
    /// For `portolan sync --assess`: the objects and options that are not given are those that controls need.
    #[arg(long)]
    assess: bool,
}

/// Settings that apply to the commands without AWS calls.
const MAPPING_SETTINGS: [&str; 5] = [
    "mappers",
    "overlays",
    "module_policy",
    "trusted_keys",
    "cache_folder",
];
/// Settings that apply to the service; the others belong to registrations.
#[cfg(feature = "serve")]
const SERVE_SETTINGS: [&str; 8] = [
    "endpoint_url",
    "ca_bundle",
    "quotas",
    "module_policy",
    "trusted_keys",
    "cache_folder",
    "revision_cache",
    "parallel_scopes",
];
/// Settings that apply to an assessment.
const ASSESS_SETTINGS: [&str; 15] = [
    "module_policy",
    "trusted_keys",
    "cache_folder",
    "assessors",
    "volatile_attributes",
    "export",
    "results",
    "fail_on",
    "fail_on_audit",
    "standard",
    "revisions",
    "carry",
    "required_tags",
    "trusted_registries",
    "mutes",
];
/// Settings that apply to a comparison of outputs.
const CHANGES_SETTINGS: [&str; 2] = ["objects", "volatile_attributes"];
/// Settings that apply to the policy.
const POLICY_SETTINGS: [&str; 7] = [
    "objects",
    "options",
    "assume_role_arn",
    "assume_role_arn_file",
    "organization",
    "organization_role",
    "regions",
];

/// Hides the values of variables in the help of a command and its subcommands.
fn without_values(command: clap::Command) -> clap::Command {
    command
        .mut_args(|argument| argument.hide_env_values(true))
        .mut_subcommands(without_values)
}

/// The command line of clap. The help of a command leaves out the settings that the command does not use.
pub(crate) fn command() -> clap::Command {
    let command = without_values(Arguments::command());
    #[cfg(feature = "serve")]
    let command = command.mut_subcommand("serve", |command| {
        hide_settings_but(command, &SERVE_SETTINGS)
    });
    command
        .mut_subcommand("map", |command| {
            hide_settings_but(command, &MAPPING_SETTINGS)
        })
        .mut_subcommand("assess", |command| {
            hide_settings_but(command, &ASSESS_SETTINGS)
        })
        .mut_subcommand("controls", |command| {
            hide_settings_but(command, &ASSESS_SETTINGS[..4])
        })
        .mut_subcommand("changes", |command| {
            hide_settings_but(command, &CHANGES_SETTINGS)
        })
        .mut_subcommand("validate", |command| {
            hide_settings_but(command, &MAPPING_SETTINGS)
        })
        .mut_subcommand("iam-policy", |command| {
            hide_settings_but(command, &POLICY_SETTINGS)
        })
        .mut_subcommand("check", |command| hide_settings(command, &MAPPING_SETTINGS))
}

fn hide_settings(command: clap::Command, hidden: &'static [&str]) -> clap::Command {
    command.mut_args(|argument| {
        let is_hidden = hidden.contains(&argument.get_id().as_str());
        argument.hide(is_hidden)
    })
}

fn hide_settings_but(command: clap::Command, shown: &[&str]) -> clap::Command {
    command.mut_args(|argument| {
        let is_setting = argument.get_help_heading().is_some();
        let hidden = is_setting && !shown.contains(&argument.get_id().as_str());
        argument.hide(hidden)
    })
}

/// Parses the command line, with variables as defaults. The error is the exit status; its message is printed
/// already.
fn arguments() -> Result<Arguments, u8> {
    let (with_defaults, problems) = variables::as_defaults(command());
    let matches = with_defaults.try_get_matches().map_err(|mut error| {
        if error.kind() == ErrorKind::DisplayHelp {
            // The help names the variables; their values are not defaults there.
            error = command().try_get_matches().err().unwrap_or(error);
        }
        tell(&error)
    })?;
    if let Some(problem) = variables::problem(&problems, &matches) {
        talk::error(problem);
        return Err(USAGE);
    }
    if let Some(problem) = variables::without_effect(&command(), &matches) {
        talk::error(&problem);
        return Err(USAGE);
    }
    Arguments::from_arg_matches(&matches).map_err(|error| tell(&error))
}

fn tell(error: &clap::Error) -> u8 {
    // clap prints help to standard output and problems to standard error. A closed pipe is not a failure.
    let _ = error.print();
    if error.use_stderr() { USAGE } else { COMPLETE }
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(status) => return ExitCode::from(status),
    };
    if let Err(reason) = talk::start_log(&arguments.log) {
        talk::error(&reason);
        return ExitCode::from(USAGE);
    }
    let config = arguments.config.as_deref();
    let result = match arguments.command {
        Command::Sync(arguments) => sync::run(arguments, config),
        Command::Plan(arguments) => plan::run(arguments, config),
        Command::Map(arguments) => map::run(arguments, config),
        Command::Assess(arguments) => assess::run(arguments, config),
        Command::Findings(arguments) => findings::run(&arguments),
        Command::Controls(arguments) => controls::run(arguments, config),
        Command::Changes(arguments) => changes::run(arguments, config),
        #[cfg(feature = "serve")]
        Command::Serve(arguments) => serve::serve(*arguments, config),
        #[cfg(feature = "serve")]
        Command::Token(command) => serve::token(command),
        #[cfg(feature = "serve")]
        Command::Key(command) => serve::key(command),
        Command::Mapper(arguments) => mapper::run(arguments, config),
        Command::Check(arguments) => check::run(arguments, config),
        Command::Cache(arguments) => cache::run(arguments, config),
        Command::IamPolicy(arguments) => policy(*arguments, config),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Validate(arguments) => validate::run(arguments, config),
        Command::Completions { shell } => completions(shell),
        Command::ManPages { folder } => man_pages(&folder),
        Command::Version(arguments) => version::run(&arguments),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            if is_broken_pipe(&error) {
                return ExitCode::from(FAILED);
            }
            talk::error(&words(&error));
            let is_usage = error.chain().any(|cause| {
                cause.is::<ConfigError>() || cause.is::<ConnectionError>() || cause.is::<SetError>()
            });
            ExitCode::from(if is_usage { USAGE } else { FAILED })
        }
    }
}

/// An error and its causes. A cause that the text already contains is not repeated.
fn words(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |text, cause| {
        let cause = cause.to_string();
        match text.as_str() {
            "" => cause,
            text if text.contains(&cause) => text.to_owned(),
            text => format!("{text}: {cause}"),
        }
    })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

fn policy(arguments: PolicyArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let purpose = Purpose::of(arguments.purpose.assess);
    let config = Config::resolve_for(purpose, arguments.settings, config_file)?;
    let policy = portolan_sync::policy::least_privilege(&config);
    talk::data(&format!("{}\n", serde_json::to_string_pretty(&policy)?))?;
    Ok(COMPLETE)
}

fn completions(shell: clap_complete::Shell) -> anyhow::Result<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), "portolan", &mut text);
    talk::data(&String::from_utf8(text)?)?;
    Ok(COMPLETE)
}

fn man_pages(folder: &Path) -> anyhow::Result<u8> {
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command(), folder))
        .with_context(|| format!("cannot write man pages into {}", folder.display()))?;
    Ok(COMPLETE)
}

/// A runtime for the commands that talk to AWS.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}
