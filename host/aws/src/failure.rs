//! The meaning of a failed call: whether to repeat it, and the message for the operator.

use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::advice::{Trouble, advice, chain, html_page, is_html};
use super::failure_kind::FailureKind;
use super::http::is_too_large;
use portolan_machine::text::printable;
use portolan_page::BODY_LIMIT_BYTES;
use portolan_page::ledger::Failure;
use portolan_page::object::Operation;

/// The code of a call without an answer.
pub(super) const TIMEOUT: &str = "timeout";

/// The reason that a request has no answer.
pub(super) type Refused = SdkError<ErrorMetadata, HttpResponse>;

/// A call that failed for good.
#[derive(Clone, Debug)]
pub struct CallFailure {
    /// The operation that was called.
    pub operation: Operation,
    /// The class of the failure.
    pub kind: FailureKind,
    /// The error code of AWS, or a short constant in kebab case.
    pub code: String,
    /// The failed operation, the reason, and what to do.
    pub message: String,
    /// The request id that AWS returned.
    pub request_id: Option<String>,
    /// The pause that AWS requested.
    pub retry_after: Option<Duration>,
}

impl CallFailure {
    /// An answer with an invalid body.
    pub(super) fn malformed(
        operation: Operation,
        reason: &str,
        request_id: Option<String>,
    ) -> Self {
        Self {
            operation,
            kind: FailureKind::Transient,
            code: "malformed-response".into(),
            message: format!("{operation} returned an invalid answer: {reason}"),
            request_id,
            retry_after: None,
        }
    }

