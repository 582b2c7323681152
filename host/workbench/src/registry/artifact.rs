//! The parts of an artifact: a manifest, a configuration that describes the component, and one layer.

use std::collections::BTreeMap;
use std::time::SystemTime;

use oci_client::annotations::{
    ORG_OPENCONTAINERS_IMAGE_CREATED, ORG_OPENCONTAINERS_IMAGE_TITLE,
    ORG_OPENCONTAINERS_IMAGE_VERSION,
};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest, OciManifest};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use portolan_machine::text::printable;
use portolan_sandbox::MODULE_LIMIT_BYTES;
use portolan_sandbox::trust::{Identity, Signature, sha256};

const CONFIG_MEDIA_TYPE: &str = "application/vnd.wasm.config.v0+json";
const LAYER_MEDIA_TYPE: &str = "application/wasm";
/// The text of the signature file.
const SIGNATURE_ANNOTATION: &str = "portolan.mapper.signature";

/// A module to push.
#[derive(Clone, Debug)]
pub struct Shipment {
    /// The component.
    pub bytes: Vec<u8>,
    /// Name, version and digest.
    pub identity: Identity,
    /// Names of the component's imports.
    pub imports: Vec<String>,
    /// Names of the component's exports.
    pub exports: Vec<String>,
    /// The component's world, for example `portolan:mapper/mapping-module@1.0.0`.
    pub target: String,
    /// Time when the file was written, so that the same module gives the same manifest again.
    pub created: SystemTime,
    /// Name of the file; other tools name their copy after it.
    pub file_name: String,
    /// The signature, if there is one.
    pub signature: Option<Signature>,
}

/// The configuration of the layout.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WasmConfig<'a> {
    created: &'a str,
    architecture: &'static str,
    /// The layout knows `wasip1` for core modules and `wasip2` for components, with WASI or, as here,
    /// without.
    os: &'static str,
    layer_digests: [&'a str; 1],
    component: WasmComponent<'a>,
}

#[derive(Serialize)]
struct WasmComponent<'a> {
    exports: &'a [String],
    imports: &'a [String],
    target: &'a str,
}

/// The bytes of an artifact's parts.
pub(super) struct Artifact {
    pub(super) config: Vec<u8>,
    pub(super) manifest: Vec<u8>,
}

impl Artifact {
    /// # Errors
    /// If no calendar can express the time of the file.
    pub(super) fn of(shipment: &Shipment) -> Result<Self, String> {
        let created = OffsetDateTime::from(shipment.created)
            .replace_nanosecond(0)
            .map_err(|error| error.to_string())?
            .format(&Rfc3339)
            .map_err(|error| error.to_string())?;
        let config = WasmConfig {
            created: &created,
            architecture: "wasm",
            os: "wasip2",
            layer_digests: [&shipment.identity.digest],
            component: WasmComponent {
                exports: &shipment.exports,
                imports: &shipment.imports,
                target: &shipment.target,
            },
        };
        let config = serde_json::to_vec(&config).map_err(|error| error.to_string())?;
        let text = |text: &str| printable(text, 128);
        let mut annotations = BTreeMap::from([
            (
                ORG_OPENCONTAINERS_IMAGE_TITLE.to_owned(),
                text(&shipment.identity.name),
            ),
            (
                ORG_OPENCONTAINERS_IMAGE_VERSION.to_owned(),
                text(&shipment.identity.version),
            ),
            (ORG_OPENCONTAINERS_IMAGE_CREATED.to_owned(), created),
        ]);
        if let Some(signature) = &shipment.signature {
            annotations.insert(SIGNATURE_ANNOTATION.to_owned(), signature.text());
        }
        let descriptor = |media_type: &str, bytes: &[u8], digest: String| OciDescriptor {
            media_type: media_type.to_owned(),
            digest,
            size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            ..OciDescriptor::default()
        };
        let layer = OciDescriptor {
            annotations: Some(BTreeMap::from([(
                ORG_OPENCONTAINERS_IMAGE_TITLE.to_owned(),
                text(&shipment.file_name),
            )])),
            ..descriptor(
                LAYER_MEDIA_TYPE,
                &shipment.bytes,
                shipment.identity.digest.clone(),
            )
        };
        let manifest = OciImageManifest {
            media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
            config: descriptor(CONFIG_MEDIA_TYPE, &config, sha256(&config)),
            layers: vec![layer],
            annotations: Some(annotations),
            ..OciImageManifest::default()
        };
        let manifest = serde_json::to_vec(&manifest).map_err(|error| error.to_string())?;
        Ok(Self { config, manifest })
    }
}

/// The parts of a manifest that the module has to match.
#[derive(Debug)]
pub(super) struct Promise {
    pub(super) layer: OciDescriptor,
    pub(super) size_bytes: usize,
    /// Text of the signature file.
    pub(super) signature: Option<String>,
}

impl Promise {
    /// Reads a manifest.
    ///
    /// # Errors
    /// The reason why it is not the manifest of a usable module.
    pub(super) fn read(manifest: &[u8]) -> Result<Self, String> {
        let parsed = serde_json::from_slice(manifest);
        let manifest = match parsed {
            Ok(OciManifest::Image(manifest)) => manifest,
            Ok(OciManifest::ImageIndex(index)) => {
                let digests = index.manifests.iter().take(4).map(|entry| &*entry.digest);
                return Err(format!(
                    "it is an index of {} manifests, not a manifest; pull one of them by its digest: {}",
                    index.manifests.len(),
                    printable(&digests.collect::<Vec<_>>().join(", "), 400)
                ));
            }
            Err(_) => return Err("its manifest is not that of an OCI image".into()),
        };
        let layer = module_layer(&manifest)?;
        if !layer.digest.starts_with("sha256:") {
            return Err("its layer has no digest by SHA-256".into());
        }
        let size_bytes = usize::try_from(layer.size).unwrap_or(0);
        if size_bytes == 0 || size_bytes > MODULE_LIMIT_BYTES {
            return Err(format!(
                "its layer has {} bytes, and a module has 1 to {MODULE_LIMIT_BYTES}",
                layer.size
            ));
        }
        let layer = OciDescriptor {
            // With `urls`, the manifest's author could direct requests to any host.
            urls: None,
            ..layer.clone()
        };
        let signature = manifest
            .annotations
            .and_then(|mut annotations| annotations.remove(SIGNATURE_ANNOTATION));
        Ok(Self {
            layer,
            size_bytes,
            signature,
        })
    }
}

