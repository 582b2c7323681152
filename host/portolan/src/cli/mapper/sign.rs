//! `portolan mapper sign`.

use std::path::{Path, PathBuf};

use portolan_sandbox::trust::{PrivateKey, Signature};
use portolan_workbench::{Specimen, Workbench};

use super::CacheArguments;
use crate::cli::COMPLETE;
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  Sign the built module, into built/acme-tags.wasm.sig:
    portolan mapper sign built/acme-tags.wasm --key acme.key

The signature covers a statement of digest, name, version and WIT package, so that an old version
cannot pass for a new one. Ship the .sig file beside the module; `portolan mapper push` takes it
along. An existing signature is replaced.";

#[derive(Debug, clap::Args)]
pub(super) struct SignArguments {
    /// The modules.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// The private key (Ed25519, PEM).
    #[arg(long, value_name = "FILE")]
    key: PathBuf,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: SignArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let key = PrivateKey::read(&arguments.key)?;
    if is_open(&arguments.key) {
        talk::say(&format!(
            "warning: users other than its owner may read {}; run: chmod 600 {0}",
            arguments.key.display()
        ));
    }
    let bench = Workbench::open(&arguments.cache.config(config_file)?.mapping)?;
    for file in &arguments.files {
        let loaded = Specimen::read(file)?.load(bench.engine(), bench.cache())?;
        let place = Signature::sign(&loaded.component().identity(), &key).write(file)?;
        talk::data(&format!("{}\n", place.display()))?;
        talk::say(&format!(
            "signed {} as {}",
            loaded.component().name(),
            key.signer()
        ));
    }
    Ok(COMPLETE)
}

#[cfg(unix)]
fn is_open(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}
