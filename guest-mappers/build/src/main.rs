//! `portolan-mapper-build --out DIR CRATE_DIR...`

use std::io::Write;
use std::path::PathBuf;

use clap::Parser;
use portolan_mapper_build::{Request, build};

/// Builds mapper crates into WebAssembly components.
///
/// Prints one line per component: its path and its size in bytes, separated by a tab.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The folder that takes the components; each is named after its crate's folder.
    #[arg(long = "out", value_name = "DIR")]
    out_dir: PathBuf,

    /// Cargo's target folder [default: target/mappers of the workspace].
    #[arg(long, value_name = "DIR")]
    target_dir: Option<PathBuf>,

    /// Let cargo use only what this machine already has.
    #[arg(long)]
    offline: bool,

    /// The folders of the mapper crates. All belong to one workspace.
    #[arg(required = true, value_name = "CRATE_DIR")]
    crate_dirs: Vec<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let Arguments {
        out_dir,
        target_dir,
        offline,
        crate_dirs,
    } = Arguments::parse();
    let built = build(&Request {
        crate_dirs,
        out_dir,
        target_dir,
        shared_dir: None,
        offline,
        say,
    })?;
    let mut stdout = std::io::stdout().lock();
    for component in built {
        writeln!(
            stdout,
            "{}\t{}",
            component.path.display(),
            component.size_bytes
        )?;
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "progress goes to stderr")]
fn say(line: &str) {
    eprintln!("{line}");
}
