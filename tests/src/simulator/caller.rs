//! The caller of a request: credentials in the `Authorization` header, and the sessions of AssumeRole.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use time::OffsetDateTime;

use super::clock;
use super::error::ApiError;
use super::place::partition_of;
use super::rules::Rules;
use super::world::World;

/// The caller of a request, if its credentials are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) account: String,
    pub(super) region: String,
    /// The caller's ARN, as GetCallerIdentity answers it.
    pub(super) arn: String,
    /// The unique id, as GetCallerIdentity answers it.
    pub(super) user_id: String,
    /// Set if the credentials came from AssumeRole; AWS limits further sessions of such callers to an hour.
    pub(super) assumed: bool,
}

/// Temporary credentials.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) secret_access_key: String,
    pub(super) token: String,
    pub(super) account: String,
    pub(super) arn: String,
    pub(super) role_id: String,
    /// Expiration that the client receives.
    pub(super) expires_at: OffsetDateTime,
    /// Actual end of the credentials.
    pub(super) ends_at: OffsetDateTime,
}

/// The valid temporary credentials, by access key id.
#[derive(Debug, Default)]
pub(super) struct Sessions(HashMap<String, Session>);

impl Sessions {
    pub(super) fn insert(&mut self, access_key_id: String, session: Session) {
        self.0.insert(access_key_id, session);
    }

    /// The caller behind the access key `id`, in `region`; `token` is the session token sent along.
    fn caller(
        &self,
        (world, rules, now): (&World, &Rules, OffsetDateTime),
        id: &str,
        region: &str,
        token: &str,
    ) -> Result<Caller, ApiError> {
        let region = region.to_owned();
        let expired = || {
            let message = "The security token included in the request is expired";
            ApiError::new("ExpiredTokenException", message)
        };
        if rules.retired_access_keys.iter().any(|key| key == id) {
            return Err(expired());
        }
        if let Some(account) = world.access_keys.get(id) {
            return Ok(Caller {
                account: account.clone(),
                arn: format!(
                    "arn:{}:iam::{account}:user/simulated",
                    partition_of(&region)
                ),
                region,
                user_id: id.replacen("AKIA", "AIDA", 1),
                assumed: false,
            });
        }
        let unknown = || {
            ApiError::new(
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            )
        };
        let session = self.0.get(id).ok_or_else(unknown)?;
        if session.token != token {
            return Err(unknown());
        }
        if session.ends_at <= now {
            return Err(expired());
        }
        Ok(Caller {
            account: session.account.clone(),
            region,
            arn: session.arn.clone(),
            user_id: session.role_id.clone(),
            assumed: true,
        })
    }

    /// Reads the request's SigV4 headers at `now` of AWS's clock. The signature itself is not verified, but its
    /// time is.
    pub(super) fn identify(
        &self,
        (world, rules, now): (&World, &Rules, OffsetDateTime),
        headers: &HeaderMap,
    ) -> Result<Caller, ApiError> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let authorization = header("authorization").ok_or_else(|| {
            ApiError::new(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            )
        })?;
        let (id, region) = credential_scope(authorization).ok_or_else(|| {
            let message = "Authorization header requires a 'Credential' parameter of an \
                           access key and a scope, and a 'Signature' parameter.";
            ApiError::new("IncompleteSignatureException", message)
        })?;
        clock::check_signature(headers, now)?;
        let token = header("x-amz-security-token").unwrap_or_default();
        self.caller((world, rules, now), id, region, token)
    }
}

/// STS and EC2 refuse for the same reasons as ECS, but with other error codes.
pub(super) fn in_query_protocol(error: ApiError) -> ApiError {
    let (code, status) = match error.code {
        "UnrecognizedClientException" => ("InvalidClientTokenId", StatusCode::FORBIDDEN),
        "ExpiredTokenException" => ("ExpiredToken", StatusCode::FORBIDDEN),
        "MissingAuthenticationTokenException" => {
            ("MissingAuthenticationToken", StatusCode::FORBIDDEN)
        }
        "IncompleteSignatureException" => ("IncompleteSignature", StatusCode::FORBIDDEN),
        "InvalidSignatureException" => ("SignatureDoesNotMatch", StatusCode::FORBIDDEN),
        "AccessDeniedException" => ("AccessDenied", StatusCode::FORBIDDEN),
        "ThrottlingException" => ("Throttling", StatusCode::BAD_REQUEST),
        _ => return error,
    };
    ApiError { code, ..error }.with_status(status)
}

/// The access key id and Region of a SigV4 `Authorization` header.
pub(super) fn credential_scope(authorization: &str) -> Option<(&str, &str)> {
    let parameters = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let parameter = |name: &str| {
        let mut parameters = parameters.split(',').map(str::trim);
        parameters.find_map(|it| it.strip_prefix(name)?.strip_prefix('='))
    };
    parameter("SignedHeaders")?;
    parameter("Signature").filter(|signature| signature.len() == 64)?;
    let mut scope = parameter("Credential")?.split('/');
    let (id, _date, region, _service) =
        (scope.next()?, scope.next()?, scope.next()?, scope.next()?);
    (scope.next() == Some("aws4_request") && scope.next().is_none()).then_some((id, region))
}

/// End of credentials that are valid for `seconds`, shortened to `lifetime` if there is one.
pub(super) fn expiry(
    now: OffsetDateTime,
    seconds: u64,
    lifetime: Option<Duration>,
) -> OffsetDateTime {
    now + lifetime.unwrap_or(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNATURE: &str = "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd";

    #[test]
    fn the_scope_is_read_with_and_without_spaces() {
        for separator in [", ", ","] {
            let header = format!(
                "AWS4-HMAC-SHA256 Credential=AKIA1/20261121/eu-west-1/ecs/aws4_request\
                 {separator}SignedHeaders=host{separator}Signature={SIGNATURE}"
            );
            assert_eq!(credential_scope(&header), Some(("AKIA1", "eu-west-1")));
        }
        assert_eq!(credential_scope("Bearer x"), None);
        assert_eq!(credential_scope("AWS4-HMAC-SHA256 Credential=AKIA1"), None);
    }
}
