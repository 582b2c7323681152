//! The configuration of the program.
//!
//! A setting is declared once, in [`Settings`]: its flag, its environment variable, its key in the
//! configuration file and its description. A flag wins over the environment, the environment over the file,
//! the file over the default. [`Config`] holds the checked settings, with defaults filled in; later code sees
//! no absent value that has a default.

mod assess;
mod error;
mod file;
mod identity;
mod lists;
mod modules;
mod options;
mod organization;
mod resolve;
mod revisions;
mod secret;
mod settings;

use std::collections::BTreeSet;

pub use assess::{AssessSettings, Level};
pub use error::ConfigError;
use portolan_assess::Assessing;
use portolan_aws::Connection;
use portolan_fetch::Fetching;
use portolan_sandbox::Mapping;
pub use settings::{QuotaRules, Settings};

/// What a sync is for. It determines the defaults of objects and options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// The records of an account.
    #[default]
    Sync,
    /// An assessment of them, which needs every object.
    Assess,
}

impl Purpose {
    /// The purpose of a sync that may be followed by an assessment.
    #[must_use]
    pub const fn of(is_assessed: bool) -> Self {
        match is_assessed {
            true => Self::Assess,
            false => Self::Sync,
        }
    }
}

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
    /// The assessors, and what their findings are about.
    pub assessing: Assessing,
    /// Attributes that a comparison with an earlier output leaves out.
    pub volatile_attributes: BTreeSet<String>,
}
