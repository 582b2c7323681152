//! The errors of settings.

use portolan_aws::ConnectionError;

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}: {source}")]
    Unreadable {
        /// The configuration file.
        path: String,
        /// The reason.
        source: std::io::Error,
    },
    /// The file is not valid.
    #[error("the configuration file {path} is not valid: {reason}")]
    Invalid {
        /// The configuration file.
        path: String,
        /// The problem and its place in the file.
        reason: String,
    },
    /// A variable of the environment cannot be used.
    #[error("{name}: {reason}")]
    Environment {
        /// The variable.
        name: String,
        /// The problem with its value, which is not repeated.
        reason: String,
    },
    /// A setting's value cannot be used.
    #[error("{setting}: {reason}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// The problem, and values that would be valid.
        reason: String,
    },
    /// Settings, environment and AWS profiles do not make a connection.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
}

impl ConfigError {
    /// An error of a setting's value: the problem, and values that would be valid.
    pub(super) const fn setting(setting: &'static str, reason: String) -> Self {
        Self::Setting { setting, reason }
    }
}
