//! Why a service does not start.

use std::net::SocketAddr;

use crate::store::StoreError;
use crate::vault::VaultError;

/// The service cannot start, or ended early.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder cannot be used.
    #[error("the data folder {folder} cannot be used: {reason}")]
    Folder {
        /// The folder.
        folder: String,
        /// The problem, and what to do.
        reason: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The master keys cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The address cannot be used.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The reason.
        source: std::io::Error,
    },
    /// The demo cannot be registered.
    #[error("the demo cannot be registered: {0}")]
    Demo(String),
}
