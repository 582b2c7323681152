//! `portolan mapper push`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use portolan_sandbox::Surface;
use portolan_sandbox::trust::TrustedKeys;
use portolan_workbench::contract::World;
use portolan_workbench::registry::{ArtifactRef, Pushed, Shipment, push};
use portolan_workbench::{Specimen, Workbench};

use super::{CacheArguments, ConnectionArguments};
use crate::cli::{COMPLETE, USAGE};
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  Under the version of its manifest, here 0.1.0:
    portolan mapper push built/acme-tags.wasm ghcr.io/acme/acme-tags
  With the printed reference in a file, for a pull by digest elsewhere:
    portolan mapper push built/acme-tags.wasm localhost:5000/acme-tags:dev > pushed.txt

The artifact has the Wasm layout of the CNCF, which other tools read (wkg, oras, containerd). The
signature in FILE.sig, if there is one, goes along as an annotation of the manifest.

Credentials come from PORTOLAN_REGISTRY_USERNAME and PORTOLAN_REGISTRY_PASSWORD, else from what
`docker login` or `az acr login` stored (DOCKER_CONFIG, credential helpers included). If a helper
fails, a warning names it, and the command continues without credentials. Registries on this machine
are reached by HTTP and without a proxy, all others by HTTPS and the proxies of the environment.";

#[derive(Debug, clap::Args)]
pub(super) struct PushArguments {
    /// The module.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Destination, as REGISTRY/REPOSITORY[:TAG] [default of the tag: the module's version].
    #[arg(value_name = "REF")]
    reference: String,

    #[command(flatten)]
    connection: ConnectionArguments,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: PushArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let config = arguments.cache.config(config_file)?;
    let bench = Workbench::open(&config.mapping)?;
    let file = &arguments.file;
    let specimen = Specimen::read(file)?;
    let loaded = specimen.load(bench.engine(), bench.cache())?;
    let look = specimen.look(Some(&loaded), &TrustedKeys::default());
    if look.is_broken() {
        anyhow::bail!(
            "{}: {}; nothing was pushed",
            file.display(),
            look.verification
        );
    }
    let version = &loaded.component().manifest.version;
    let place = match ArtifactRef::to_push(&arguments.reference, version) {
        Ok(place) => place,
        Err(error) => {
            talk::error(&error.to_string());
            return Ok(USAGE);
        }
    };
    let access = arguments.connection.access(&place, config)?;
    let surface = Surface::names(&specimen.bytes).map_err(anyhow::Error::msg)?;
    let names = |items: Vec<portolan_sandbox::Item>| items.into_iter().map(|item| item.name);
    let shipment = Shipment {
        identity: loaded.component().identity(),
        imports: names(surface.imports).collect(),
        exports: names(surface.exports).collect(),
        target: World::of(loaded.component().manifest.kind)?.name,
        created: std::fs::metadata(file)
            .and_then(|metadata| metadata.modified())
            .with_context(|| format!("cannot read {}", file.display()))?,
        file_name: file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        signature: look.genuine,
        bytes: specimen.bytes,
    };
    let Pushed { digest, replaced } =
        crate::cli::runtime()?.block_on(push(&access, &place, &shipment))?;
    talk::data(&format!("{place}@{digest}\n"))?;
    if let Some(replaced) = replaced {
        talk::say(&format!(
            "warning: {place} pointed to another artifact before ({replaced}): another module, or the same one without this signature; a pull by the tag gets this one now"
        ));
    }
    let signed = match &shipment.signature {
        Some(signature) => format!("signed by {}", signature.signer),
        None => "not signed".to_owned(),
    };
    talk::say(&format!(
        "pushed {}, {} bytes, {signed}",
        loaded.component().name(),
        shipment.bytes.len()
    ));
    Ok(COMPLETE)
}
