//! The SDK's HTTP client, with a bound on what it reads.
//!
//! The SDK collects a whole body before anyone can look at it. So the bound stands where the body is
//! still a stream: a server that never stops sending costs [`BODY_LIMIT_BYTES`], not all memory.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body_util::{LengthLimitError, Limited};

use crate::page::BODY_LIMIT_BYTES;

/// A client as the SDK would make it by itself (rustls, proxies of the environment), with bounded bodies.
pub(super) fn client() -> SharedHttpClient {
    let unbounded = Builder::new().build_with_connector_fn(|settings, components| {
        let mut builder =
            ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        builder.set_proxy_config(Some(ProxyConfig::from_env()));
        builder.build()
    });
    SharedHttpClient::new(Bounded(unbounded))
}

/// Whether an error is that of a body over the limit.
pub(super) fn is_too_large(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        // Where the SDK has boxed the error once more, only its words are left of its type.
        .any(|error| {
            error.is::<LengthLimitError>() || error.to_string().contains("length limit exceeded")
        })
}

#[derive(Debug)]
struct Bounded(SharedHttpClient);

impl HttpClient for Bounded {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(BoundedConnector(
            self.0.http_connector(settings, components),
        ))
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_base_client_config(&self.0, components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_final_config(&self.0, components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[derive(Debug)]
struct BoundedConnector(SharedHttpConnector);

impl HttpConnector for BoundedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move { Ok(answer.await?.map(bounded)) })
    }
}

/// A body that ends in an error at the limit, or at once if its length is known to be over it.
fn bounded(body: SdkBody) -> SdkBody {
    let is_over = body
        .content_length()
        .is_some_and(|length| length > BODY_LIMIT_BYTES as u64);
    SdkBody::from_body_1_x(Limited::new(
        body,
        if is_over { 0 } else { BODY_LIMIT_BYTES },
    ))
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn collected(length: usize) -> Result<usize, String> {
        let body = bounded(SdkBody::from(vec![b' '; length]));
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
}
