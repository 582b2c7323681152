//! The SDK's HTTP client, with limits on the size of answers and on the number of parallel requests.
//!
//! The SDK collects a whole body before its caller sees it. The limit therefore applies while the body is
//! still a stream: a server that never stops sending uses at most [`BODY_LIMIT_BYTES`] of memory.
//!
//! A request counts as in flight from its first byte to the last byte of its answer. Signing and parsing run
//! on this machine, and another request may be under way meanwhile.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use portolan_machine::proxies::{Proxies, Proxy};
use portolan_page::BODY_LIMIT_BYTES;

/// A Describe page takes well under a second; an answer that has not begun by then does not come.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// The addresses of the credentials services for instances and containers. A proxy on another machine would
/// answer with its own credentials.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>
const METADATA_ADDRESSES: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];

/// Returns the SDK's default client (rustls) with bounded bodies. It trusts `authorities` (PEM) instead of
/// the system's, if given.
pub(super) fn client(authorities: Option<Vec<u8>>, proxies: &Proxies) -> SharedHttpClient {
    let trust = authorities.map_or_else(TrustStore::default, |pem| {
        TrustStore::empty().with_pem_certificate(pem)
    });
    let config = |proxy: Option<&Proxy>, kind: fn(String) -> Result<ProxyConfig, _>| {
        let proxy = proxy.and_then(|proxy| kind(proxy.url.clone()).ok());
        proxy.map_or_else(ProxyConfig::disabled, |proxy| {
            proxy.no_proxy(&proxies.not_for)
        })
    };
    let through = |proxy: ProxyConfig| {
        let tls = TlsContext::builder()
            .with_trust_store(trust.clone())
            .build();
        Builder::new().build_with_connector_fn(move |settings, components| {
            let mut builder =
                ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
            // A context without server names always builds.
            if let Ok(tls) = &tls {
                builder = builder.tls_context(tls.clone());
            }
            builder.set_connector_settings(settings.cloned());
            builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            builder.set_proxy_config(Some(proxy.clone()));
            builder.build()
        })
    };
    SharedHttpClient::new(Bounded {
        client: through(config(proxies.https.as_ref(), ProxyConfig::https)),
        others: Some(Others {
            http: through(config(proxies.http.as_ref(), ProxyConfig::http)),
            direct: through(ProxyConfig::disabled()),
        }),
        in_flight: None,
    })
}

/// The same client and connections, limited by a semaphore: each request holds a permit while it is in
/// flight.
pub(super) fn in_turn(client: SharedHttpClient, in_flight: Arc<Semaphore>) -> SharedHttpClient {
    SharedHttpClient::new(Bounded {
        client,
        others: None,
        in_flight: Some(in_flight),
    })
}

/// Whether an error means that a body is over the limit.
pub(super) fn is_too_large(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        // Where the SDK has boxed the error again, only its text identifies it.
        .any(|error| {
            error.is::<LengthLimitError>() || error.to_string().contains("length limit exceeded")
        })
}

#[derive(Debug)]
struct Bounded {
    client: SharedHttpClient,
    others: Option<Others>,
    in_flight: Option<Arc<Semaphore>>,
}

/// Clients with other proxies.
#[derive(Clone, Debug)]
struct Others {
    /// Uses the proxy for endpoints without TLS.
    http: SharedHttpClient,
    /// Uses no proxy, for metadata services.
    direct: SharedHttpClient,
}

impl HttpClient for Bounded {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(BoundedConnector {
            connector: self.client.http_connector(settings, components),
            others: self
                .others
                .clone()
                .map(|others| (others, settings.clone(), components.clone())),
            in_flight: self.in_flight.clone(),
        })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_base_client_config(&self.client, components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_final_config(&self.client, components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.client.connector_metadata()
    }
}

#[derive(Clone, Debug)]
struct BoundedConnector {
    connector: SharedHttpConnector,
    /// The parts of other connectors, which are built only when needed: each takes megabytes. Clients cache
    /// theirs.
    others: Option<(Others, HttpConnectorSettings, RuntimeComponents)>,
    in_flight: Option<Arc<Semaphore>>,
}

impl HttpConnector for BoundedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self {
            connector,
            others,
            in_flight,
        } = self.clone();
        HttpConnectorFuture::new(async move {
            let permit = match in_flight {
                // The semaphore is never closed.
                Some(permits) => permits.acquire_owned().await.ok(),
                None => None,
            };
            let is_for_metadata = is_for_metadata(&request);
            let is_tidied = is_for_metadata || is_of_instances(&request);
            let connector = match others {
                Some((others, settings, components)) if is_for_metadata => {
                    others.direct.http_connector(&settings, &components)
                }
                Some((others, settings, components)) if request.uri().starts_with("http:") => {
                    others.http.http_connector(&settings, &components)
                }
                _ => connector,
            };
            let answer = tokio::time::timeout(ANSWER_TIMEOUT, connector.call(request));
            let mut answer = answer
                .await
                .map_err(|elapsed| ConnectorError::timeout(elapsed.into()))??;
            let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
            *answer.body_mut() = bounded(body, permit);
            if is_tidied {
                tidy(&mut answer).await?;
            }
            Ok(answer)
        })
    }
}

