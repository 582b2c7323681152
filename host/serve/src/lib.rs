//! The service: stored credentials, registered Regions, scheduled scans, and an API over their findings.
//!
//! `store` and `vault` keep everything, `scan` runs what is due, `api` answers. They share `shared::Service`.

mod api;
mod commands;
mod controls;
mod error;
mod folder;
mod limits;
mod login;
mod metrics;
mod modules;
mod moment;
mod page;
mod place;
mod registration;
mod retention;
mod scan;
mod schedule;
mod server;
mod shared;
mod space;
mod start;
mod store;
mod token;
mod tokens;
mod vault;

pub use commands::{create_token, list_tokens, revoke_token, rotate_key};
pub use error::ServeError;
pub use folder::DataFolder;
pub use schedule::duration;
pub use shared::Retention;
pub use start::{Listening, PROCESS_SETTINGS, Start, start};
pub use store::StoreError;
pub use token::Role;
pub use tokens::TokenError;
pub use vault::VaultError;

/// The OpenAPI document of the API, as JSON.
#[must_use]
pub fn openapi() -> String {
    let document = serde_json::to_string_pretty(&api::openapi());
    format!("{}\n", document.unwrap_or_default())
}
