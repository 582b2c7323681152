//! Why settings cannot be used.

use portolan_aws::ConnectionError;

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not valid.
    #[error("the configuration file {path} is not valid: {reason}")]
    Invalid {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A variable of the environment cannot be used.
    #[error("{name}: {reason}")]
    Environment {
        /// The variable.
        name: String,
        /// What is wrong with its value, which is not repeated.
        reason: String,
    },
    /// A setting's value cannot be used.
    #[error("{setting}: {reason}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// Settings, environment and AWS profiles do not make a connection.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
}

impl ConfigError {
    /// A setting whose value cannot be used: what is wrong, and what would be right.
    pub(super) const fn setting(setting: &'static str, reason: String) -> Self {
        Self::Setting { setting, reason }
    }
}
