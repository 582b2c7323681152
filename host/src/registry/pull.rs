//! A module out of a registry.

use std::io;
use std::path::Path;

use futures_util::TryStreamExt;
use oci_client::errors::OciDistributionError;
use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE,
    OCI_IMAGE_MEDIA_TYPE,
};

use super::artifact::Promise;
use super::{Access, Action, Place, RegistryError};
use crate::mapper::check_header;
use crate::text::printable;
use crate::trust::{Signature, TrustError, sha256};

/// A module as it came, with nothing written yet.
#[derive(Debug)]
pub struct Pulled {
    /// The component, whose digest is the one that its manifest promised.
    pub bytes: Vec<u8>,
    /// The digest of the manifest, under which the same module can be had for ever.
    pub manifest_digest: String,
    /// Its signature, if one came with it; or why what came is none.
    pub signature: Option<Result<Signature, String>>,
}

/// Pulls a module. The sizes and digests of manifest and layer are checked, and that it is a component.
///
/// # Errors
/// If the registry cannot be reached or refuses, or if what it has is no module.
pub async fn pull(access: &Access, place: &Place) -> Result<Pulled, RegistryError> {
    let (client, reference) = (&access.client, &place.reference);
    let not_a_module = |reason| RegistryError::NotAModule {
        reference: place.to_string(),
        reason,
    };
    let manifest = async {
        // Where there is something else than a module, it is named instead of missed.
        let accepted = [
            OCI_IMAGE_MEDIA_TYPE,
            IMAGE_MANIFEST_MEDIA_TYPE,
            OCI_IMAGE_INDEX_MEDIA_TYPE,
            IMAGE_MANIFEST_LIST_MEDIA_TYPE,
        ];
        client
            .pull_manifest_raw(reference, access.auth(), &accepted)
            .await
    };
    // The client has compared the digest of the reference, if it has one, with these bytes.
    let (manifest, _) = access.within(place, Action::Pull, manifest).await?;
    if crate::text::is_html(&manifest) {
        return Err(access.page(place));
    }
    let promise = Promise::read(&manifest).map_err(not_a_module)?;
    let bytes = access
        .within(place, Action::Pull, layer(access, place, &promise))
        .await?;
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

/// Reads the layer piece by piece, and no more of it than was promised.
async fn layer(
    access: &Access,
    place: &Place,
    promise: &Promise,
) -> Result<Vec<u8>, OciDistributionError> {
    let mut stream = access
        .client
        .pull_blob_stream(&place.reference, &promise.layer)
        .await?;
    let mut bytes = Vec::with_capacity(promise.size_bytes);
    while let Some(piece) = stream.try_next().await? {
        if bytes.is_empty() && crate::text::is_html(&piece) {
            return Err(OciDistributionError::AuthenticationFailure(
                String::from_utf8_lossy(&piece).into_owned(),
            ));
        }
        if bytes.len() + piece.len() > promise.size_bytes {
            let promised = promise.size_bytes;
            return Err(io::Error::other(format!(
                "it sends more than the {promised} bytes that the manifest promises"
            ))
            .into());
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// What a layer is by its first bytes.
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
    /// Writes the module and its signature beside it, each whole or not at all. A signature that belonged to
    /// what the file held before is removed.
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
        crate::trust::write_whole(file, &self.bytes)?;
        if let Some(Ok(signature)) = &self.signature {
            signature.write(file)?;
        }
        Ok(())
    }
}
