//! What went wrong with a registry, in words that name registry, reference and the way out. A registry's own
//! words are cut, and URLs are left out, for those of uploads hold state.

use oci_client::errors::{OciDistributionError, OciErrorCode};

use super::words::{UNTRUSTED, words};
use super::{Access, Action, Place, RegistryError};
use crate::text::printable;

impl Access {
    pub(super) fn unreachable(&self, place: &Place, reason: String) -> RegistryError {
        let has = |part| reason.to_ascii_lowercase().contains(part);
        let remedy = if has("certificate") {
            UNTRUSTED
        } else if has("proxy") || has("tunnel") {
            "does the proxy that HTTPS_PROXY names let it through, and is its password right? NO_PROXY names hosts to reach without it"
        } else if self.is_plain() {
            "is the name right, and does it speak HTTP there?"
        } else {
            "is the name right, and has HTTPS_PROXY to be set here? --plain-http is for a registry without TLS"
        };
        RegistryError::Unreachable {
            registry: place.registry().to_owned(),
            reference: place.to_string(),
            reason,
            remedy,
        }
    }

    pub(super) fn page(&self, place: &Place) -> RegistryError {
        RegistryError::Page {
            registry: place.registry().to_owned(),
            reference: place.to_string(),
        }
    }

    pub(super) fn explain(
        &self,
        place: &Place,
        action: Action,
        error: OciDistributionError,
    ) -> RegistryError {
        let registry = place.registry().to_owned();
        let reference = place.to_string();
        let answer = |reason: &str| RegistryError::Answer {
            registry: place.registry().to_owned(),
            reference: place.to_string(),
            action,
            reason: printable(reason, 400),
        };
        if let OciDistributionError::ServerError { message, .. }
        | OciDistributionError::AuthenticationFailure(message) = &error
            && crate::text::is_html(message.as_bytes())
        {
            return self.page(place);
        }
        let (is_denied, is_missing) = verdict(&error);
        if is_denied {
            return RegistryError::Denied {
                registry,
                reference,
                action,
                credentials: self.origin().to_owned(),
            };
        }
        if is_missing {
            return RegistryError::NotFound {
                registry,
                reference,
            };
        }
        match error {
            OciDistributionError::RequestError(error) => self.unreachable(place, words(&error)),
            OciDistributionError::DigestError(error) => RegistryError::Digest {
                registry,
                reference,
                reason: printable(&error.to_string(), 300),
            },
            // A body that ends early, or whose digest is wrong when its last byte has come.
            OciDistributionError::IoError(error) => {
                let reason = words(&error);
                if reason.contains("Invalid digest") {
                    RegistryError::Digest {
                        registry,
                        reference,
                        reason,
                    }
                } else {
                    self.unreachable(place, reason)
                }
            }
            OciDistributionError::RegistryError { envelope, .. } => answer(&envelope.to_string()),
            OciDistributionError::ServerError { code, message, .. } => {
                answer(&format!("status {code} {message}"))
            }
            OciDistributionError::RegistryTokenDecodeError(_) => answer(
                "what its token service answers has no token in it; it may be a page of a proxy",
            ),
            error => answer(&error.to_string()),
        }
    }
}

/// Whether an error means that we may not, or that there is nothing.
fn verdict(error: &OciDistributionError) -> (bool, bool) {
    match error {
        OciDistributionError::AuthenticationFailure(_)
        | OciDistributionError::UnauthorizedError { .. }
        | OciDistributionError::ServerError {
            code: 401 | 403, ..
        } => (true, false),
        OciDistributionError::ImageManifestNotFoundError(_)
        | OciDistributionError::ServerError { code: 404, .. } => (false, true),
        OciDistributionError::RegistryError { envelope, .. } => {
            let has = |codes: &[OciErrorCode]| {
                envelope
                    .errors
                    .iter()
                    .any(|error| codes.contains(&error.code))
            };
            (
                has(&[OciErrorCode::Unauthorized, OciErrorCode::Denied]),
                has(&[
                    OciErrorCode::ManifestUnknown,
                    OciErrorCode::NameUnknown,
                    OciErrorCode::NotFound,
                    OciErrorCode::BlobUnknown,
                ]),
            )
        }
        _ => (false, false),
    }
}
