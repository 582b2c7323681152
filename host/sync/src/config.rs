//! What the program is asked to do.
//!
//! A setting is declared once, in [`Settings`]: its flag, its environment variable, its key in the
//! configuration file and its description. A flag wins over the environment, the environment over the
//! file, the file over the default. [`Config`] is what the settings mean, checked, with defaults filled
//! in; nothing after it sees an absent value that has a default.

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

/// A checked configuration, in the parts that the help has. Each part is a type of the room that uses it, and
/// is all that the room is given.
#[derive(Clone, Debug)]
pub struct Config {
    /// How AWS is reached.
    pub connection: Connection,
    /// What to fetch and how.
    pub fetching: Fetching,
    /// Which modules map and amend.
    pub mapping: Mapping,
    /// Attributes that a comparison with an earlier output leaves out.
    pub volatile_attributes: BTreeSet<String>,
}
