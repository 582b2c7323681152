//! The messages of registry failures, each with registry, reference and remedy. The registry's own text is
//! shortened, and URLs are left out, because those of uploads hold state.

use oci_client::errors::{OciEnvelope, OciErrorCode};
use reqwest::StatusCode;

use super::client::CONNECT_LIMIT;
use super::outcome::{ExchangeFailure, is_busy};
use super::words::{UNTRUSTED, words};
use super::{Action, ArtifactRef, RegistryClient, RegistryError};
use portolan_machine::text::printable;

/// The HTTP client's error for a proxy that requires a password for a tunnel.
const WANTS_PASSWORD: &str = "proxy authorization required";

impl RegistryClient {
    // Long, because each failure has its own sentence and its own advice.
    pub(super) fn explain(
        &self,
        place: &ArtifactRef,
        action: Action,
        failure: ExchangeFailure,
    ) -> RegistryError {
        let registry = place.registry().to_owned();
        let reference = place.to_string();
        match failure {
            ExchangeFailure::Request(error) => self.unreachable(place, reason(place, &error)),
            ExchangeFailure::Silence(reason) => RegistryError::Unreachable {
                registry,
                reference,
                reason,
                remedy: match self.proxy() {
                    Some(proxy) => format!(
                        "{proxy} may block the answer, or the registry is down; try again later, or ask their operators"
                    ),
                    None => "the registry may be down, or a firewall blocks its answer; try again later, or ask its operator".to_owned(),
                },
            },
            ExchangeFailure::Page => RegistryError::Page {
                registry,
                reference,
                remedy: match self.proxy() {
                    Some(proxy) => {
                        format!("have {proxy} let it through, or name it in NO_PROXY")
                    }
                    None => "set HTTPS_PROXY, or have the proxy or filter let it through".to_owned(),
                },
            },
            ExchangeFailure::Status {
                service,
                status,
                retry_after,
                body,
            } => self.refusal(place, action, service, status, retry_after, &body),
            ExchangeFailure::Denied => RegistryError::Denied {
                registry,
                reference,
                action,
                credentials: self.origin().to_owned(),
            },
            ExchangeFailure::Credentials(reason) => RegistryError::Credentials {
                reason: format!(
                    "{reason}; log in again, with `docker login {registry}` or, for a registry of Azure, `az acr login`"
                ),
                registry,
            },
            ExchangeFailure::Digest(reason) => RegistryError::Digest {
                registry,
                reference,
                reason,
            },
            ExchangeFailure::Answer(reason) => RegistryError::Answer {
                registry,
                reference,
                action,
                reason: printable(&reason, 400),
            },
        }
    }

    fn unreachable(&self, place: &ArtifactRef, reason: String) -> RegistryError {
        if reason.contains(WANTS_PASSWORD) {
            return self.proxy_refuses(place);
        }
        let remedy = if reason.to_ascii_lowercase().contains("certificate") {
            UNTRUSTED.to_owned()
        } else if let Some(proxy) = self.proxy() {
            format!(
                "is {proxy} right, and does it let this registry through? NO_PROXY names hosts to reach without it"
            )
        } else if self.is_plain {
            "is the name right, and does it speak HTTP there?".to_owned()
        } else {
            "is the name right, and does this network need HTTPS_PROXY? --plain-http is for a registry without TLS".to_owned()
        };
        RegistryError::Unreachable {
            registry: place.registry().to_owned(),
            reference: place.to_string(),
            reason,
            remedy,
        }
    }

    fn proxy_refuses(&self, place: &ArtifactRef) -> RegistryError {
        let proxy = self.proxy();
        let variable = proxy.map_or("HTTPS_PROXY", |proxy| proxy.variable);
        RegistryError::Proxy {
            registry: place.registry().to_owned(),
            reference: place.to_string(),
            proxy: proxy.map_or_else(|| "a proxy in between".to_owned(), ToString::to_string),
            remedy: if proxy.is_some_and(|proxy| proxy.has_credentials) {
                format!("it refuses the user name and password in {variable}; are they right?")
            } else {
                format!(
                    "it requires a user name and a password; write them into {variable}, as http://USER:PASSWORD@HOST:PORT"
                )
            },
        }
    }

