//! How much a module has to show.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a module has to show before it may run. Stock modules are part of the program and may always.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum ModulePolicy {
    /// Nothing: signatures are reported, locks are not read.
    Any,
    /// The `mappers.lock` beside it pins it.
    Pinned,
    /// One of the trusted keys has signed it; a `mappers.lock` beside it must pin it too.
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