    pub(super) fn of_sdk(operation: Operation, error: &Refused) -> Self {
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
            retry_after: error.raw_response().and_then(retry_after),
        };
        if let Some(page) = error.raw_response().filter(|answer| is_html(answer)) {
            return Self::html(operation, page.status().as_u16(), request_id);
        }
        match error {
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                let code = service.err().code().unwrap_or_default();
                let said = printable(service.err().message().unwrap_or("no message"), 500);
                let kind = kind_of(operation, code, status);
                let shown = printable(code, 64);
                let advice = advice(&operation.action(), kind, code, &said);
                let message = format!("{operation} failed with {shown}: {said}{advice}");
                failure(kind, &shown, message)
            }
            // A retry would only read as much again.
            SdkError::ResponseError(_) | SdkError::DispatchFailure(_) if is_too_large(error) => {
                let message = format!(
                    "{operation} was answered with more than {BODY_LIMIT_BYTES} bytes, which is more than any valid answer has; the rest was not read. Check which server answers at the endpoint"
                );
                failure(FailureKind::Final, "response-too-large", message)
            }
            SdkError::ResponseError(response) if !response.raw().status().is_success() => {
                let status = response.raw().status().as_u16();
                let kind = kind_of(operation, "", status);
                let said = said_without_code(response.raw());
                let message = format!("{operation} was answered with HTTP status {status}{said}");
                failure(kind, &format!("http-{status}"), message)
            }
            SdkError::ResponseError(_) => {
                let status = error.raw_response().map_or(0, |raw| raw.status().as_u16());
                let reason = format!("its body (HTTP status {status}) is cut");
                Self::malformed(operation, &reason, request_id.clone())
            }
            SdkError::TimeoutError(_) => failure(
                FailureKind::Transient,
                TIMEOUT,
                format!("{operation} did not answer in time"),
            ),
            other => {
                let (kind, code, message) = unsent(operation, other);
                failure(kind, code, message)
            }
        }
    }

    /// An answer that is an HTML page, which AWS does not send.
    pub(super) fn html(operation: Operation, status: u16, request_id: Option<String>) -> Self {
        Self {
            operation,
            // An overloaded gateway sends such a page with 429, 408 or a 5xx status; other statuses are
            // permanent refusals.
            kind: match status {
                429 => FailureKind::Throttled,
                408 => FailureKind::Transient,
                400..500 => FailureKind::Final,
                _ => FailureKind::Transient,
            },
            code: "html-page".into(),
            message: format!("{operation} {}", html_page(status)),
            request_id,
            retry_after: None,
        }
    }

    /// The same failure if the Region is the cause.
    pub(super) fn not_enabled(self, account_id: &str, region: &str, elsewhere: &str) -> Self {
        let Self {
            operation, code, ..
        } = &self;
        let message = format!(
            "{operation} failed with {code}, but the credentials are valid in {elsewhere}: the Region {region} is not enabled in the account {account_id}; enable the Region in the account, or leave it out of --regions"
        );
        Self {
            kind: FailureKind::Denied,
            message,
            ..self
        }
    }

    /// Whether the same request may succeed in a moment.
    pub(super) fn is_momentary(&self) -> bool {
        matches!(self.kind, FailureKind::Transient | FailureKind::Throttled)
    }

    /// Whether AWS was not reached.
    pub fn is_unreachable(&self) -> bool {
        ["connection-failed", TIMEOUT, "html-page"].contains(&self.code.as_str())
    }

    /// Whether the request may have been refused because of one of several objects.
    pub fn may_be_of_one(&self) -> bool {
        self.kind == FailureKind::Final
            && [
                "InvalidParameterException",
                "ClientException",
                "ValidationException",
            ]
            .contains(&self.code.as_str())
    }

    /// Whether the request may have been refused because of the members that it asked to include.
    pub fn may_be_of_include(&self) -> bool {
        match self.kind {
            FailureKind::Denied => true,
            // A call that gave up after retries is not among these codes.
            FailureKind::Final => {
                let code = self.code.as_str();
                ["Exception", "Error"].iter().any(|end| code.ends_with(end))
                    || ["Invalid", "Un", "NotImplemented", "http-400", "http-501"]
                        .iter()
                        .any(|start| code.starts_with(start))
            }
            // ECS has the same code for a revision that does not exist.
            FailureKind::ObjectGone => self.message.to_ascii_lowercase().contains("tags"),
            _ => false,
        }
    }

    /// The failure as the report writes it.
    pub fn line(&self) -> Failure {
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

/// The class, code and message of a request that could not be sent.
fn unsent(operation: Operation, error: &Refused) -> (FailureKind, &'static str, String) {
    let chain = chain(error);
    if chain.contains("redential") {
        let advice = advice(&operation.action(), FailureKind::Credentials, "", "");
        let message = format!("{operation} could not be signed: {chain}{advice}");
        return (FailureKind::Credentials, "no-credentials", message);
    }
    let trouble = Trouble::of(&chain);
    let message = format!("{operation} could not be sent: {chain}{}", trouble.advice);
    match error {
        SdkError::DispatchFailure(silence) if silence.is_timeout() => {
            (trouble.kind, TIMEOUT, message)
        }
        SdkError::DispatchFailure(_) => (trouble.kind, "connection-failed", message),
        _ => (FailureKind::Final, "connection-failed", message),
    }
}

/// The codes of AWS for a request whose time is too far from its own. Wrong keys give some of them too.
const CLOCK_CODES: [&str; 5] = [
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "RequestTimeTooSkewed",
    "RequestExpired",
    "AuthFailure",
];

/// The time of a server that may have refused the local time. A cached answer carries an earlier time, and is
/// skipped.
pub(super) fn time_of_refusal<E>(error: &SdkError<E, HttpResponse>) -> Option<SystemTime>
where
    E: ProvideErrorMetadata,
{
    let code = error.as_service_error()?.code()?;
    let headers = error.raw_response()?.headers();
    if !CLOCK_CODES.contains(&code) || headers.get("age").is_some() {
        return None;
    }
    let date = DateTime::from_str(headers.get("date")?, Format::HttpDate).ok()?;
    date.try_into().ok()
}

/// The text of an answer without an error code of AWS, and the advice, after a semicolon.
fn said_without_code(answer: &HttpResponse) -> String {
    let status = answer.status().as_u16();
    if let Some(place) = answer.headers().get("location").filter(|_| status < 400) {
        let host = place.split("//").nth(1).unwrap_or(place).split('/').next();
        return format!(
            " and sends to {}, which AWS does not: a proxy, a filter or a login page is in between; ask its administrators to allow AWS's hosts, or check HTTPS_PROXY and NO_PROXY",
            printable(host.unwrap_or_default(), 128)
        );
    }
    let body = answer.body().bytes().unwrap_or_default();
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let words = ["message", "Message", "error"];
    let words = words.iter().find_map(|name| json[name].as_str());
    let said = words.map_or(String::new(), |words| {
        format!(": {}", printable(words, 300))
    });
    format!(
        "{said}; it has no error code of AWS, so a server in between may have sent it: check the endpoint, HTTPS_PROXY and NO_PROXY"
    )
}

/// The pause that an answer requests: AWS sends milliseconds, gateways send seconds.
fn retry_after(answer: &HttpResponse) -> Option<Duration> {
    let number = |name| answer.headers().get(name)?.trim().parse::<u64>().ok();
    number("x-amz-retry-after")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
}

pub(super) fn kind_of(operation: Operation, code: &str, status: u16) -> FailureKind {
    match code {
        // Servers other than AWS send 501 for an operation that they do not implement.
        _ if status == 501 => FailureKind::Final,
        "ThrottlingException"
        | "throttlingException"
        | "ProvisionedThroughputExceededException"
        | "TransactionInProgressException"
        | "Throttling"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "EC2ThrottledException"
        | "SlowDown"
        | "LimitExceededException" => FailureKind::Throttled,
        "AccessDeniedException"
        | "AccessDenied"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "OptInRequired"
        | "RegionDisabledException"
        | "SubscriptionRequiredException" => FailureKind::Denied,
        "ExpiredTokenException"
        | "ExpiredToken"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => FailureKind::Credentials,
        "ClusterNotFoundException" => FailureKind::ClusterGone,
        // The only code of ECS for a revision that does not exist, or no longer exists.
        "ClientException" if operation == Operation::DescribeTaskDefinition => {
            FailureKind::ObjectGone
        }
        "InternalFailure"
        | "InternalError"
        | "ServerException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "RequestTimeout"
        | "RequestTimeoutException" => FailureKind::Transient,
        _ if status == 429 => FailureKind::Throttled,
        _ if status >= 500 => FailureKind::Transient,
        // An answer without a code does not come from AWS, but from a server in between.
        "" if matches!(status, 401 | 403) => FailureKind::Denied,
        "" if matches!(status, 300..400 | 404 | 405) => FailureKind::Final,
        "" => FailureKind::Transient,
        _ => FailureKind::Final,
    }
}
