//! Checks the values of variables and profiles. The SDK sees only checked values.

use aws_credential_types::Credentials;

use super::settings::url_problem;

/// The use of a value, which determines the valid characters.
#[derive(Clone, Copy)]
enum Use {
    Text,
    /// A header of a request.
    Header,
    Url,
    Region,
    Flag,
    /// A path at the address of the container's endpoint.
    Path,
    /// An address family, `IPv4` or `IPv6`.
    AddressKind,
}

/// The use of the value of a variable (`AWS_REGION`) or of a profile's key (`region`).
fn use_of(name: &str) -> Use {
    let name = name.to_ascii_lowercase();
    match name.strip_prefix("aws_").unwrap_or(&name) {
        "access_key_id" | "session_token" | "container_authorization_token" | "sdk_ua_app_id" => {
            Use::Header
        }
        "region" | "default_region" | "sso_region" => Use::Region,
        "use_fips_endpoint"
        | "use_dualstack_endpoint"
        | "ignore_configured_endpoint_urls"
        | "ec2_metadata_disabled" => Use::Flag,
        "ec2_metadata_service_endpoint" | "container_credentials_full_uri" => Use::Url,
        "container_credentials_relative_uri" => Use::Path,
        "ec2_metadata_service_endpoint_mode" => Use::AddressKind,
        name if name == "endpoint_url" || name.starts_with("endpoint_url_") => Use::Url,
        _ => Use::Text,
    }
}

/// Returns the value for the SDK; `None` if it is empty. The error names the problem but not the value, which
/// may be a secret.
pub(super) fn checked(name: &str, value: &str) -> Result<Option<String>, String> {
    // A value from a file may begin with a byte order mark.
    let value = value.trim().trim_start_matches('\u{feff}').trim();
    if value.is_empty() {
        return Ok(None);
    }
    if value.chars().any(char::is_control) {
        return Err("its value holds a line break or another control character".into());
    }
    let is_of = |allowed: fn(&u8) -> bool| value.bytes().all(|byte| allowed(&byte));
    match use_of(name) {
        Use::Header if !is_of(u8::is_ascii_graphic) => {
            Err("its value holds a blank or a character that is not ASCII".into())
        }
        Use::Region if !is_of(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') => {
            Err("its value is not a Region; one looks like us-east-1".into())
        }
        Use::Url => match url_problem(value) {
            Some(problem) => Err(problem.into()),
            None => Ok(Some(value.to_owned())),
        },
        Use::Flag => match parse_flag(value) {
            Some(flag) => Ok(Some(flag.to_string())),
            None => Err("its value is neither true nor false".into()),
        },
        Use::Path if !value.starts_with('/') || !is_of(u8::is_ascii_graphic) => {
            Err("its value is not a path; one begins with /".into())
        }
        Use::AddressKind if !["ipv4", "ipv6"].contains(&value.to_ascii_lowercase().as_str()) => {
            Err("its value is neither IPv4 nor IPv6".into())
        }
        Use::Text | Use::Header | Use::Region | Use::Path | Use::AddressKind => {
            Ok(Some(value.to_owned()))
        }
    }
}

/// Removes line breaks and other characters that the SDK panics on when it writes credentials into headers.
/// Programs and servers that provide credentials may add line breaks.
pub(super) fn sendable(given: &Credentials) -> Result<Credentials, String> {
    let part = |name: &str, value: &str| match checked(name, value) {
        Ok(value) => Ok(value.unwrap_or_default()),
        Err(problem) => Err(format!(
            "the {name} of the loaded credentials cannot be used: {problem}"
        )),
    };
    let id = part("access_key_id", given.access_key_id())?;
    let secret = part("secret_access_key", given.secret_access_key())?;
    let token = given
        .session_token()
        .map(|token| part("session_token", token))
        .transpose()?;
    if id.is_empty() || secret.is_empty() {
        return Err(
            "the loaded credentials have an empty access key ID or secret access key".into(),
        );
    }
    let token = token.filter(|token| !token.is_empty());
    Ok(Credentials::new(
        id,
        secret,
        token,
        given.expiry(),
        "portolan",
    ))
}

/// A flag in the spellings that AWS tools accept.
fn parse_flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "on" | "t" => Some(true),
        "false" | "0" | "no" | "n" | "off" | "f" => Some(false),
        _ => None,
    }
}
