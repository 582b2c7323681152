//! Explains errors to the operator: the cause of an error, and what to do about it.

use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::failure_kind::FailureKind;
use portolan_machine::text::printable;

/// The advice for texts in AWS's message. The first match counts.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
const ADVICE: [(&str, &str); 8] = [
    (
        "service control policy",
        "a service control policy of the organization denies it, and no policy of the account can allow it; ask the organization's administrators",
    ),
    (
        "resource control policy",
        "a resource control policy of the organization denies it, and no policy of the account can allow it; ask the organization's administrators",
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

/// The advice for a refusal, after a semicolon.
pub(super) fn advice(action: &str, kind: FailureKind, code: &str, said: &str) -> String {
    let known = ADVICE.iter().find(|(words, _)| said.contains(words));
    let text = match (known, kind, code) {
        (Some((_, advice)), ..) => (*advice).to_owned(),
        (_, FailureKind::Denied, "OptInRequired" | "RegionDisabledException") => {
            "enable the Region in the account, or leave it out of --regions".into()
        }
        (_, FailureKind::Denied, _) if action == "sts:AssumeRole" => {
            "check the trust policy of the role, the external ID, and whether the caller is allowed sts:AssumeRole".into()
        }
        (_, FailureKind::Denied, _) => {
            format!("allow {action} (`portolan iam-policy` prints the policy)")
        }
        (_, FailureKind::Credentials, "InvalidClientTokenId" | "UnrecognizedClientException") => {
            "AWS does not know the access key, or the Region is not enabled in its account; check keys and profile, and enable the Region or leave it out of --regions".into()
        }
        (_, FailureKind::Credentials, "SignatureDoesNotMatch" | "InvalidSignatureException") => {
            "the secret access key does not belong to the access key ID, or the clock is wrong; check both".into()
        }
        (_, FailureKind::Credentials, "ExpiredToken" | "ExpiredTokenException") => {
            "the session has ended; log in again, and check the credentials with `portolan check`".into()
        }
        (_, FailureKind::Credentials, _) => "check the credentials with `portolan check`".into(),
        _ => return String::new(),
    };
    format!("; {text}")
}

/// A problem that keeps a request from its server.
pub(super) struct Trouble {
    pub(super) kind: FailureKind,
    /// The advice, after a semicolon.
    pub(super) advice: &'static str,
}

/// Texts of errors, whether a retry may succeed, and the advice. The first match counts.
const TROUBLES: [(&str, FailureKind, &str); 13] = [
    (
        "underlying connection: dns error",
        FailureKind::Transient,
        "; the name of the proxy is not known: check HTTPS_PROXY and the network",
    ),
    (
        "underlying connection: received corrupt message",
        FailureKind::Final,
        "; the proxy does not speak TLS: write http:// in HTTPS_PROXY",
    ),
    (
        "failed to create underlying connection",
        FailureKind::Transient,
        "; the proxy cannot be reached: check HTTPS_PROXY and the network",
    ),
    (
        "tls handshake eof",
        FailureKind::Transient,
        "; the server ended the connection before TLS began: a proxy or a filter may be in between; check HTTPS_PROXY and NO_PROXY",
    ),
    (
        "certificate expired",
        FailureKind::Final,
        "; the certificate of the server has expired, or the clock of this machine is wrong",
    ),
    (
        "certificate",
        FailureKind::Final,
        "; the certificate is not one of a known certificate authority: where the network inspects TLS, name the file of its authority with --ca-bundle, AWS_CA_BUNDLE or SSL_CERT_FILE; a machine without any authorities needs its package ca-certificates",
    ),
    (
        "proxy authorization required",
        FailureKind::Final,
        "; the proxy refuses the user name and the password in HTTPS_PROXY, or there are none: write them as http://user:password@host:port",
    ),
    (
        "Connection refused",
        FailureKind::Transient,
        "; no server answers there: check --endpoint-url, HTTPS_PROXY and HTTP_PROXY",
    ),
    (
        "tunnel",
        FailureKind::Transient,
        "; the proxy does not connect to this host: ask its administrators to allow the host, or name it in NO_PROXY",
    ),
    (
        "corrupt message",
        FailureKind::Final,
        "; the server does not speak TLS: check whether http:// is meant in the endpoint URL, and whether HTTPS_PROXY names a proxy",
    ),
    (
        "dns error",
        FailureKind::Transient,
        "; the name is not known: check the network, HTTPS_PROXY and the name of the Region",
    ),
    (
        "timed out",
        FailureKind::Transient,
        "; no server answers there: check the network, HTTPS_PROXY and firewalls",
    ),
    (
        "timeout",
        FailureKind::Transient,
        "; no server answers there: check the network, HTTPS_PROXY and firewalls",
    ),
];

impl Trouble {
    pub(super) fn of(chain: &str) -> Self {
        let known = TROUBLES.iter().find(|(words, ..)| chain.contains(words));
        known.map_or(
            Self {
                kind: FailureKind::Transient,
                advice: "; check the network",
            },
            |(_, kind, advice)| Self {
                kind: *kind,
                advice,
            },
        )
    }
}

/// The message for an answer that is an HTML page.
pub(super) fn html_page(status: u16) -> String {
    format!(
        "was answered with an HTML page (HTTP status {status}), which does not come from AWS: a proxy, a filter or a login page is in between; ask its administrators to allow AWS's hosts, or check HTTPS_PROXY and NO_PROXY"
    )
}

pub(super) fn is_html(answer: &HttpResponse) -> bool {
    answer
        .body()
        .bytes()
        .is_some_and(portolan_machine::text::is_html)
}

/// The names of the SDK's layers, which add nothing to a message.
const LAYERS: [&str; 9] = [
    "dispatch failure",
    "service error",
    "unhandled error",
    "io error",
    "other",
    "client error (Connect)",
    "an error occurred while loading credentials",
    "the credentials provider was not properly configured",
    "could not parse profile file",
];

/// An error and its causes, on one line.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    for cause in std::iter::successors(Some(error), |error| error.source()) {
        let words = words(cause);
        // The source of an untyped error says the same in more detail.
        let is_layer = words.starts_with("unhandled error (") && cause.source().is_some();
        if is_layer || text.contains(&words) || LAYERS.contains(&words.as_str()) {
            continue;
        }
        let separator = if text.is_empty() { "" } else { ": " };
        text = format!("{text}{separator}{words}");
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    printable(&words.join(" "), 500)
}

/// The text of an error. The SDK prints errors without a type as a structure.
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
