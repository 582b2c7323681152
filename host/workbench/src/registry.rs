//! Pushes modules to OCI registries and pulls them, in the layout of the CNCF's Wasm working group
//! (<https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/>), so that any registry can store
//! them and other tools can read them. The signature is an annotation of the manifest: tools that do not know
//! it ignore it, whereas a second layer would make them refuse the module.
//!
//! A sync never uses this module.

mod artifact;
mod client;
mod exchange;
mod failure;
mod helper;
mod login;
mod outcome;
mod patience;
mod pull;
mod push;
mod reference;
mod wire;
mod words;

pub use artifact::Shipment;
pub use client::RegistryClient;
pub use pull::{Pulled, pull};
pub use push::{Pushed, push};
pub use reference::ArtifactRef;

use portolan_sandbox::trust::TrustError;

/// A module could not be pushed or pulled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The argument is not a reference, or not one for this purpose.
    #[error("`{given}` is not a valid reference here: {reason}")]
    Reference {
        /// The reference as typed.
        given: String,
        /// The fault, and a correct form.
        reason: String,
    },
    /// Credentials exist, but cannot be used.
    #[error("the credentials for the registry {registry} cannot be used: {reason}")]
    Credentials {
        /// Host and port of the registry.
        registry: String,
        /// The cause and the remedy.
        reason: String,
    },
    /// The connection failed, or broke.
    #[error("cannot reach the registry {registry} for {reference}: {reason}; {remedy}")]
    Unreachable {
        /// Host and port of the registry.
        registry: String,
        /// The reference, with its tag or digest.
        reference: String,
        /// The cause.
        reason: String,
        /// The remedy.
        remedy: String,
    },
    /// A proxy, a filter or a login portal answered.
    #[error(
        "the answer from {registry} for {reference} is a page of a proxy, a filter or a login portal, not a registry's answer; is the registry's name right? If it is, {remedy}"
    )]
    Page {
        /// Host and port of the registry.
        registry: String,
        /// The reference, with its tag or digest.
        reference: String,
        /// The remedy.
        remedy: String,
    },
    /// A proxy requires a password.
    #[error(
        "{proxy} does not lead to the registry {registry} for {reference} (status 407): {remedy}"
    )]
    Proxy {
        /// Host and port of the registry.
        registry: String,
        /// The reference, with its tag or digest.
        reference: String,
        /// The proxy, without its password.
        proxy: String,
        /// The remedy.
        remedy: String,
    },
    /// The registry is overloaded or down.
    #[error("the registry {registry} could not {action} {reference}: {reason}; {remedy}")]
    Busy {
        /// Host and port of the registry.
        registry: String,
        /// The reference, with its tag or digest.
        reference: String,
        /// `push` or `pull`.
        action: Action,
        /// The registry's answer.
        reason: String,
        /// The remedy.
        remedy: String,
    },
    /// The registry denies access.
    #[error(
        "the registry {registry} refuses to {action} {reference} ({credentials}); log in with `docker login {registry}`, or set PORTOLAN_REGISTRY_USERNAME and PORTOLAN_REGISTRY_PASSWORD"
    )]
    Denied {
        /// Host and port of the registry.
        registry: String,
        /// The reference, with its tag or digest.
        reference: String,
        /// `push` or `pull`.
        action: Action,
        /// The credentials that were used.
        credentials: String,
    },
    /// The registry has no such reference.
    #[error(
        "the registry {registry} has no {reference}; are repository and tag right? Some registries also answer this if the credentials may not see it"
    )]
    NotFound {
        /// Host and port of the registry.
        registry: String,
        /// The reference, with its tag or digest.
        reference: String,
    },
    /// The artifact under the reference is not a module.
    #[error("{reference} is not a mapper module: {reason}")]
    NotAModule {
        /// The reference, with its tag or digest.
        reference: String,
        /// The cause.
        reason: String,
    },
    /// The content does not match its digest.
    #[error(
        "the content that the registry {registry} sent for {reference} does not match its digest; nothing of it was kept: {reason}"
    )]
    Digest {
        /// Host and port of the registry.
        registry: String,
        /// The reference, with its tag or digest.
        reference: String,
        /// Both digests.
        reason: String,
    },
    /// The registry gave another error.
    #[error("the registry {registry} could not {action} {reference}: {reason}")]
    Answer {
        /// Host and port of the registry.
        registry: String,
        /// The reference, with its tag or digest.
        reference: String,
        /// `push` or `pull`.
        action: Action,
        /// The registry's answer.
        reason: String,
    },
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] TrustError),
}

/// An operation of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Upload a module.
    Push,
    /// Download a module.
    Pull,
}

impl std::fmt::Display for Action {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Push => "push",
            Self::Pull => "pull",
        })
    }
}