/// Finds the layer that is the module. It ignores the configuration in the manifest, because every tool
/// writes another one: `portolan mapper push` that of the CNCF, wasm-to-oci and the first wash their own, and
/// oras an empty one.
fn module_layer(manifest: &OciImageManifest) -> Result<&OciDescriptor, String> {
    let title = |layer: &OciDescriptor| {
        let annotations = layer.annotations.as_ref()?;
        annotations.get(ORG_OPENCONTAINERS_IMAGE_TITLE).cloned()
    };
    let is_wasm = |layer: &&OciDescriptor| {
        layer.media_type == LAYER_MEDIA_TYPE || layer.media_type.ends_with("+wasm")
    };
    // Without a type for its file, oras calls the layer an archive; then the file name decides.
    let is_untyped = |layer: &&OciDescriptor| {
        [
            "application/vnd.oci.image.layer.v1.tar",
            "application/octet-stream",
        ]
        .contains(&layer.media_type.as_str())
    };
    let is_named =
        |layer: &&OciDescriptor| title(layer).is_some_and(|name| name.ends_with(".wasm"));
    let by_type: Vec<_> = manifest.layers.iter().filter(is_wasm).collect();
    let untyped = manifest.layers.iter().filter(is_untyped);
    let by_name: Vec<_> = untyped.filter(is_named).collect();
    let both: Vec<_> = by_type.iter().copied().filter(is_named).collect();
    for found in [&both, &by_type, &by_name] {
        if let [layer] = found.as_slice() {
            return Ok(layer);
        }
    }
    let layers = manifest.layers.iter().map(|layer| match title(layer) {
        Some(title) => format!("{} ({title})", layer.media_type),
        None => layer.media_type.clone(),
    });
    let layers = printable(&layers.collect::<Vec<_>>().join(", "), 400);
    if by_type.is_empty() && by_name.is_empty() {
        let config = printable(&manifest.config.media_type, 128);
        return Err(format!(
            "its configuration is {config}, and none of its layers is a module: {layers}. A module is a layer of the type {LAYER_MEDIA_TYPE}; push it with `portolan mapper push`, or with `oras push REF FILE.wasm:{LAYER_MEDIA_TYPE}`"
        ));
    }
    Err(format!(
        "more than one of its layers may be the module: {layers}. Push each module under a reference of its own"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipment() -> Shipment {
        let bytes = b"\0asm\x0d\0\x01\0".to_vec();
        Shipment {
            identity: Identity {
                name: "acme-tags".into(),
                version: "0.1.0".into(),
                digest: sha256(&bytes),
                wit: "portolan:mapper@1.0.0".into(),
            },
            bytes,
            imports: vec![],
            exports: vec!["portolan:mapper/mapping@1.0.0".into()],
            target: "portolan:mapper/mapping-module@1.0.0".into(),
            created: SystemTime::UNIX_EPOCH,
            file_name: "acme-tags.wasm".into(),
            signature: None,
        }
    }

    #[test]
    fn what_is_made_is_understood_again() {
        let artifact = Artifact::of(&shipment()).expect("an artifact");
        let promise = Promise::read(&artifact.manifest).expect("a module");
        assert_eq!(promise.layer.digest, shipment().identity.digest);
        assert_eq!((promise.size_bytes, promise.signature), (8, None));
        let config: serde_json::Value = serde_json::from_slice(&artifact.config).expect("JSON");
        assert_eq!(config["created"], "1970-01-01T00:00:00Z");
        let again = Artifact::of(&shipment()).expect("an artifact");
        assert_eq!(again.manifest, artifact.manifest);
    }

    #[test]
    fn what_promises_no_module_is_refused() {
        let text =
            String::from_utf8(Artifact::of(&shipment()).expect("one").manifest).expect("text");
        let change = |from: &str, to: &str| {
            assert!(text.contains(from), "{text}");
            Promise::read(text.replace(from, to).as_bytes()).expect_err("refused")
        };
        let huge = format!("\"size\":{}", MODULE_LIMIT_BYTES + 1);
        assert!(change("\"size\":8", &huge).contains("67108865 bytes"));
        assert!(change("\"size\":8", "\"size\":-8").contains("-8 bytes"));
        assert!(change(LAYER_MEDIA_TYPE, "application/zip").contains("application/zip"));
        assert!(Promise::read(b"{}").is_err());
        let index = br#"{"schemaVersion":2,"manifests":[]}"#;
        assert!(
            Promise::read(index)
                .expect_err("an index")
                .contains("index")
        );
    }

    #[test]
    fn a_layer_is_never_fetched_from_elsewhere() {
        let text =
            String::from_utf8(Artifact::of(&shipment()).expect("one").manifest).expect("text");
        let with_url = text.replace(
            "\"size\":8",
            "\"size\":8,\"urls\":[\"http://169.254.169.254/\"]",
        );
        let promise = Promise::read(with_url.as_bytes()).expect("a module");
        assert_eq!(promise.layer.urls, None);
    }
}
