//! What a failed call means: whether to repeat it, and what to tell a person.

use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::http::is_too_large;
use crate::object::Operation;
use crate::page::BODY_LIMIT_BYTES;
use crate::report::Failure;
use crate::text::printable;

/// What a failure means for what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// AWS asks to slow down; repeated without limit of number.
    Throttled,
    /// A fault of the moment; repeated a limited number of times.
    Transient,
    /// The permissions do not allow the operation.
    Denied,
    /// The credentials are not valid (any more), which no other call will survive either.
    Credentials,
    /// The cluster is gone.
    ClusterGone,
    /// The object is gone.
    ObjectGone,
    /// Repeating would not help.
    Final,
}

/// A call that failed for good.
#[derive(Clone, Debug)]
pub(crate) struct CallFailure {
    pub(crate) operation: Operation,
    pub(crate) kind: Kind,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
}

impl CallFailure {
    /// An answer that is not what it claims to be.
    pub(super) fn malformed(
        operation: Operation,
        reason: &str,
        request_id: Option<String>,
    ) -> Self {
        Self {
            operation,
            kind: Kind::Transient,
            code: "malformed-response".into(),
            message: format!("{operation} gave an answer that is not one: {reason}"),
            request_id,
        }
    }

    pub(super) fn of_sdk<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let request_id = error
            .raw_response()
            .and_then(|raw| raw.headers().request_id())
            .map(str::to_owned);
        let failure = |kind, code: &str, message: String| Self {
            operation,
            kind,
            code: code.into(),
            message,
            request_id: request_id.clone(),
        };
        match error {
            SdkError::ServiceError(service) if is_html(service.raw()) => {
                Self::html(operation, service.raw().status().as_u16())
            }
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                let code = service.err().code().unwrap_or("");
                let said = printable(service.err().message().unwrap_or("no message"), 500);
                let kind = kind_of(operation, code, status);
                let shown = if code.is_empty() {
                    format!("http-{status}")
                } else {
                    printable(code, 64)
                };
                let advice = advice(&operation.action(), kind, code, &said);
                failure(
                    kind,
                    &shown,
                    format!("{operation} failed with {shown}: {said}{advice}"),
                )
            }
            // Repeating would only read as much again.
            SdkError::ResponseError(_) | SdkError::DispatchFailure(_) if is_too_large(error) => {
                failure(
                    Kind::Final,
                    "response-too-large",
                    format!(
                        "{operation} was answered with more than {BODY_LIMIT_BYTES} bytes, which no ECS response has; the rest was not read. Check what answers at the endpoint"
                    ),
                )
            }
            // The parser's own words may quote the body, and a body may hold secrets.
            SdkError::ResponseError(_) => {
                let status = error.raw_response().map_or(0, |raw| raw.status().as_u16());
                Self::malformed(
                    operation,
                    &format!("its body (HTTP status {status}) is cut or is not JSON"),
                    request_id.clone(),
                )
            }
            SdkError::TimeoutError(_) => failure(
                Kind::Transient,
                "timeout",
                format!("{operation} gave no answer in time"),
            ),
            other => {
                let chain = chain(other);
                if chain.contains("redential") {
                    let advice = advice(&operation.action(), Kind::Credentials, "", "");
                    let message = format!("{operation} could not be signed: {chain}{advice}");
                    return failure(Kind::Credentials, "no-credentials", message);
                }
                let trouble = Trouble::of(&chain);
                let kind = if matches!(other, SdkError::DispatchFailure(_)) {
                    trouble.kind
                } else {
                    Kind::Final
                };
                let message = format!("{operation} could not be sent: {chain}{}", trouble.advice);
                failure(kind, "connection-failed", message)
            }
        }
    }

    /// A page for people, which AWS does not send.
    pub(super) fn html(operation: Operation, status: u16) -> Self {
        Self {
            operation,
            // A gateway that is overloaded says so with such a page.
            kind: if status >= 500 {
                Kind::Transient
            } else {
                Kind::Final
            },
            code: "html-page".into(),
            message: format!("{operation} {}", html_page(status)),
            request_id: None,
        }
    }

    /// The same where the Region is why.
    pub(super) fn not_enabled(self, account_id: &str, region: &str, elsewhere: &str) -> Self {
        let Self {
            operation, code, ..
        } = &self;
        let message = format!(
            "{operation} failed with {code}: the Region {region} is not enabled in the account {account_id}, for the credentials are good in {elsewhere}; enable the Region in the account, or leave it out of --regions"
        );
        Self {
            kind: Kind::Denied,
            message,
            ..self
        }
    }

    /// Whether what the request asked to include may be why it was refused.
    pub(crate) fn may_be_of_include(&self) -> bool {
        match self.kind {
            Kind::Final => self.code.ends_with("Exception") || self.code.starts_with("Invalid"),
            Kind::Denied => self.message.to_ascii_lowercase().contains("tag"),
            _ => false,
        }
    }

    /// How the report tells it.
    pub(crate) fn line(&self) -> Failure {
        Failure {
            operation: self.operation,
            code: self.code.clone(),
            message: match &self.request_id {
                Some(id) => format!("{} (request id {})", self.message, printable(id, 64)),
                None => self.message.clone(),
            },
            request_id: self.request_id.clone(),
        }
    }
}

