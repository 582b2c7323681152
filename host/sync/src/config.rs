//! The configuration of the program.
//!
//! A setting is declared once, in [`Settings`]: its flag, its environment variable, its key in the
//! configuration file and its description. A flag wins over the environment, the environment over the file,
//! the file over the default. [`Config`] holds the checked settings, with defaults filled in; later code sees
//! no absent value that has a default.

mod error;
mod file;
mod identity;
mod modules;
mod options;
mod organization;
mod resolve;
mod revisions;
mod secret;
mod settings;

use std::collections::BTreeSet;

pub use error::ConfigError;
use portolan_aws::Connection;
use portolan_fetch::Fetching;
use portolan_sandbox::Mapping;
pub use settings::{QuotaRules, Settings};

/// A checked configuration, divided like the help. Each part is a type of the crate that uses it, and that
/// crate gets only this part.
#[derive(Clone, Debug)]
pub struct Config {
    /// The connection to AWS.
    pub connection: Connection,
    /// The objects to fetch, and the limits of requests.
    pub fetching: Fetching,
    /// The modules that map and amend.
    pub mapping: Mapping,
    /// Attributes that a comparison with an earlier output leaves out.
    pub volatile_attributes: BTreeSet<String>,
}
