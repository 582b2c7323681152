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
                let advice = advice(operation, kind);
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
            SdkError::DispatchFailure(dispatch) => {
                let chain = dispatch
                    .as_connector_error()
                    .map(|error| chain(error))
                    .unwrap_or_default();
                if dispatch.is_io() || dispatch.is_timeout() {
                    failure(
                        Kind::Transient,
                        "connection-failed",
                        format!("{operation} could not reach its endpoint: {chain}"),
                    )
                } else if chain.contains("redential") {
                    let advice = advice(operation, Kind::Credentials);
                    failure(
                        Kind::Credentials,
                        "no-credentials",
                        format!("{operation} could not be signed: {chain}{advice}"),
                    )
                } else {
                    failure(
                        Kind::Transient,
                        "connection-failed",
                        format!("{operation} could not be sent: {chain}"),
                    )
                }
            }
            other => {
                let chain = chain(other);
                let kind = if chain.contains("redential") {
                    Kind::Credentials
                } else {
                    Kind::Final
                };
                let advice = advice(operation, kind);
                failure(
                    kind,
                    "not-sent",
                    format!("{operation} could not be sent: {chain}{advice}"),
                )
            }
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

/// Whether an error code of STS says that the credentials or the role are not good.
pub(super) fn is_refusal(code: &str) -> bool {
    let kind = kind_of(Operation::ListClusters, code, 400);
    matches!(kind, Kind::Denied | Kind::Credentials)
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

fn advice(operation: Operation, kind: Kind) -> String {
    match kind {
        Kind::Denied => format!(
            "; allow {} (`portolan iam-policy` prints the policy)",
            operation.action()
        ),
        Kind::Credentials => "; check the credentials with `portolan check`".into(),
        _ => String::new(),
    }
}

/// An error and what caused it, on one line.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = words(error);
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = words(cause);
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
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
