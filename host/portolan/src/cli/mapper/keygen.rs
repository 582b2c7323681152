//! `portolan mapper keygen`.

use std::path::PathBuf;

use portolan_sandbox::trust::PrivateKey;

use crate::cli::COMPLETE;
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  A key pair, acme.key and acme.key.pub:
    portolan mapper keygen acme.key
  Sign with the one, trust the other:
    portolan mapper sign built/acme-tags.wasm --key acme.key
    portolan sync --module-policy signed --trusted-keys acme.key.pub --mappers built --output ecs

The private key is for its owner alone (mode 0600) and not encrypted: keep it with your secrets.
OpenSSL makes the same files: openssl genpkey -algorithm ed25519 -out acme.key and
openssl pkey -in acme.key -pubout -out acme.key.pub.";

#[derive(Debug, clap::Args)]
pub(super) struct KeygenArguments {
    /// File for the private key; the public key goes to FILE.pub. Neither file may exist already.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(arguments: &KeygenArguments) -> anyhow::Result<u8> {
    let key = PrivateKey::generate()?;
    let public = key.write(&arguments.file)?;
    talk::data(&format!("{}\t{}\n", public.display(), key.signer()))?;
    talk::say(&format!(
        "{} signs: keep it secret; {} verifies: publish it",
        arguments.file.display(),
        public.display()
    ));
    Ok(COMPLETE)
}
