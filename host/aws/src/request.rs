//! Writes an operation and its parameters in the protocol of its API, signs the request and sends it. It
//! needs no SDK crate for the API, and parses only error answers.

use futures_util::future::BoxFuture;
use portolan_page::RegionName;
use std::collections::HashMap;
use std::time::SystemTime;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation as Invocation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime::client::stalled_stream_protection::StalledStreamProtectionInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::failure::Refused;
use super::partitions;
use super::renewal::Renewing;
use super::sdk::endpoint_of;
use portolan_page::object::{Api, Operation, Protocol};

/// The name of the program for servers and CloudTrail.
const USER_AGENT: &str = concat!("portolan/", env!("CARGO_PKG_VERSION"));

/// The client settings, Region and credentials of requests.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    /// Client settings: the HTTP client, timeouts, endpoints, the clock. The Region is in `region`.
    pub(super) sdk: SdkConfig,
    pub(super) region: RegionName,
    pub(super) credentials: Renewing,
}

/// An answer with a success status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: Bytes,
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
}

impl Sender {
    /// Sends a request once. Parameters are a JSON object; for forms, only its text members are sent.
    pub(super) fn send<'a>(
        &'a self,
        operation: Operation,
        parameters: &'a Value,
    ) -> BoxFuture<'a, Result<Answer, Refused>> {
        Box::pin(async move {
            let credentials = self.credentials.provide_credentials().await;
            // A dispatch failure, because a credentials service may recover in a moment.
            let credentials = credentials.map_err(|error| {
                SdkError::dispatch_failure(ConnectorError::other(Box::new(error), None))
            })?;
            let api = operation.api();
            let (region, url) = self.endpoint(api);
            let request = self.request(operation, parameters, (region, &url), credentials);
            let request = request.map_err(SdkError::construction_failure)?;
            let mut invocation = Invocation::builder()
                .service_name(api.name)
                .operation_name(operation.name())
                .behavior_version(BehaviorVersion::latest())
                .endpoint_url(&url)
                .no_auth()
                .no_retry()
                // A connection whose server has a momentary fault is not used again.
                .retry_classifier(HttpStatusCodeClassifier::default())
                .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
                .with_connection_poisoning()
                .interceptor(StalledStreamProtectionInterceptor::default());
            if let Some(clock) = self.sdk.time_source() {
                invocation = invocation.time_source(clock);
            }
            if let Some(client) = self.sdk.http_client() {
                invocation = invocation.http_client(client);
            }
            if let Some(sleep) = self.sdk.sleep_impl() {
                invocation = invocation.sleep_impl(sleep);
            }
            if let Some(timeouts) = self.sdk.timeout_config() {
                invocation = invocation.timeout_config(timeouts.clone());
            }
            let invocation = invocation
                .serializer(|request: HttpRequest| Ok(request))
                .deserializer(read);
            invocation.build().invoke(request).await
        })
    }

    /// Whether AWS has a host for an API with these settings.
    pub(super) fn has_host(&self, api: &'static Api) -> bool {
        let needs_fips = self.sdk.use_fips() == Some(true);
        !needs_fips || api.has_fips || endpoint_of(&self.sdk, api.id).is_some()
    }

    /// The Region that a request is signed for, and the URL that it is sent to.
    fn endpoint(&self, api: &'static Api) -> (&str, String) {
        let region = match api.is_global {
            true => partitions::home_of(&self.region),
            false => &self.region,
        };
        let url = endpoint_of(&self.sdk, api.id).unwrap_or_else(|| {
            // AWS has one host for both here, by the rules of its SDKs.
            let is_of_both = ["cloudtrail", "organizations"].contains(&api.name)
                && region.starts_with("us-gov-");
            let is_fips = self.sdk.use_fips() == Some(true) && !is_of_both;
            let is_dual_stack = self.sdk.use_dual_stack() == Some(true);
            partitions::url(api.name, region, is_fips, is_dual_stack)
        });
        (region, url)
    }

    fn request(
        &self,
        operation: Operation,
        parameters: &Value,
        (region, url): (&str, &str),
        credentials: Credentials,
    ) -> Result<HttpRequest, BoxError> {
        let api = operation.api();
        let (path, content_type, target, body) = written(operation, api.protocol, parameters);
        let uri = format!("{}{path}", url.trim_end_matches('/'));
        let mut headers = vec![("content-type", content_type)];
        headers.extend(target.map(|target| ("x-amz-target", target)));
        let clock = self.sdk.time_source();
        let time = clock.map_or_else(SystemTime::now, |clock| clock.now());
        let identity = credentials.into();
        let signing = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(api.name)
            .time(time)
            .settings(SigningSettings::default())
            .build()?
            .into();
        let shown = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let signable = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new("POST", uri, shown, signable)?;
        let (instructions, _) = sign(signable, &signing)?.into_parts();
        // The SDK puts the endpoint before the path when it sends the request.
        let mut request = http::Request::builder().method("POST").uri(path);
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        // Not signed, because proxies add to it.
        let mut request = request
            .header("user-agent", self.user_agent())
            .body(SdkBody::from(body))?;
        instructions.apply_to_request_http1x(&mut request);
        Ok(HttpRequest::try_from(request)?)
    }

    /// The program's name, and the application name from variables or the profile.
    fn user_agent(&self) -> String {
        let application = self.sdk.app_name();
        application.map_or_else(
            || USER_AGENT.to_owned(),
            |name| format!("{USER_AGENT} app/{name}"),
        )
    }
}

