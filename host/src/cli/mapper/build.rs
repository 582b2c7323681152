//! `portolan mapper build`.

use std::path::PathBuf;

use portolan::workbench::table;
use portolan_mapper_build::{Request, build};

use crate::cli::COMPLETE;
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  The crate in this folder, into built/:
    portolan mapper build
  A crate elsewhere, without network:
    portolan mapper build ../acme-tags --out modules --offline

A folder with a table.toml needs no compiler: its table is packed. Otherwise it needs cargo and the target wasm32-unknown-unknown (rustup target add wasm32-unknown-unknown); where
that cannot be had, Debian's packages rustc-web and rust-web-src do as well. What is missing is named.";

#[derive(Debug, clap::Args)]
pub(super) struct BuildArguments {
    /// Folder of the module's crate.
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,

    /// Folder for the component, which is named after the crate's folder [default: built in FOLDER].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    /// Let cargo use nothing but what this machine has already.
    #[arg(long)]
    offline: bool,
}

pub(super) fn run(arguments: BuildArguments) -> anyhow::Result<u8> {
    if arguments.folder.join(table::FILE).is_file() {
        let out = arguments
            .out
            .unwrap_or_else(|| super::plain(&arguments.folder).join("built"));
        let (file, size_bytes) = table::build(&arguments.folder, &out)?;
        talk::data(&format!("{}\t{size_bytes}\n", file.display()))?;
        return Ok(COMPLETE);
    }
    let built = build(&Request {
        out_dir: arguments
            .out
            .unwrap_or_else(|| super::plain(&arguments.folder).join("built")),
        crate_dirs: vec![arguments.folder],
        target_dir: None,
        offline: arguments.offline,
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
