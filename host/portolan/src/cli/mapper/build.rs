//! `portolan mapper build`.

use std::path::{Path, PathBuf};

use portolan_mapper_build::{Request, build};
use portolan_workbench::table;

use super::CacheArguments;
use crate::cli::COMPLETE;
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  The module in this folder, into built/:
    portolan mapper build
  A module elsewhere, without network:
    portolan mapper build ../acme-tags --out modules --offline

A folder with a table.toml or controls.toml needs no compiler: its table is packed.

Rust needs cargo and the target wasm32-unknown-unknown (rustup target add wasm32-unknown-unknown);
without that target, Debian's packages rustc-web and rust-web-src work too. A crate that is its own
workspace is compiled in the cache folder, so that a second one reuses the dependencies that the
first one compiled.

Python needs python3 with its venv module, JavaScript needs node and npm. The tool that the folder
pins is installed inside the folder the first time; PORTOLAN_COMPONENTIZE_PY and
PORTOLAN_COMPONENTIZE_QJS name one elsewhere. An error names a missing tool.";

#[derive(Debug, clap::Args)]
pub(super) struct BuildArguments {
    /// Folder of the module: a crate, or one with requirements.txt or package.json.
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,

    /// Folder for the component, which is named after the module's folder [default: built in FOLDER].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    /// Download nothing; use only the tools and packages of this machine.
    #[arg(long)]
    offline: bool,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: BuildArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    if table::file_in(&arguments.folder).is_some() {
        let out = arguments
            .out
            .unwrap_or_else(|| super::plain(&arguments.folder).join("built"));
        let (file, size_bytes) = table::build(&arguments.folder, &out)?;
        talk::data(&format!("{}\t{size_bytes}\n", file.display()))?;
        return Ok(COMPLETE);
    }
    let config = arguments.cache.config(config_file)?;
    let built = build(&Request {
        out_dir: arguments
            .out
            .unwrap_or_else(|| super::plain(&arguments.folder).join("built")),
        crate_dirs: vec![arguments.folder],
        target_dir: None,
        shared_dir: config
            .mapping
            .cache_folder
            .map(|folder| folder.join("build")),
        offline: arguments.offline,
        say: talk::say,
    })?;
    for component in built {
        talk::data(&format!(
            "{}\t{}\n",
            component.path.display(),
            component.size_bytes
        ))?;
    }
    Ok(COMPLETE)
}
