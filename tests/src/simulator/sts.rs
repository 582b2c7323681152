//! STS: AssumeRole and GetCallerIdentity.

use std::collections::BTreeMap;

use axum::http::StatusCode;

use super::caller::{Caller, Session, expiry};
use super::clock;
use super::error::{ApiError, escape_xml};
use super::state::State;

/// The fields of a form in the query protocol.
pub(super) type Form = BTreeMap<String, String>;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationError", message)
}

fn envelope(action: &str, result: &str, request_id: &str) -> String {
    format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\
         </{action}Response>"
    )
}

pub(super) fn get_caller_identity(caller: &Caller, request_id: &str) -> String {
    let Caller {
        arn,
        user_id,
        account,
        ..
    } = caller;
    let result = format!("<Arn>{arn}</Arn><UserId>{user_id}</UserId><Account>{account}</Account>");
    envelope("GetCallerIdentity", &result, request_id)
}

/// Makes AWS's checks, then issues and stores credentials.
pub(super) fn assume_role(
    state: &State,
    caller: &Caller,
    form: &Form,
    request_id: &str,
) -> Result<String, ApiError> {
    let field = |name| form.get(name).map(String::as_str);
    let role_arn = field("RoleArn").unwrap_or_default();
    let (partition, account, role_name) =
        role_parts(role_arn).ok_or_else(|| invalid(format!("{role_arn} is invalid")))?;
    let session_name = field("RoleSessionName").unwrap_or_default();
    let permitted = |it: char| it.is_ascii_alphanumeric() || "_+=,.@-".contains(it);
    if !(2..=64).contains(&session_name.len()) || !session_name.chars().all(permitted) {
        return Err(invalid(
            "Value at 'roleSessionName' failed to satisfy constraint.",
        ));
    }
    let seconds = duration_seconds(field("DurationSeconds"), caller.assumed)?;
    let role = state.world.roles.iter().find(|role| role.arn == role_arn);
    let welcome = role.is_some_and(|role| {
        role.external_id.is_none() || role.external_id.as_deref() == field("ExternalId")
    });
    if !welcome {
        let Caller { arn, .. } = caller;
        let message = format!(
            "User: {arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
        );
        return Err(ApiError::new("AccessDenied", message).with_status(StatusCode::FORBIDDEN));
    }
    let role_id = format!("AROA{}:{session_name}", random_text(17));
    let (rules, now) = (state.rules(), state.time());
    let expires_at = expiry(now, seconds, rules.session_lifetime);
    let session = Session {
        secret_access_key: random_text(40),
        token: format!("IQoJb3JpZ2luX2Vj{}", random_text(240)),
        account: account.to_owned(),
        arn: format!("arn:{partition}:sts::{account}:assumed-role/{role_name}/{session_name}"),
        role_id,
        expires_at,
        ends_at: match rules.sessions_end_early {
            Some(lifetime) => expiry(now, seconds, Some(lifetime)),
            None => expires_at,
        },
    };
    let id = format!("ASIA{}", random_text(16));
    let answer = envelope("AssumeRole", &credentials(&id, &session), request_id);
    state.sessions().insert(id, session);
    Ok(answer)
}

fn random_text(length: usize) -> String {
    let letter = |_| fastrand::choice(LETTERS).map_or('A', |&byte| char::from(byte));
    (0..length).map(letter).collect()
}

fn credentials(id: &str, session: &Session) -> String {
    let Session {
        secret_access_key,
        token,
        arn,
        role_id,
        expires_at,
        ..
    } = session;
    let expiration = clock::rfc3339(*expires_at);
    format!(
        "<AssumedRoleUser><AssumedRoleId>{role_id}</AssumedRoleId><Arn>{}</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{id}</AccessKeyId>\
         <SecretAccessKey>{secret_access_key}</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{expiration}</Expiration></Credentials>",
        escape_xml(arn)
    )
}

/// 900 to 43,200 seconds, by default an hour; at most an hour from one role to the next.
fn duration_seconds(asked: Option<&str>, chained: bool) -> Result<u64, ApiError> {
    let seconds = match asked {
        None => 3_600,
        Some(asked) => asked
            .parse()
            .ok()
            .filter(|seconds| (900..=43_200).contains(seconds))
            .ok_or_else(|| {
                invalid(format!(
                    "Value '{asked}' at 'durationSeconds' failed to satisfy constraint: \
                     Member must have value between 900 and 43200"
                ))
            })?,
    };
    if chained && seconds > 3_600 {
        let message = "The requested DurationSeconds exceeds the 1 hour session limit \
                       for roles assumed by role chaining";
        return Err(invalid(message));
    }
    Ok(seconds)
}

/// Partition, account and name of a role's ARN; the name follows the last slash of its path.
fn role_parts(arn: &str) -> Option<(&str, &str, &str)> {
    let (partition, rest) = arn.strip_prefix("arn:")?.split_once(":iam::")?;
    let (account, role) = rest.split_once(":role/")?;
    let name = role.rsplit('/').next()?;
    let well_formed = partition.starts_with("aws")
        && account.len() == 12
        && account.bytes().all(|it| it.is_ascii_digit())
        && !name.is_empty();
    well_formed.then_some((partition, account, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_limited_as_aws_limits_them() {
        assert_eq!(duration_seconds(None, true), Ok(3_600));
        assert_eq!(duration_seconds(Some("900"), false), Ok(900));
        assert_eq!(duration_seconds(Some("43200"), false), Ok(43_200));
        for refused in ["899", "43201", "-1", "an hour"] {
            assert!(duration_seconds(Some(refused), false).is_err(), "{refused}");
        }
        assert!(duration_seconds(Some("3601"), true).is_err());
    }

    #[test]
    fn only_arns_of_roles_are_roles() {
        let arn = "arn:aws:iam::111111111111:role/team/PortolanRead";
        assert_eq!(
            role_parts(arn),
            Some(("aws", "111111111111", "PortolanRead"))
        );
        for refused in [
            "",
            "garbage",
            "arn:aws:iam::1:role/x",
            "arn:aws:iam::111111111111:user/x",
        ] {
            assert_eq!(role_parts(refused), None, "{refused}");
        }
    }
}