fn kind_of(operation: Operation, code: &str, status: u16) -> Kind {
    match code {
        // Servers that are not AWS say so of what they do not have, and will not have it in a moment.
        _ if status == 501 => Kind::Final,
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "LimitExceededException" => Kind::Throttled,
        "AccessDeniedException"
        | "AccessDenied"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "OptInRequired"
        | "SubscriptionRequiredException" => Kind::Denied,
        "ExpiredTokenException"
        | "ExpiredToken"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => Kind::Credentials,
        "ClusterNotFoundException" => Kind::ClusterGone,
        // The only word that ECS has for a revision that does not exist (any more).
        "ClientException" if operation == Operation::DescribeTaskDefinition => Kind::ObjectGone,
        "InternalFailure"
        | "InternalError"
        | "ServerException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "RequestTimeout"
        | "RequestTimeoutException" => Kind::Transient,
        _ if status == 429 => Kind::Throttled,
        _ if status >= 500 => Kind::Transient,
        // Without a code it is not AWS that answers, but something on the way.
        "" => Kind::Transient,
        _ => Kind::Final,
    }
}

/// What to do, by what AWS says. The first that fits counts.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
const ADVICE: [(&str, &str); 8] = [
    (
        "service control policy",
        "a service control policy of the organization denies it, and no policy of the account can allow it; ask those who manage the organization",
    ),
    (
        "resource control policy",
        "a resource control policy of the organization denies it, and no policy of the account can allow it; ask those who manage the organization",
    ),
    (
        "permissions boundary",
        "the permissions boundary of the user or role does not allow it; extend the boundary",
    ),
    (
        "session policy",
        "the policy of the session does not allow it; begin the session with a wider one",
    ),
    (
        "VPC endpoint policy",
        "the policy of the VPC endpoint does not allow it; extend that policy",
    ),
    (
        "explicit deny",
        "a statement with Deny forbids it, which no statement with Allow changes; find and correct it",
    ),
    (
        "role chaining",
        "AWS allows a role that is assumed with the credentials of another role one hour; set session-duration to 3600 or less",
    ),
    (
        "MaxSessionDuration",
        "the role allows shorter sessions only; lower session-duration, or raise the maximum of the role",
    ),
];

