//! Secrets: read from the environment, a file or standard input, and never shown.

use std::io::{BufRead, Read};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::ConfigError;

/// A secret key has 40 characters, a session token up to some thousands; this limit is far above.
const SECRET_LIMIT_BYTES: u64 = 64 * 1024;

/// Reads a secret from the environment or, if there is none, from a file.
pub(super) fn read(
    variable: &'static str,
    file: Option<&Path>,
    setting: &'static str,
) -> Result<Option<SecretString>, ConfigError> {
    // A flag for a file wins over the variable, as every flag does.
    let Some(file) = file else {
        return Ok(from_environment(variable)?.map(SecretString::from));
    };
    let failed = |reason: String| ConfigError::setting(setting, reason);
    let text = if file == Path::new("-") {
        first_line(std::io::stdin().lock())
            .map_err(|error| failed(format!("cannot read standard input: {error}")))?
    } else {
        portolan_machine::text::read_file(file, SECRET_LIMIT_BYTES).map_err(|error| {
            // The file's name is not shown, because it may be the secret itself, given by mistake.
            failed(format!("cannot read the file that it names: {error}"))
        })?
    };
    let text = SecretString::from(text);
    let value = text.expose_secret().trim();
    if value.is_empty() {
        return Err(failed(
            "the file that it names is empty; it has to hold the secret".into(),
        ));
    }
    Ok(Some(value.into()))
}

/// Reads only one line, because the next one may be another secret.
fn first_line(mut input: impl BufRead) -> std::io::Result<String> {
    let mut line = Vec::new();
    input
        .by_ref()
        .take(SECRET_LIMIT_BYTES)
        .read_until(b'\n', &mut line)?;
    portolan_machine::text::read_all(line.as_slice(), SECRET_LIMIT_BYTES)
}

/// The value of a variable that has no flag; `None` if it is empty.
fn from_environment(variable: &str) -> Result<Option<String>, ConfigError> {
    portolan_machine::text::variable(variable).map_err(|reason| ConfigError::Environment {
        name: variable.to_owned(),
        reason: reason.to_owned(),
    })
}