/// A session of the instance metadata service lasts at most six hours.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html>
const SESSION_LIMIT_SECONDS: u64 = 21_600;
const SESSION_HEADER: &str = "x-aws-ec2-metadata-token-ttl-seconds";

/// Corrects the parts of a metadata service's answer that the SDK panics on. Services other than AWS's end
/// their answers with a line break, and give sessions any length.
async fn tidy(answer: &mut HttpResponse) -> Result<(), ConnectorError> {
    let seconds = answer.headers().get(SESSION_HEADER).map(str::parse::<u64>);
    if seconds.is_some_and(|seconds| !seconds.is_ok_and(|it| it <= SESSION_LIMIT_SECONDS)) {
        let limit = SESSION_LIMIT_SECONDS.to_string();
        answer.headers_mut().insert(SESSION_HEADER, limit);
    }
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let whole = body.collect().await.map_err(ConnectorError::io)?.to_bytes();
    let tidied = whole.trim_ascii();
    // The SDK requires that a body has its declared length.
    if answer.headers().get("content-length").is_some() {
        let length = tidied.len().to_string();
        answer.headers_mut().insert("content-length", length);
    }
    *answer.body_mut() = SdkBody::from(tidied.to_vec());
    Ok(())
}

/// Whether a request is for the instance metadata service, at any address.
fn is_of_instances(request: &HttpRequest) -> bool {
    let uri = request.uri().parse::<http::Uri>();
    uri.is_ok_and(|uri| uri.path().starts_with("/latest/"))
}

fn is_for_metadata(request: &HttpRequest) -> bool {
    let address = |host: &str| host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let uri = request.uri().parse::<http::Uri>();
    let address = uri.ok().and_then(|uri| address(uri.host()?));
    address.is_some_and(|address| METADATA_ADDRESSES.contains(&address))
}

/// A body that fails at the limit, or at once if its declared length is over it. It holds the permit until it
/// is dropped.
fn bounded(body: SdkBody, permit: Option<OwnedSemaphorePermit>) -> SdkBody {
    let is_over = body
        .content_length()
        .is_some_and(|length| length > BODY_LIMIT_BYTES as u64);
    let limit = if is_over { 0 } else { BODY_LIMIT_BYTES };
    let mut is_first = true;
    SdkBody::from_body_1_x(Limited::new(body, limit).map_frame(move |frame| {
        let _held = &permit;
        // Some servers other than AWS send a byte order mark before JSON.
        let is_begin = std::mem::take(&mut is_first);
        frame.map_data(|data: Bytes| match data.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) if is_begin => data.slice_ref(rest),
            _ => data,
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn collected(length: usize) -> Result<usize, String> {
        let body = bounded(SdkBody::from(vec![b' '; length]), None);
        match body.collect().await {
            Ok(body) => Ok(body.to_bytes().len()),
            Err(error) if is_too_large(&*error) => Err("too large".into()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_the_limit_and_no_further() {
        assert_eq!(collected(0).await, Ok(0));
        assert_eq!(collected(BODY_LIMIT_BYTES).await, Ok(BODY_LIMIT_BYTES));
        assert_eq!(
            collected(BODY_LIMIT_BYTES + 1).await,
            Err("too large".into())
        );
    }

    #[tokio::test]
    async fn a_permit_is_held_until_the_body_is_read() {
        let permits = Arc::new(Semaphore::new(1));
        let permit = Arc::clone(&permits).acquire_owned().await.ok();
        let body = bounded(SdkBody::from("answer"), permit);
        assert_eq!(permits.available_permits(), 0);
        assert!(body.collect().await.is_ok());
        assert_eq!(permits.available_permits(), 1);
    }
}
