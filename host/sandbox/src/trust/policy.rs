//! The requirements before a module may run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The requirements before a module may run. Stock modules are part of the program and always run.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum ModulePolicy {
    /// None: signatures are reported, locks are not read.
    Any,
    /// The `mappers.lock` in its folder pins it.
    Pinned,
    /// One of the trusted keys has signed it; a `mappers.lock` in its folder must also pin it.
    Signed,
}

impl std::fmt::Display for ModulePolicy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Any => "any",
            Self::Pinned => "pinned",
            Self::Signed => "signed",
        })
    }
}
