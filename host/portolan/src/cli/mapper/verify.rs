//! `portolan mapper verify`.

use std::path::{Path, PathBuf};

use portolan_sandbox::trust::{TrustedKeys, Verification};
use portolan_workbench::{Specimen, Workbench};

use super::{CacheArguments, TrustArguments};
use crate::cli::{COMPLETE, FAILED};
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  Check that a module is from Acme:
    portolan mapper verify acme-tags.wasm --key acme.key.pub
  With the trusted-keys of a configuration file:
    portolan mapper verify mappers/*.wasm --config portolan.toml

Exit status: 0 if every module is verified, 1 if one is not signed or fails verification.";

#[derive(Debug, clap::Args)]
pub(super) struct VerifyArguments {
    /// The modules; the signature of each is FILE.sig.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    trust: TrustArguments,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: VerifyArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let config = arguments.trust.config(arguments.cache, config_file)?;
    let keys = TrustedKeys::read(&config.mapping.trusted_keys)?;
    let bench = Workbench::open(&config.mapping)?;
    let mut status = COMPLETE;
    for file in &arguments.files {
        let specimen = Specimen::read(file)?;
        let mut look = specimen.look(None, &keys);
        // The module itself states its name, so only a module with the signed bytes is asked for it.
        if look.genuine.is_some() {
            let loaded = specimen.load(bench.engine(), bench.cache())?;
            look = specimen.look(Some(&loaded), &keys);
        }
        talk::data(&format!("{}: {}\n", file.display(), look.verification))?;
        if !matches!(look.verification, Verification::Verified { .. }) {
            status = FAILED;
        }
    }
    Ok(status)
}
