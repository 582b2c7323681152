//! Secrets: read from the environment, a file or standard input, and never shown.

use std::fmt;
use std::io::{BufRead, Read};
use std::path::Path;

use super::ConfigError;

/// A value that no formatting shows.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The value, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(withheld)")
    }
}

/// A secret key has 40 characters, a session token up to some thousands.
const SECRET_LIMIT_BYTES: u64 = 64 * 1024;

/// Reads a secret from the environment or, if there is none, from a file.
pub(super) fn read(
    variable: &'static str,
    file: Option<&Path>,
    setting: &'static str,
) -> Result<Option<Secret>, ConfigError> {
    // A flag for a file wins over the variable, as every flag does.
    let Some(file) = file else {
        return Ok(std::env::var(variable)
            .ok()
            .filter(|value| !value.is_empty())
            .map(Secret));
    };
    let failed = |reason: String| ConfigError::Setting { setting, reason };
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(SECRET_LIMIT_BYTES)
            .read_line(&mut text)
            .map_err(|error| failed(format!("cannot read standard input: {error}")))?;
    } else {
        std::fs::File::open(file)
            .and_then(|file| file.take(SECRET_LIMIT_BYTES).read_to_string(&mut text))
            .map_err(|error| {
                // Somebody may have given the secret in place of a file's name.
                failed(format!("cannot read the file that it names: {error}"))
            })?;
    }
    let value = text.trim();
    if value.is_empty() {
        return Err(failed(
            "the file that it names is empty; it has to hold the secret".into(),
        ));
    }
    Ok(Some(Secret(value.to_owned())))
}
