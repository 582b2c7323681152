//! Pushes a module to a registry.

use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::{BodyExt, Full, StreamBody};
use oci_client::manifest::OCI_IMAGE_MEDIA_TYPE;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{Body, Method, StatusCode};

use super::artifact::Artifact;
use super::outcome::{ExchangeFailure, is_busy};
use super::patience::{Moved, Patience};
use super::wire::{read, text};
use super::{Action, ArtifactRef, RegistryClient, RegistryError, Shipment};
use portolan_sandbox::trust::sha256;

const PIECE_BYTES: usize = 64 * 1024;

/// The result of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The digest of the module's manifest.
    pub digest: String,
    /// The digest under the same reference before, if it was another one.
    pub replaced: Option<String>,
}

/// Pushes a module.
///
/// # Errors
/// If the registry cannot be reached, or refuses it.
pub async fn push(
    access: &RegistryClient,
    place: &ArtifactRef,
    shipment: &Shipment,
) -> Result<Pushed, RegistryError> {
    let artifact = Artifact::of(shipment).map_err(|reason| RegistryError::Answer {
        registry: place.registry().to_owned(),
        reference: place.to_string(),
        action: Action::Push,
        reason,
    })?;
    let digest = sha256(&artifact.manifest);
    let (module, config) = (shipment.bytes.clone().into(), artifact.config.into());
    let work = async {
        let before = access
            .repeating(place, async || before(access, place).await)
            .await?;
        // The manifest comes last, so that an unfinished push is not visible.
        for (what, bytes) in [("module", &module), ("configuration", &config)] {
            let work = async || blob(access, place, what, bytes).await;
            access.repeating(place, work).await?;
        }
        let work = async || manifest(access, place, artifact.manifest.clone()).await;
        access.repeating(place, work).await?;
        Ok(before)
    };
    let before = access.within(place, Action::Push, work).await?;
    let replaced = before.filter(|before| *before != digest);
    Ok(Pushed { digest, replaced })
}

/// The current digest of the reference. Most registries let tags move, and none reports a move. If the
/// registry does not answer, the digest counts as absent.
async fn before(
    access: &RegistryClient,
    place: &ArtifactRef,
) -> Result<Option<String>, ExchangeFailure> {
    let shown = access.shown(place, Action::Push).await?;
    let patience = Patience::new(place.registry(), "the present digest of the reference");
    for method in [Method::HEAD, Method::GET] {
        let url = access.url(place, &format!("manifests/{}", place.exact()))?;
        let request = access
            .request(place, &shown, method.clone(), url)?
            .header(ACCEPT, OCI_IMAGE_MEDIA_TYPE);
        let answer = match access.send(&patience, request, StatusCode::OK).await {
            Ok(answer) => answer,
            Err(ExchangeFailure::Status { status, .. })
                if !is_busy(status) && status != StatusCode::PROXY_AUTHENTICATION_REQUIRED =>
            {
                // Some registries do not support HEAD.
                if [401, 403, 404].contains(&status.as_u16()) {
                    return Ok(None);
                }
                continue;
            }
            Err(failure) => return Err(failure),
        };
        let digest = text(answer.headers(), "docker-content-digest");
        if digest.is_some() {
            return Ok(digest);
        }
        if method == Method::GET {
            let body = read(&patience, answer).await?;
            if portolan_machine::text::is_html(&body) {
                return Err(ExchangeFailure::Page);
            }
            return Ok(Some(sha256(&body)));
        }
    }
    Ok(None)
}

/// Uploads a blob in one request: every registry takes it, and modules are small.
async fn blob(
    access: &RegistryClient,
    place: &ArtifactRef,
    what: &str,
    bytes: &Bytes,
) -> Result<(), ExchangeFailure> {
    let shown = access.shown(place, Action::Push).await?;
    let begin = Patience::new(place.registry(), "a place to upload to");
    let url = access.url(place, "blobs/uploads/")?;
    let request = access
        .request(place, &shown, Method::POST, url)?
        // Some registries require a length, although HTTP does not.
        .header(CONTENT_LENGTH, 0);
    let answer = access.send(&begin, request, StatusCode::ACCEPTED).await?;
    let no_place = || ExchangeFailure::Answer("it does not name a place to upload to".to_owned());
    let location = text(answer.headers(), LOCATION.as_str()).ok_or_else(no_place)?;
    let mut url = answer.url().join(&location).map_err(|_| no_place())?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(no_place());
    }
    url.query_pairs_mut().append_pair("digest", &sha256(bytes));
    let what = format!("the {what} of {} bytes to be taken", bytes.len());
    let taken = Patience::new(place.registry(), &what).sending(bytes.len());
    let request = access
        .request(place, &shown, Method::PUT, url)?
        .header(CONTENT_TYPE, "application/octet-stream")
        .header(CONTENT_LENGTH, bytes.len())
        .body(pieces(bytes.clone(), taken.moved()));
    access.send(&taken, request, StatusCode::CREATED).await?;
    Ok(())
}

/// A body that reports its progress, because a large one may take longer than the limit of silence.
fn pieces(bytes: Bytes, moved: Moved) -> Body {
    let pieces = (0..bytes.len())
        .step_by(PIECE_BYTES)
        .map(move |start| bytes.slice(start..bytes.len().min(start + PIECE_BYTES)))
        .filter_map(move |piece| {
            moved.by(piece.len());
            Full::new(piece).frame().now_or_never()?
        });
    Body::wrap(StreamBody::new(futures_util::stream::iter(pieces)))
}

async fn manifest(
    access: &RegistryClient,
    place: &ArtifactRef,
    bytes: Vec<u8>,
) -> Result<(), ExchangeFailure> {
    let shown = access.shown(place, Action::Push).await?;
    let patience = Patience::new(place.registry(), "the manifest to be taken");
    let url = access.url(place, &format!("manifests/{}", place.exact()))?;
    let request = access
        .request(place, &shown, Method::PUT, url)?
        .header(CONTENT_TYPE, OCI_IMAGE_MEDIA_TYPE)
        .body(bytes);
    access.send(&patience, request, StatusCode::CREATED).await?;
    Ok(())
}