    fn refusal(
        &self,
        place: &ArtifactRef,
        action: Action,
        service: Option<String>,
        status: StatusCode,
        retry_after: Option<String>,
        body: &[u8],
    ) -> RegistryError {
        let registry = place.registry().to_owned();
        let reference = place.to_string();
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return self.proxy_refuses(place);
        }
        let envelope: Option<OciEnvelope> = serde_json::from_slice(body).ok();
        let has = |codes: &[OciErrorCode]| {
            let mut errors = envelope.iter().flat_map(|envelope| &envelope.errors);
            errors.any(|error| codes.contains(&error.code))
        };
        let who = service.as_ref().map_or_else(String::new, |host| {
            format!("its token service {host} answers: ")
        });
        if is_busy(status) || has(&[OciErrorCode::Toomanyrequests]) {
            return RegistryError::Busy {
                registry,
                reference,
                action,
                reason: format!("{who}status {status}{}", words_of(envelope.as_ref(), body)),
                remedy: self.patience(place, status, retry_after),
            };
        }
        let is_of_registry = service.is_none();
        let is_denied = is_of_registry && matches!(status.as_u16(), 401 | 403)
            || has(&[OciErrorCode::Unauthorized, OciErrorCode::Denied]);
        if is_denied {
            return self.explain(place, action, ExchangeFailure::Denied);
        }
        let is_missing = is_of_registry && status == StatusCode::NOT_FOUND
            || has(&[
                OciErrorCode::ManifestUnknown,
                OciErrorCode::NameUnknown,
                OciErrorCode::NotFound,
                OciErrorCode::BlobUnknown,
            ]);
        if is_missing {
            return RegistryError::NotFound {
                registry,
                reference,
            };
        }
        RegistryError::Answer {
            registry,
            reference,
            action,
            reason: format!("{who}status {status}{}", words_of(envelope.as_ref(), body)),
        }
    }

    /// The remedy for a registry that is overloaded or down.
    fn patience(
        &self,
        place: &ArtifactRef,
        status: StatusCode,
        retry_after: Option<String>,
    ) -> String {
        let when = match retry_after.and_then(|text| text.parse::<u64>().ok()) {
            Some(seconds) if seconds > 0 => format!("try again in {seconds} seconds"),
            _ => "try again later".to_owned(),
        };
        let asked = match self.repeats.count() {
            0 => String::new(),
            count => format!("it was asked {} times; ", count + 1),
        };
        if status == StatusCode::TOO_MANY_REQUESTS {
            let registry = place.registry();
            return format!(
                "{asked}these are too many requests for it; {when}. Many registries allow more requests after a login (`docker login {registry}`)"
            );
        }
        format!("{asked}it, or a proxy in between, is down or overloaded; {when}")
    }
}

/// The text of an answer after a colon; empty if the answer is a page.
fn words_of(envelope: Option<&OciEnvelope>, body: &[u8]) -> String {
    let text = match envelope {
        Some(envelope) => {
            let errors = envelope.errors.iter().map(|error| {
                let code = serde_json::to_value(&error.code).unwrap_or_default();
                format!("{} {}", code.as_str().unwrap_or_default(), error.message)
            });
            errors.collect::<Vec<_>>().join("; ")
        }
        None if portolan_machine::text::is_html(body) => String::new(),
        None => String::from_utf8_lossy(body).into_owned(),
    };
    match text.trim() {
        "" => String::new(),
        text => format!(": {}", printable(text, 300)),
    }
}

/// The cause of a failed connection. After a redirection, it names the other host.
fn reason(place: &ArtifactRef, error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        let seconds = CONNECT_LIMIT.as_secs();
        format!("no connection was made within {seconds} seconds")
    } else {
        words(error)
    };
    let host = error.url().and_then(|url| url.host_str());
    let registry = place.reference.resolve_registry();
    let registry = registry.split(':').next().unwrap_or_default();
    match host.filter(|host| !host.eq_ignore_ascii_case(registry)) {
        Some(host) => format!(
            "{what} (at {}, to which it redirects)",
            printable(host, 128)
        ),
        None => what,
    }
}
