//! Pulls a module from a registry.

use std::io;
use std::path::Path;

use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE,
    OCI_IMAGE_MEDIA_TYPE,
};
use reqwest::header::ACCEPT;
use reqwest::{Method, StatusCode};

use super::artifact::Promise;
use super::outcome::ExchangeFailure;
use super::patience::Patience;
use super::wire::{BODY_LIMIT_BYTES, read, text};
use super::{Action, ArtifactRef, RegistryClient, RegistryError};
use portolan_machine::text::printable;
use portolan_sandbox::check_header;
use portolan_sandbox::trust::{Signature, TrustError, sha256};

/// A pulled module, not written yet.
#[derive(Debug)]
pub struct Pulled {
    /// The component. Its digest matches the manifest.
    pub bytes: Vec<u8>,
    /// The digest of the manifest, a permanent reference to the same module.
    pub manifest_digest: String,
    /// The signature, if there is one; or the reason why its text is not a signature.
    pub signature: Option<Result<Signature, String>>,
}

/// Pulls a module. It checks the sizes and digests of manifest and layer, and that the layer is a component.
///
/// # Errors
/// If the registry cannot be reached or refuses, or if the artifact is not a module.
pub async fn pull(access: &RegistryClient, place: &ArtifactRef) -> Result<Pulled, RegistryError> {
    let not_a_module = |reason| RegistryError::NotAModule {
        reference: place.to_string(),
        reason,
    };
    let work = access.repeating(place, async || manifest(access, place).await);
    let manifest = access.within(place, Action::Pull, work).await?;
    let promise = Promise::read(&manifest).map_err(not_a_module)?;
    let work = access.repeating(place, async || layer(access, place, &promise).await);
    let bytes = access.within(place, Action::Pull, work).await?;
    check_header(&bytes).map_err(|reason| {
        let media_type = printable(&promise.layer.media_type, 128);
        let content = content(&bytes);
        not_a_module(format!("{reason} (its layer, {media_type}, is {content})"))
    })?;
    Ok(Pulled {
        bytes,
        manifest_digest: sha256(&manifest),
        signature: promise.signature.as_deref().map(Signature::parse),
    })
}

/// The manifest. Its digest matches the reference, if that has one.
async fn manifest(
    access: &RegistryClient,
    place: &ArtifactRef,
) -> Result<Vec<u8>, ExchangeFailure> {
    // Accepting other types gives a message that names them, instead of a missing manifest.
    let accepted = [
        OCI_IMAGE_MEDIA_TYPE,
        IMAGE_MANIFEST_MEDIA_TYPE,
        OCI_IMAGE_INDEX_MEDIA_TYPE,
        IMAGE_MANIFEST_LIST_MEDIA_TYPE,
    ];
    let shown = access.shown(place, Action::Pull).await?;
    let url = access.url(place, &format!("manifests/{}", place.exact()))?;
    let request = access
        .request(place, &shown, Method::GET, url)?
        .header(ACCEPT, accepted.join(", "));
    let patience = Patience::new(place.registry(), "the manifest");
    let answer = access.send(&patience, request, StatusCode::OK).await?;
    let of_header = text(answer.headers(), "docker-content-digest");
    let bytes = read(&patience, answer).await?;
    if portolan_machine::text::is_html(&bytes) {
        return Err(ExchangeFailure::Page);
    }
    if bytes.len() > BODY_LIMIT_BYTES {
        return Err(ExchangeFailure::Answer(format!(
            "its manifest has more than {BODY_LIMIT_BYTES} bytes"
        )));
    }
    let of_header = of_header.filter(|digest| digest.starts_with("sha256:"));
    for promised in [place.reference.digest(), of_header.as_deref()] {
        compare(promised, &bytes, "the manifest")?;
    }
    Ok(bytes)
}

fn compare(promised: Option<&str>, bytes: &[u8], what: &str) -> Result<(), ExchangeFailure> {
    let digest = sha256(bytes);
    match promised.filter(|promised| *promised != digest) {
        Some(promised) => Err(ExchangeFailure::Digest(format!(
            "{what} has the digest {digest}, and the expected digest is {}",
            printable(promised, 100)
        ))),
        None => Ok(()),
    }
}

/// Reads the layer piece by piece, at most to its promised size.
async fn layer(
    access: &RegistryClient,
    place: &ArtifactRef,
    promise: &Promise,
) -> Result<Vec<u8>, ExchangeFailure> {
    let promised = promise.size_bytes;
    let shown = access.shown(place, Action::Pull).await?;
    let url = access.url(place, &format!("blobs/{}", promise.layer.digest))?;
    let request = access.request(place, &shown, Method::GET, url)?;
    let what = format!("the module of {promised} bytes");
    let patience = Patience::new(place.registry(), &what);
    let mut answer = access.send(&patience, request, StatusCode::OK).await?;
    let moved = patience.moved();
    let all = async {
        let mut bytes = Vec::with_capacity(promised);
        while let Some(piece) = answer.chunk().await? {
            moved.by(piece.len());
            if bytes.is_empty() && portolan_machine::text::is_html(&piece) {
                return Err(ExchangeFailure::Page);
            }
            if bytes.len() + piece.len() > promised {
                return Err(ExchangeFailure::Digest(format!(
                    "it sends more than the {promised} bytes that the manifest promises"
                )));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    };
    let bytes = patience.wait(all).await??;
    compare(Some(&promise.layer.digest), &bytes, "the module")?;
    Ok(bytes)
}

/// The content of a layer, judged by its first bytes.
fn content(bytes: &[u8]) -> &'static str {
    match bytes {
        [0, b'a', b's', b'm', ..] => "WebAssembly",
        [0x1f, 0x8b, ..] => "compressed by gzip",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive",
        _ if bytes.get(257..262) == Some(b"ustar") => "a tar archive",
        _ if std::str::from_utf8(bytes).is_ok() => "text",
        _ => "of unknown content",
    }
}

impl Pulled {
    /// Writes the module and its signature beside it, each whole or not at all. It removes a signature of an
    /// earlier file.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), RegistryError> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(|source| TrustError::File {
                action: "create",
                path: folder.display().to_string(),
                source,
            })?;
        }
        let place = Signature::place(file);
        match std::fs::remove_file(&place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(TrustError::File {
                    action: "replace",
                    path: place.display().to_string(),
                    source: error,
                }
                .into());
            }
            _ => {}
        }
        portolan_sandbox::trust::write_whole(file, &self.bytes)?;
        if let Some(Ok(signature)) = &self.signature {
            signature.write(file)?;
        }
        Ok(())
    }
}