/// What to do about a refusal, with a semicolon before it.
fn advice(action: &str, kind: Kind, code: &str, said: &str) -> String {
    let known = ADVICE.iter().find(|(words, _)| said.contains(words));
    let text = match (known, kind, code) {
        (Some((_, advice)), ..) => (*advice).to_owned(),
        (_, Kind::Denied, "OptInRequired" | "RegionDisabledException") => {
            "enable the Region in the account, or leave it out of --regions".into()
        }
        (_, Kind::Denied, _) if action == "sts:AssumeRole" => {
            "check the trust policy of the role, the external ID, and whether the caller is allowed sts:AssumeRole".into()
        }
        (_, Kind::Denied, _) => {
            format!("allow {action} (`portolan iam-policy` prints the policy)")
        }
        (_, Kind::Credentials, "InvalidClientTokenId" | "UnrecognizedClientException") => {
            "AWS does not know the access key, or the Region is not enabled in its account; check the keys, and enable the Region or leave it out of --regions".into()
        }
        (_, Kind::Credentials, "SignatureDoesNotMatch" | "InvalidSignatureException") => {
            "the secret access key does not belong to the access key ID, or the clock is wrong; check both".into()
        }
        (_, Kind::Credentials, "ExpiredToken" | "ExpiredTokenException") => {
            "the session has ended; log in again, or renew the keys".into()
        }
        (_, Kind::Credentials, _) => "check the credentials with `portolan check`".into(),
        _ => return String::new(),
    };
    format!("; {text}")
}

/// What keeps a request from its server.
struct Trouble {
    kind: Kind,
    /// What to do, with a semicolon before it.
    advice: &'static str,
}

/// Words of the error, whether the trouble may pass, and what to do. The first that fits counts.
const TROUBLES: [(&str, Kind, &str); 9] = [
    (
        "certificate expired",
        Kind::Final,
        "; the certificate of the server has expired, or the clock of this machine is wrong",
    ),
    (
        "certificate",
        Kind::Final,
        "; the certificate is not one of a known certificate authority: where the network inspects TLS, name the file of its authority with --ca-bundle, AWS_CA_BUNDLE or SSL_CERT_FILE",
    ),
    (
        "proxy authorization required",
        Kind::Final,
        "; the proxy wants a user name and a password: write them into HTTPS_PROXY, as http://user:password@host:port",
    ),
    (
        "tunnel",
        Kind::Transient,
        "; the proxy does not connect to this host: ask for it to be let through, or name it in NO_PROXY",
    ),
    (
        "corrupt message",
        Kind::Final,
        "; the server does not speak TLS: check whether http:// is meant in the endpoint URL",
    ),
    (
        "dns error",
        Kind::Transient,
        "; the name is not known: check the network, HTTPS_PROXY and the name of the Region",
    ),
    (
        "refused",
        Kind::Transient,
        "; nothing answers there: check --endpoint-url and HTTPS_PROXY",
    ),
    (
        "timed out",
        Kind::Transient,
        "; nothing answers there: check the network, HTTPS_PROXY and firewalls",
    ),
    (
        "timeout",
        Kind::Transient,
        "; nothing answers there: check the network, HTTPS_PROXY and firewalls",
    ),
];

impl Trouble {
    fn of(chain: &str) -> Self {
        let known = TROUBLES.iter().find(|(words, ..)| chain.contains(words));
        known.map_or(
            Self {
                kind: Kind::Transient,
                advice: "; check the network",
            },
            |(_, kind, advice)| Self {
                kind: *kind,
                advice,
            },
        )
    }
}

/// Why STS did not do what it was asked for.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}{advice}")]
pub(super) struct Refusal {
    pub(super) kind: Kind,
    /// AWS's error code; empty if AWS did not answer.
    pub(super) code: String,
    /// What failed, and why.
    pub(super) message: String,
    /// What to do, with a semicolon before it.
    pub(super) advice: String,
}

impl Refusal {
    /// Nothing answered.
    pub(super) fn silent(limit: std::time::Duration) -> Self {
        Self {
            kind: Kind::Final,
            code: String::new(),
            message: format!("STS gave no answer within {} s", limit.as_secs()),
            advice: "; check the network, HTTPS_PROXY and firewalls".into(),
        }
    }