/// The path, content type, target and body of a request.
fn written(
    operation: Operation,
    protocol: Protocol,
    parameters: &Value,
) -> (&'static str, String, Option<String>, String) {
    let name = operation.name();
    match protocol {
        Protocol::Json { version, target } => (
            "/",
            format!("application/x-amz-json-{version}"),
            Some(format!("{target}.{name}")),
            parameters.to_string(),
        ),
        Protocol::Query { version } => (
            "/",
            "application/x-www-form-urlencoded".into(),
            None,
            form(name, version, parameters),
        ),
        Protocol::RestJson { path } => (
            path,
            "application/json".into(),
            None,
            parameters.to_string(),
        ),
    }
}

fn form(operation: &str, version: &str, parameters: &Value) -> String {
    let given = parameters.as_object().into_iter().flatten();
    let given = given.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let all = [("Action", operation), ("Version", version)];
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(all.into_iter().chain(given));
    form.finish()
}

/// Copies the body of an answer. An error without a code becomes a response error, which `CallFailure`
/// explains.
fn read(answer: &HttpResponse) -> Result<Answer, OrchestratorError<ErrorMetadata>> {
    if !answer.status().is_success() {
        let refusal = refusal(answer);
        return Err(match refusal.code() {
            Some(_) => OrchestratorError::operation(refusal),
            None => OrchestratorError::other("it has no error code"),
        });
    }
    // A body that broke off, or exceeded its limit, is still a stream.
    let body = answer.body().bytes();
    let body = body.ok_or_else(|| OrchestratorError::other("its body is cut"))?;
    let request_id = answer.headers().get("x-amzn-requestid");
    Ok(Answer {
        body: Bytes::copy_from_slice(body),
        status: answer.status().as_u16(),
        request_id: request_id.map(str::to_owned),
    })
}

