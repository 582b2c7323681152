//! The identities that make calls: access keys and roles.

use std::path::Path;

use super::{ConfigError, Settings, secret};
use portolan_aws::{AccessKeys, Connection, RoleArn};

/// Any useful file of roles is far smaller than this.
const FILE_LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// The variable that holds the secret itself.
const SECRET_VARIABLE: &str = "PORTOLAN_SECRET_ACCESS_KEY";
/// The variable that holds the session token itself.
const TOKEN_VARIABLE: &str = "PORTOLAN_SESSION_TOKEN";

pub(super) fn access_keys(settings: &Settings) -> Result<Option<AccessKeys>, ConfigError> {
    let Some(access_key_id) = settings.access_key_id.clone().filter(|id| !id.is_empty()) else {
        let is_in_environment =
            secret::read(SECRET_VARIABLE, None, "secret-access-key-file")?.is_some();
        let has_token = settings.session_token_file.is_some()
            || secret::read(TOKEN_VARIABLE, None, "session-token-file")?.is_some();
        if has_token {
            return Err(ConfigError::setting(
                "access-key-id",
                "a session token is given, but no access key ID; give both, or leave both to the AWS variables".into(),
            ));
        }
        if settings.secret_access_key_file.is_some() || is_in_environment {
            return Err(ConfigError::setting(
                "access-key-id",
                "a secret access key is given, but no access key ID; give both".into(),
            ));
        }
        return Ok(None);
    };
    let secret_access_key = secret::read(
        SECRET_VARIABLE,
        settings.secret_access_key_file.as_deref(),
        "secret-access-key-file",
    )?
    .ok_or_else(|| {
        ConfigError::setting(
            "access-key-id",
            "an access key ID is given, but no secret; set PORTOLAN_SECRET_ACCESS_KEY, or name a file with --secret-access-key-file".into(),
        )
    })?;
    let session_token = secret::read(
        TOKEN_VARIABLE,
        settings.session_token_file.as_deref(),
        "session-token-file",
    )?;
    Ok(Some(AccessKeys {
        access_key_id,
        secret_access_key,
        session_token,
    }))
}

pub(super) fn roles(given: &[String], file: Option<&Path>) -> Result<Vec<RoleArn>, ConfigError> {
    let of_file = file.map(roles_of_file).transpose()?;
    given
        .iter()
        .flat_map(|given| split(given))
        .chain(of_file.iter().flatten().map(String::as_str))
        .filter(|arn| !arn.is_empty())
        .map(role)
        .collect()
}

/// The ARNs of a comma-separated list. IAM allows commas in names of roles, so a comma separates only before
/// an ARN, before another comma or at the end.
fn split(list: &str) -> Vec<&str> {
    let separates = |at: &usize| {
        let rest = list[at + 1..].trim_start();
        rest.is_empty() || rest.starts_with(',') || rest.starts_with("arn:")
    };
    let mut start = 0;
    let mut arns = Vec::new();
    for (at, _) in list.match_indices(',').filter(|(at, _)| separates(at)) {
        arns.push(list[start..at].trim());
        start = at + 1;
    }
    arns.push(list[start..].trim());
    arns
}

/// Whether a role can have this path and name, by the rules of the IAM API Reference.
fn is_role_name(path_and_name: &str) -> bool {
    let (path, name) = path_and_name
        .rsplit_once('/')
        .unwrap_or(("", path_and_name));
    let may_have = |each: char| each.is_ascii_alphanumeric() || "_+=,.@-".contains(each);
    !name.is_empty()
        && name.chars().all(may_have)
        && path.chars().all(|each| each.is_ascii_graphic())
        // Several roles on one line of a file.
        && !path.contains(",arn:")
}

pub(super) fn role(arn: &str) -> Result<RoleArn, ConfigError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "iam", "", account_id, resource]
            if account_id.len() == 12
                && account_id.bytes().all(|byte| byte.is_ascii_digit())
                && resource.strip_prefix("role/").is_some_and(is_role_name) =>
        {
            Ok(RoleArn {
                arn: arn.to_owned(),
                partition: (*partition).to_owned(),
                account_id: (*account_id).into(),
            })
        }
        _ => Err(ConfigError::setting(
            "assume-role-arn",
            format!(
                "`{}` is not the ARN of a role; one looks like arn:aws:iam::123456789012:role/Name",
                portolan_machine::text::printable(arn, 128)
            ),
        )),
    }
}

/// Reads ARNs of roles, one on a line. Empty lines, and text after a `#`, are ignored.
fn roles_of_file(path: &Path) -> Result<Vec<String>, ConfigError> {
    let failed = |reason: String| {
        ConfigError::setting(
            "assume-role-arn-file",
            format!("{}: {reason}", path.display()),
        )
    };
    let text = portolan_machine::text::read_file(path, FILE_LIMIT_BYTES)
        .map_err(|error| failed(format!("cannot read it: {error}")))?;
    let mut roles = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        if role(line).is_err() {
            return Err(failed(format!(
                "line {} is not the ARN of a role; one looks like arn:aws:iam::123456789012:role/Name",
                number + 1
            )));
        }
        roles.push(line.to_owned());
    }
    if roles.is_empty() {
        return Err(failed("it names no role".into()));
    }
    Ok(roles)
}

pub(super) fn session_name(given: Option<String>) -> Result<String, ConfigError> {
    let name = given.unwrap_or_else(|| Connection::default().session_name);
    let is_name = (2..=64).contains(&name.len())
        && name
            .chars()
            .all(|each| each.is_ascii_alphanumeric() || "_+=,.@-".contains(each));
    if is_name {
        return Ok(name);
    }
    Err(ConfigError::setting(
        "session-name",
        "it takes 2 to 64 letters, digits and the characters _+=,.@- (the rule of STS)".into(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_separates_where_an_arn_follows() {
        const ONE: &str = "arn:aws:iam::111122223333:role/team,Read+Only=1";
        const TWO: &str = "arn:aws:iam::444455556666:role/x/y,a/Read";
        let of = |given: &str| {
            let roles = roles(&[given.to_owned()], None)?;
            Ok::<_, ConfigError>(roles.into_iter().map(|role| role.arn).collect::<Vec<_>>())
        };
        for (given, expected) in [
            (ONE.to_owned(), &[ONE][..]),
            (format!("{ONE},{TWO}"), &[ONE, TWO]),
            (format!(" {ONE} ,\n {TWO}\r\n"), &[ONE, TWO]),
            (format!(",{ONE},,{TWO},"), &[ONE, TWO]),
            (" , ".to_owned(), &[]),
        ] {
            assert_eq!(of(&given).expect("roles"), expected, "{given}");
        }
        for refused in [
            "PortolanRead".to_owned(),
            format!("PortolanRead,{ONE}"),
            format!("{ONE}, PortolanRead"),
            format!("{ONE} {TWO}"),
            "arn:aws:iam::111122223333:role/".to_owned(),
        ] {
            assert!(of(&refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_file_of_roles_has_comments() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("roles");
        let arn = "arn:aws:iam::111111111111:role/Read";
        std::fs::write(
            &path,
            format!("\u{feff}{arn}\r\n# ours\n\n  {arn} # production\r\n"),
        )
        .expect("written");
        assert_eq!(roles_of_file(&path).expect("roles"), [arn, arn]);
        std::fs::write(&path, format!("{arn}\nnonsense\n")).expect("written");
        let error = roles_of_file(&path).expect_err("refused").to_string();
        assert!(error.contains("line 2 is not the ARN of a role"), "{error}");
    }
}
