//! Secrets: read from the environment, a file or standard input, and never shown.

use std::io::{BufRead, Read};
use std::path::Path;

use super::ConfigError;
use crate::aws::Secret;

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
        return Ok(from_environment(variable)?.map(Secret::new));
    };
    let failed = |reason: String| ConfigError::setting(setting, reason);
    let text = if file == Path::new("-") {
        first_line(std::io::stdin().lock())
            .map_err(|error| failed(format!("cannot read standard input: {error}")))?
    } else {
        crate::text::read_file(file, SECRET_LIMIT_BYTES).map_err(|error| {
            // Somebody may have given the secret in place of a file's name.
            failed(format!("cannot read the file that it names: {error}"))
        })?
    };
    let value = text.trim();
    if value.is_empty() {
        return Err(failed(
            "the file that it names is empty; it has to hold the secret".into(),
        ));
    }
    Ok(Some(Secret::new(value.to_owned())))
}

/// Reads no more than a line: the next one may be another secret.
fn first_line(mut input: impl BufRead) -> std::io::Result<String> {
    let mut line = Vec::new();
    input
        .by_ref()
        .take(SECRET_LIMIT_BYTES)
        .read_until(b'\n', &mut line)?;
    crate::text::read_all(line.as_slice(), SECRET_LIMIT_BYTES)
}

/// The value of a variable that is no argument; none if it is empty.
pub(crate) fn from_environment(variable: &str) -> Result<Option<String>, ConfigError> {
    let Some(value) = std::env::var_os(variable) else {
        return Ok(None);
    };
    let value = value.into_string().map_err(|_| ConfigError::Environment {
        name: variable.to_owned(),
        reason: "its value is not UTF-8".to_owned(),
    })?;
    // What `$(…)`, Compose and .env files add around a value is not a part of it.
    let value = value.trim();
    Ok((!value.is_empty()).then(|| value.to_owned()))
}
