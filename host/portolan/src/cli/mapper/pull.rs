//! `portolan mapper pull`.

use std::path::{Path, PathBuf};

use portolan_sandbox::trust::{Look, TrustedKeys, Verification, sha256};
use portolan_workbench::registry::{ArtifactRef, pull};
use portolan_workbench::{Specimen, Workbench};

use super::{CacheArguments, ConnectionArguments, TrustArguments};
use crate::cli::{COMPLETE, USAGE};
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  Into acme-tags.wasm of this folder, with acme-tags.wasm.sig if it is signed:
    portolan mapper pull ghcr.io/acme/acme-tags:0.1.0 --key acme.key.pub
  Exactly this one, even if the tag has moved, into the mappers folder; then pin it:
    portolan mapper pull ghcr.io/acme/acme-tags@sha256:… --out mappers/acme-tags.wasm
    portolan mapper pin mappers/acme-tags.wasm

Modules that oras, wasm-to-oci or wash pushed work too: the module is the one layer that is
WebAssembly by its type, or by a name that ends in .wasm.

The file is written only if sizes and digests are right and it is a component. With trusted keys
(--key), one of them must have signed it; without, a signature that contradicts its module is
refused all the same. module-policy decides whether a module may run.

Credentials come from PORTOLAN_REGISTRY_USERNAME and PORTOLAN_REGISTRY_PASSWORD, else from what
`docker login` or `az acr login` stored (DOCKER_CONFIG, credential helpers included). If a helper
fails, a warning names it, and the command continues without credentials. Registries on this machine
are reached by HTTP and without a proxy, all others by HTTPS and the proxies of the environment.";

#[derive(Debug, clap::Args)]
pub(super) struct PullArguments {
    /// The module, as REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST.
    #[arg(value_name = "REF")]
    reference: String,

    /// File for the module; an existing file is replaced [default: the repository's name, here].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    connection: ConnectionArguments,

    #[command(flatten)]
    trust: TrustArguments,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: PullArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let config = arguments.trust.config(arguments.cache, config_file)?;
    let keys = TrustedKeys::read(&config.mapping.trusted_keys)?;
    let bench = Workbench::open(&config.mapping)?;
    let place = match ArtifactRef::to_pull(&arguments.reference) {
        Ok(place) => place,
        // The argument is not valid, so the status is that of a usage error.
        Err(error) => {
            talk::error(&error.to_string());
            return Ok(USAGE);
        }
    };
    let access = arguments.connection.access(&place, config.clone())?;
    let out = arguments.out.unwrap_or_else(|| place.file_name().into());
    let pulled = crate::cli::runtime()?.block_on(pull(&access, &place))?;
    let digest = sha256(&pulled.bytes);
    let mut look = Look::of(&out, pulled.signature.clone(), &digest, &keys);
    let specimen = Specimen::of(&out, pulled.bytes.clone());
    let loaded = specimen.load(bench.engine(), bench.cache());
    if let Ok(loaded) = &loaded {
        look = look.confirm(&out, &loaded.component().identity());
    }
    if look.is_broken() {
        anyhow::bail!("{place}: {}; nothing was written", look.verification);
    }
    let is_verified = matches!(look.verification, Verification::Verified { .. });
    if !config.mapping.trusted_keys.is_empty() && !is_verified {
        anyhow::bail!(
            "{place}: {}; nothing was written. Ask its author, or leave out the trusted keys to take it unverified",
            look.verification
        );
    }
    pulled.write(&out)?;
    talk::data(&format!(
        "{}\t{}\t{digest}\n",
        out.display(),
        pulled.bytes.len()
    ))?;
    match loaded {
        Ok(loaded) => talk::say(&format!(
            "pulled {} by the manifest {}",
            loaded.component().name(),
            pulled.manifest_digest
        )),
        Err(error) => talk::say(&format!("note: a sync would refuse it: {}", error.reason())),
    }
    talk::say(&look.verification.to_string());
    Ok(COMPLETE)
}
