//! A module into a registry.

use oci_client::manifest::OCI_IMAGE_MEDIA_TYPE;

use super::artifact::Artifact;
use super::{Access, Action, Place, RegistryError, Shipment};
use crate::trust::sha256;

/// What came of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The digest of the module's manifest.
    pub digest: String,
    /// The digest that the same reference stood for before, if that was another one.
    pub replaced: Option<String>,
}

/// Pushes a module.
///
/// # Errors
/// If the registry cannot be reached, or refuses it.
pub async fn push(
    access: &Access,
    place: &Place,
    shipment: &Shipment,
) -> Result<Pushed, RegistryError> {
    let artifact = Artifact::of(shipment).map_err(|reason| RegistryError::Answer {
        registry: place.registry().to_owned(),
        reference: place.to_string(),
        action: Action::Push,
        reason,
    })?;
    let digest = sha256(&artifact.manifest);
    let (client, reference) = (&access.client, &place.reference);
    let work = async {
        // Most registries let tags move, and none says that one did. What cannot be asked is not replaced.
        let before = client.fetch_manifest_digest(reference, access.auth()).await;
        let module = shipment.bytes.clone();
        client
            .push_blob(reference, module, &shipment.identity.digest)
            .await?;
        let config_digest = sha256(&artifact.config);
        client
            .push_blob(reference, artifact.config, &config_digest)
            .await?;
        let media_type = OCI_IMAGE_MEDIA_TYPE.parse();
        // The manifest comes last: until then, nobody sees anything of it.
        client
            .push_manifest_raw(reference, artifact.manifest, media_type.map_err(invalid)?)
            .await?;
        Ok(before.ok())
    };
    let before = access.within(place, Action::Push, work).await?;
    let replaced = before.filter(|before| *before != digest);
    Ok(Pushed { digest, replaced })
}

fn invalid(error: impl std::fmt::Display) -> oci_client::errors::OciDistributionError {
    oci_client::errors::OciDistributionError::GenericError(Some(error.to_string()))
}
