//! Requests to a registry, and a first look at their answers. `oci_client::Client` does not give the headers
//! of an answer (Retry-After) nor the body of an unexpected one (a page of a proxy), and it panics at tokens
//! and upload locations that are not valid.

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use secrecy::ExposeSecret;

use super::outcome::{ExchangeFailure, Shown, is_busy};
use super::patience::Patience;
use super::{ArtifactRef, RegistryClient};

/// Far larger than any token, message or manifest.
pub(super) const BODY_LIMIT_BYTES: usize = 4 * 1024 * 1024;

impl RegistryClient {
    /// Runs an operation, and repeats it while the registry is busy.
    pub(super) async fn repeating<T>(
        &self,
        place: &ArtifactRef,
        work: impl AsyncFn() -> Result<T, ExchangeFailure>,
    ) -> Result<T, ExchangeFailure> {
        loop {
            let failure = match work().await {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            let Some((status, pause)) = self.repeats.pause(&failure) else {
                return Err(failure);
            };
            tracing::warn!(
                "the registry {} answers with status {status}; asking again in {} s",
                place.registry(),
                pause.as_secs()
            );
            tokio::time::sleep(pause).await;
        }
    }

    /// URL of the registry's API.
    pub(super) fn base(&self, place: &ArtifactRef) -> Result<Url, ExchangeFailure> {
        let scheme = if self.is_plain { "http" } else { "https" };
        let host = place.reference.resolve_registry();
        Url::parse(&format!("{scheme}://{host}/v2/"))
            .map_err(|error| ExchangeFailure::Answer(format!("{host} is not a host: {error}")))
    }

    /// URL of a part of the repository.
    pub(super) fn url(&self, place: &ArtifactRef, part: &str) -> Result<Url, ExchangeFailure> {
        let mut url = self.base(place)?;
        url.set_path(&format!("/v2/{}/{part}", place.reference.repository()));
        Ok(url)
    }

    /// A request with authentication. It carries none to another host, as for some uploads, nor without TLS
    /// to a registry with TLS.
    pub(super) fn request(
        &self,
        place: &ArtifactRef,
        shown: &Shown,
        method: Method,
        url: Url,
    ) -> Result<RequestBuilder, ExchangeFailure> {
        let base = self.base(place)?;
        let mut url = url;
        // A registry behind a proxy that ends TLS does not know about HTTPS.
        if url.host_str() == base.host_str() && url.port().is_none() && base.scheme() == "https" {
            let _ = url.set_scheme("https");
        }
        let is_there = url.host_str() == base.host_str()
            && url.port_or_known_default() == base.port_or_known_default()
            && url.scheme() == base.scheme();
        let request = self.client.request(method, url);
        Ok(match shown {
            Shown::Password(username, password) if is_there => {
                request.basic_auth(username, Some(password.expose_secret()))
            }
            Shown::Token(token) if is_there => request.bearer_auth(token.expose_secret()),
            _ => request,
        })
    }

    /// Sends a request and waits for an answer with this status.
    pub(super) async fn send(
        &self,
        patience: &Patience<'_>,
        request: RequestBuilder,
        wanted: StatusCode,
    ) -> Result<Response, ExchangeFailure> {
        let answer = patience.wait(request.send()).await??;
        if answer.status() == wanted {
            return Ok(answer);
        }
        Err(refusal(patience, answer, None).await)
    }
}

/// The failure behind an answer with another status.
pub(super) async fn refusal(
    patience: &Patience<'_>,
    answer: Response,
    service: Option<String>,
) -> ExchangeFailure {
    let status = answer.status();
    let retry_after = text(answer.headers(), RETRY_AFTER.as_str());
    let body = match read(patience, answer).await {
        Ok(body) => body,
        Err(failure) => return failure,
    };
    // A busy registry, and a proxy that requires a password, may answer with a page of HTML.
    let is_told = is_busy(status) || status == StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    if portolan_machine::text::is_html(&body) && !is_told {
        return ExchangeFailure::Page;
    }
    ExchangeFailure::Status {
        service,
        status,
        retry_after,
        body,
    }
}

/// The body of an answer, up to its limit.
pub(super) async fn read(
    patience: &Patience<'_>,
    mut answer: Response,
) -> Result<Vec<u8>, ExchangeFailure> {
    let moved = patience.moved();
    let all = async {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            moved.by(chunk.len());
            body.extend_from_slice(&chunk);
            if body.len() > BODY_LIMIT_BYTES {
                break;
            }
        }
        Ok(body)
    };
    patience.wait(all).await?
}

/// The text of a header.
pub(super) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::outcome::Repeats;

    fn pauses(status: u16, retry_after: Option<&str>) -> Vec<u64> {
        let repeats = Repeats::default();
        let failure = ExchangeFailure::Status {
            service: None,
            status: StatusCode::from_u16(status).expect("a status"),
            retry_after: retry_after.map(str::to_owned),
            body: vec![],
        };
        std::iter::from_fn(|| Some(repeats.pause(&failure)?.1.as_secs())).collect()
    }

    #[test]
    fn repeats_are_few_and_pauses_short() {
        assert_eq!(pauses(429, None), [1, 2, 4]);
        assert_eq!(pauses(503, Some("soon")), [1, 2, 4]);
        assert_eq!(pauses(503, Some("0")), [1, 1, 1]);
        assert_eq!(pauses(503, Some("4")), [4, 4]);
        assert_eq!(pauses(502, Some("10")), [10]);
        for no in [
            (504, Some("11")),
            (504, Some("18446744073709551615")),
            (500, None),
        ] {
            assert!(pauses(no.0, no.1).is_empty(), "{no:?}");
        }
    }
}