    /// An answer that STS does not give.
    pub(super) fn strange(message: &str) -> Self {
        Self {
            kind: Kind::Final,
            code: String::new(),
            message: message.into(),
            advice: "; check what answers at the endpoint".into(),
        }
    }

    pub(super) fn of<E>(action: &str, error: &SdkError<E, HttpResponse>, region: &str) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        if let Some(raw) = error.raw_response().filter(|raw| is_html(raw)) {
            let message = format!("STS in {region} {}", html_page(raw.status().as_u16()));
            return Self {
                message,
                advice: String::new(),
                ..Self::strange("")
            };
        }
        if let SdkError::ServiceError(service) = error {
            let code = printable(service.err().code().unwrap_or(""), 64);
            let said = printable(service.err().message().unwrap_or("no message"), 500);
            // STS and ECS have the same words for what is wrong with a caller.
            let kind = kind_of(
                Operation::ListClusters,
                &code,
                service.raw().status().as_u16(),
            );
            return Self {
                kind,
                advice: advice(action, kind, &code, &said),
                message: format!("STS in {region} refused {action} with {code}: {said}"),
                code,
            };
        }
        let chain = chain(error);
        let trouble = Trouble::of(&chain);
        Self {
            kind: trouble.kind,
            code: String::new(),
            message: format!("STS in {region} cannot be reached: {chain}"),
            advice: trouble.advice.into(),
        }
    }

    /// How much it tells: a Region that is not enabled, or not reached, hides what another one says.
    pub(super) fn rank(&self) -> u8 {
        match self.code.as_str() {
            "" => u8::from(!self.message.starts_with("STS gave no answer")),
            "InvalidClientTokenId" | "RegionDisabledException" => 2,
            _ => 3,
        }
    }
}

fn html_page(status: u16) -> String {
    format!(
        "was answered with an HTML page (HTTP status {status}), which does not come from AWS: a proxy, a filter or a login page is in between; ask for AWS's hosts to be let through, or check HTTPS_PROXY and NO_PROXY"
    )
}

fn is_html(answer: &HttpResponse) -> bool {
    answer.body().bytes().is_some_and(looks_like_html)
}

/// Whether a body is a page for people, by how it begins.
pub(super) fn looks_like_html(body: &[u8]) -> bool {
    let body = body
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(body)
        .trim_ascii_start();
    let begins = |tag: &[u8]| {
        body.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    };
    begins(b"<!doctype html") || begins(b"<html") || begins(b"<head") || begins(b"<body")
}

/// What layers of the SDK call themselves. It tells nobody anything.
const LAYERS: [&str; 8] = [
    "dispatch failure",
    "service error",
    "unhandled error",
    "io error",
    "other",
    "client error (Connect)",
    "an error occurred while loading credentials",
    "the credentials provider was not properly configured",
];

/// An error and what caused it, on one line.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    for cause in std::iter::successors(Some(error), |error| error.source()) {
        let words = words(cause);
        if text.contains(&words) || LAYERS.contains(&words.as_str()) {
            continue;
        }
        let separator = if text.is_empty() { "" } else { ": " };
        text = format!("{text}{separator}{words}");
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    printable(&words.join(" "), 500)
}

/// What an error says of itself; the SDK shows errors that it has no type for as a structure.
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let metadata = error
        .downcast_ref::<ErrorMetadata>()
        .or_else(|| {
            error
                .downcast_ref::<AssumeRoleError>()
                .map(ProvideErrorMetadata::meta)
        })
        .or_else(|| {
            error
                .downcast_ref::<GetCallerIdentityError>()
                .map(ProvideErrorMetadata::meta)
        });
    match metadata.and_then(ErrorMetadata::code) {
        Some(code) => {
            let message = metadata
                .and_then(ErrorMetadata::message)
                .unwrap_or("no message");
            format!("{code}: {message}")
        }
        None => error.to_string(),
    }
}
