//! `portolan cache`: the revisions that earlier syncs described.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;

use portolan_sync::config::{Config, Settings};

use super::{COMPLETE, PARTIAL};
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  Count the revisions that the next sync need not describe:
    portolan cache stats
  Read every body and count the damaged ones (exit status 3 if there are any):
    portolan cache verify --revision-cache revisions.redb
  Start over; the next sync only takes longer:
    portolan cache clear";

#[derive(Debug, clap::Args)]
pub(super) struct CacheArguments {
    #[command(subcommand)]
    command: CacheCommand,
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// Print how many revisions the cache holds, as JSON.
    Stats(FileArguments),
    /// Read every body in the cache, and print how many are damaged, as JSON.
    Verify(FileArguments),
    /// Remove the cache.
    Clear(FileArguments),
}

#[derive(Debug, clap::Args)]
struct FileArguments {
    /// File of the cache [default: revisions.redb in the user's cache folder].
    #[arg(long, env = "PORTOLAN_REVISION_CACHE", value_name = "FILE")]
    revision_cache: Option<PathBuf>,

    /// Folder that holds revisions.redb.
    #[arg(long, env = "PORTOLAN_CACHE_FOLDER", value_name = "FOLDER")]
    cache_folder: Option<PathBuf>,
}

impl FileArguments {
    fn file(self, config_file: Option<&Path>) -> anyhow::Result<PathBuf> {
        let is_off = |file: &PathBuf| file.as_os_str() == "off";
        anyhow::ensure!(
            !self.revision_cache.as_ref().is_some_and(is_off),
            "revision-cache is off; name the file that you mean with --revision-cache"
        );
        let settings = Settings {
            revision_cache: self.revision_cache,
            cache_folder: self.cache_folder,
            ..Settings::default()
        };
        let config = Config::resolve(settings, config_file)?;
        let default = config
            .mapping
            .cache_folder
            .as_deref()
            .map(portolan_revisions::default_file);
        config.fetching.revision_cache.or(default).context(
            "there is no home folder to keep a cache in; name the file with --revision-cache",
        )
    }
}

pub(super) fn run(arguments: CacheArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    match arguments.command {
        CacheCommand::Stats(arguments) => {
            show(&portolan_revisions::stats(&arguments.file(config_file)?)?)?;
            Ok(COMPLETE)
        }
        CacheCommand::Verify(arguments) => {
            let stats = portolan_revisions::verify(&arguments.file(config_file)?)?;
            show(&stats)?;
            if stats.damaged == 0 {
                return Ok(COMPLETE);
            }
            talk::say("the next sync describes the damaged revisions again and replaces them");
            Ok(PARTIAL)
        }
        CacheCommand::Clear(arguments) => {
            let file = arguments.file(config_file)?;
            let was_there = portolan_revisions::clear(&file)
                .with_context(|| format!("cannot remove {}", file.display()))?;
            let told = if was_there { "removed" } else { "there was no" };
            talk::say(&format!("{told} {}", file.display()));
            Ok(COMPLETE)
        }
    }
}

fn show(stats: &portolan_revisions::StoreStats) -> anyhow::Result<()> {
    talk::data(&format!("{}\n", serde_json::to_string_pretty(stats)?))?;
    Ok(())
}