/// The code and message of an error in any of the protocols. Text after a JSON object and other members are
/// ignored.
fn refusal(answer: &HttpResponse) -> ErrorMetadata {
    let body = answer.body().bytes().unwrap_or_default();
    let mut json = serde_json::Deserializer::from_slice(body);
    let json = HashMap::<String, &RawValue>::deserialize(&mut json).unwrap_or_default();
    let member = |name: &str| serde_json::from_str::<String>(json.get(name)?.get()).ok();
    let xml = String::from_utf8_lossy(body);
    let element = |name: &str| {
        let xml = xml.trim_start().starts_with('<').then_some(&xml)?;
        let (_, rest) = xml.split_once(&format!("<{name}>"))?;
        Some(rest.split_once('<')?.0.to_owned())
    };
    let header = answer.headers().get("x-amzn-errortype").map(str::to_owned);
    let code = header
        .or_else(|| member("__type"))
        .or_else(|| member("code"));
    let code = code.or_else(|| element("Code")).unwrap_or_default();
    // `com.amazonaws.organizations#AccessDeniedException:http://…`
    let code = code.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let message = ["message", "Message", "errorMessage"];
    let message = message.iter().find_map(|name| member(name));
    let mut refusal = ErrorMetadata::builder();
    if !code.is_empty() {
        refusal = refusal.code(code);
    }
    if let Some(message) = message.or_else(|| element("Message")) {
        refusal = refusal.message(message);
    }
    refusal.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_has_its_own_form() {
        let parameters = serde_json::json!({"NextToken": "a b&c"});
        let json = r#"{"NextToken":"a b&c"}"#;
        let form = "Action=ListAccounts&Version=2020-01-01&NextToken=a+b%26c";
        let target = "A_20200101";
        for (protocol, path, content, target, body) in [
            (
                Protocol::Json {
                    version: "1.0",
                    target,
                },
                "/",
                "application/x-amz-json-1.0",
                Some("A_20200101.ListAccounts"),
                json,
            ),
            (
                Protocol::Query {
                    version: "2020-01-01",
                },
                "/",
                "application/x-www-form-urlencoded",
                None,
                form,
            ),
            (
                Protocol::RestJson { path: "/list" },
                "/list",
                "application/json",
                None,
                json,
            ),
        ] {
            let written = written(Operation::ListAccounts, protocol, &parameters);
            let expected = (path, content.into(), target.map(str::to_owned), body.into());
            assert_eq!(written, expected);
        }
    }

    #[test]
    fn requests_are_signed_for_their_api_and_region() {
        let sender = Sender {
            sdk: SdkConfig::builder().build(),
            region: "eu-west-1".into(),
            credentials: Renewing::chain(
                &super::super::Connection::default(),
                portolan_machine::clock::Clock::default(),
            ),
        };
        for (operation, host, scope) in [
            (
                Operation::DescribeTasks,
                "ecs.eu-west-1",
                "/eu-west-1/ecs/aws4_request",
            ),
            (
                Operation::ListRegions,
                "account.us-east-1",
                "/us-east-1/account/aws4_request",
            ),
        ] {
            let (region, url) = sender.endpoint(operation.api());
            assert_eq!(url, format!("https://{host}.amazonaws.com"));
            let keys = Credentials::new("AKIA", "secret", Some("token".into()), None, "test");
            let request = sender.request(operation, &Value::Null, (region, &url), keys);
            let request = request.expect("a request");
            let header = |name| request.headers().get(name).unwrap_or_default();
            assert!(header("authorization").contains(scope));
            assert_eq!(header("x-amz-security-token"), "token");
            assert!(header("user-agent").starts_with("portolan/"));
        }
    }

    #[test]
    fn refusals_are_read_in_all_protocols() {
        for (body, header, code, message) in [
            (
                r#"{"__type":"com.amazonaws.a#Denied","message":"no"}"#,
                None,
                Some("Denied"),
                "no",
            ),
            (
                r#"{"Message":"no"}"#,
                Some("Denied:http://a/"),
                Some("Denied"),
                "no",
            ),
            (
                "<R><Error><Code>Denied</Code><Message>no</Message></Error></R>",
                None,
                Some("Denied"),
                "no",
            ),
            (r#"{"message":"no"}"#, None, None, "no"),
            (
                r#"{"errorMessage":"no","x":1e999} trailing"#,
                Some("Denied:http://a/coral#b"),
                Some("Denied"),
                "no",
            ),
            (
                r#"{"message":"<Code>Denied</Code>"}"#,
                None,
                None,
                "<Code>Denied</Code>",
            ),
        ] {
            let mut answer =
                HttpResponse::new(400.try_into().expect("a status"), SdkBody::from(body));
            if let Some(header) = header {
                answer.headers_mut().insert("x-amzn-errortype", header);
            }
            let refusal = refusal(&answer);
            assert_eq!((refusal.code(), refusal.message()), (code, Some(message)));
        }
    }
}
