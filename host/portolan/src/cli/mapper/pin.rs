//! `portolan mapper pin`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use portolan_sandbox::trust::{Identity, Pin, PinChange, TrustError, pin_files, pin_folder};
use portolan_workbench::{Specimen, Workbench};

use super::CacheArguments;
use crate::cli::COMPLETE;
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  Pin every module of the mappers folder, and no other:
    portolan mapper pin mappers
  Pin one overlay; the lock keeps its other entries:
    portolan mapper pin overlays/acme-tags.wasm

The lock, mappers.lock, is in the folder of the modules. From then on a sync refuses a module of the
folder with another digest, name, version or signer, and a module that the lock does not name. In a
mappers folder, it also refuses a lock that names a missing module. Keep the lock in version
control.";

#[derive(Debug, clap::Args)]
pub(super) struct PinArguments {
    /// A folder, or modules of one folder.
    #[arg(value_name = "FOLDER|FILE", required = true)]
    places: Vec<PathBuf>,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: PinArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let bench = Workbench::open(&arguments.cache.config(config_file)?.mapping)?;
    let identify = |file: &Path, bytes: &[u8]| -> Result<Identity, TrustError> {
        Specimen::of(file, bytes.to_vec())
            .load(bench.engine(), bench.cache())
            .map(|loaded| loaded.component().identity())
            .map_err(|error| TrustError::Unfit {
                file: file.display().to_string(),
                reason: format!("a sync would refuse it: {}", error.reason()),
            })
    };
    let (place, changes) = match arguments.places.as_slice() {
        [folder] if folder.is_dir() => pin_folder(folder, &identify)?,
        files => pin_files(files, &identify)?,
    };
    talk::data(&text(&changes)?)?;
    talk::say(&format!("written: {}", place.display()));
    Ok(COMPLETE)
}

fn text(changes: &[PinChange]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for change in changes {
        match (&change.before, &change.after) {
            (Some(before), Some(after)) if before == after => {
                writeln!(text, "kept     {}", about(after))?;
            }
            (Some(before), Some(after)) => {
                writeln!(text, "changed  {}", about(before))?;
                writeln!(text, "      to {}", about(after))?;
            }
            (Some(before), None) => writeln!(text, "removed  {}", about(before))?,
            (None, Some(after)) => writeln!(text, "added    {}", about(after))?,
            (None, None) => {}
        }
    }
    Ok(text)
}

fn about(pin: &Pin) -> String {
    let printable = |text: &str| portolan_machine::text::printable(text, 128);
    let signer = match &pin.signer {
        Some(signer) => format!("signed by {signer}"),
        None => "not signed".to_owned(),
    };
    format!(
        "{}: {} {}, {}, {signer}",
        printable(&pin.file),
        printable(&pin.name),
        printable(&pin.version),
        printable(&pin.digest)
    )
}
