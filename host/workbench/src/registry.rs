//! Modules to and from OCI registries, in the layout that the CNCF's Wasm working group describes
//! (<https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/>), so that any registry holds
//! them and other tools read them. The signature travels as an annotation of the manifest: tools that do
//! not know it leave it alone, whereas a second layer would make them refuse the module.
//!
//! Nothing of a sync comes here.

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
    /// What was given is no reference, or not one for this purpose.
    #[error("`{given}` is no reference to use here: {reason}")]
    Reference {
        /// As it was given.
        given: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// There are credentials, but they cannot be used.
    #[error("the credentials for the registry {registry} cannot be used: {reason}")]
    Credentials {
        /// The registry.
        registry: String,
        /// Why, and what to do.
        reason: String,
    },
    /// No connection, or none that lasts.
    #[error("cannot reach the registry {registry} for {reference}: {reason}; {remedy}")]
    Unreachable {
        /// The registry.
        registry: String,
        /// The reference.
        reference: String,
        /// Why.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// Somebody in between answered.
    #[error(
        "what came from {registry} for {reference} is a page of a proxy, a filter or a login portal, not a registry's answer; is the registry's name right? If it is, {remedy}"
    )]
    Page {
        /// The registry.
        registry: String,
        /// The reference.
        reference: String,
        /// What to do.
        remedy: String,
    },
    /// A proxy wants a password.
    #[error(
        "{proxy} does not lead to the registry {registry} for {reference} (status 407): {remedy}"
    )]
    Proxy {
        /// The registry.
        registry: String,
        /// The reference.
        reference: String,
        /// Which proxy, without its password.
        proxy: String,
        /// What it wants.
        remedy: String,
    },
    /// The registry has no time now.
    #[error("the registry {registry} could not {action} {reference}: {reason}; {remedy}")]
    Busy {
        /// The registry.
        registry: String,
        /// The reference.
        reference: String,
        /// `push` or `pull`.
        action: Action,
        /// Its words.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// The registry does not let us.
    #[error(
        "the registry {registry} refuses to {action} {reference} ({credentials}); log in with `docker login {registry}`, or set PORTOLAN_REGISTRY_USERNAME and PORTOLAN_REGISTRY_PASSWORD"
    )]
    Denied {
        /// The registry.
        registry: String,
        /// The reference.
        reference: String,
        /// `push` or `pull`.
        action: Action,
        /// Which credentials were used.
        credentials: String,
    },
    /// There is nothing under this reference.
    #[error(
        "the registry {registry} has no {reference}; are repository and tag right? Some registries say so, too, to whoever may not see it"
    )]
    NotFound {
        /// The registry.
        registry: String,
        /// The reference.
        reference: String,
    },
    /// What is there is no module.
    #[error("{reference} is no mapper module: {reason}")]
    NotAModule {
        /// The reference.
        reference: String,
        /// Why not.
        reason: String,
    },
    /// What came is not what its digest promises.
    #[error(
        "what the registry {registry} sent for {reference} is not what its digest promises; nothing of it was kept: {reason}"
    )]
    Digest {
        /// The registry.
        registry: String,
        /// The reference.
        reference: String,
        /// Both digests.
        reason: String,
    },
    /// The registry answered with something else.
    #[error("the registry {registry} could not {action} {reference}: {reason}")]
    Answer {
        /// The registry.
        registry: String,
        /// The reference.
        reference: String,
        /// `push` or `pull`.
        action: Action,
        /// Its words.
        reason: String,
    },
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] TrustError),
}

/// What is asked of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// To take a module.
    Push,
    /// To give a module.
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
