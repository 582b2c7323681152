//! `portolan mapper`: what people who write mappings need.

mod check;
mod inspect;
mod run;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use portolan::config::{Config, Settings};

#[derive(Debug, clap::Args)]
pub(super) struct MapperArguments {
    #[command(subcommand)]
    command: MapperCommand,
}

#[derive(Debug, Subcommand)]
enum MapperCommand {
    /// Check whether a sync would take a module, and if not, say what to change.
    #[command(after_help = check::EXAMPLES)]
    Check(check::CheckArguments),
    /// Show everything that can be known about a module without a page.
    #[command(after_help = inspect::EXAMPLES)]
    Inspect(inspect::InspectArguments),
    /// Map one recorded page with one module: pretty records on standard output, issues on standard error.
    #[command(after_help = run::EXAMPLES)]
    Run(run::RunArguments),
}

/// Where compiled code is kept; the other settings come from the configuration file alone.
#[derive(Clone, Debug, clap::Args)]
struct CacheArguments {
    /// Folder for compiled modules [default: the user's cache folder].
    #[arg(long, env = "PORTOLAN_CACHE_FOLDER", value_name = "FOLDER")]
    cache_folder: Option<PathBuf>,
}

impl CacheArguments {
    fn config(self, config_file: Option<&Path>) -> anyhow::Result<Config> {
        let settings = Settings {
            cache_folder: self.cache_folder,
            ..Settings::default()
        };
        Ok(Config::resolve(settings, config_file)?)
    }
}

pub(super) fn run(arguments: MapperArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    match arguments.command {
        MapperCommand::Check(arguments) => check::run(arguments, config_file),
        MapperCommand::Inspect(arguments) => inspect::run(arguments, config_file),
        MapperCommand::Run(arguments) => run::run(arguments, config_file),
    }
}
