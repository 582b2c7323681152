//! Single operations of AWS services that no SDK crate is compiled for: written, signed and sent here, and read
//! by `Caller` like those of ECS.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation as Invocation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use serde_json::Value;

use super::account::Account;
use super::partitions;
use super::raw::RawBody;
use super::renewal::Renewing;
use super::sdk::endpoint_of;
use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::object::Operation;

/// How long a page may take, with what is repeated. Somebody waits for it.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// How often a page is asked for again.
const REPEAT_LIMIT: u32 = 3;
/// More pages than there are accounts in the largest organization: 50,000 by 20.
const PAGE_LIMIT: usize = 10_000;
/// A page of a hundred accounts has some tens of kilobytes.
const PAGE_LIMIT_BYTES: usize = 1024 * 1024;

/// A service of AWS.
#[derive(Debug)]
pub(super) struct Service {
    /// What settings of endpoints call it: `Organizations` for `AWS_ENDPOINT_URL_ORGANIZATIONS`.
    pub(super) id: &'static str,
    /// What hosts and signatures call it.
    pub(super) name: &'static str,
    /// Whether one Region of each partition answers for all.
    pub(super) is_global: bool,
    pub(super) protocol: Protocol,
}

/// How an operation is written. <https://smithy.io/2.0/aws/protocols/index.html>
#[derive(Clone, Copy, Debug)]
pub(super) enum Protocol {
    /// JSON in a body, and the operation in a header.
    Json {
        /// `1.0` or `1.1`.
        version: &'static str,
        /// What stands before the operation in the header.
        target: &'static str,
    },
    /// A form in a body; the answer is XML.
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "EC2 and load balancing, which take it, come with their objects"
        )
    )]
    Query {
        /// The version of the API, a date.
        version: &'static str,
    },
    /// JSON in a body, and the operation in the path.
    RestJson {
        /// The path.
        path: &'static str,
    },
}

/// An operation that gives something page by page.
pub(super) struct Listing {
    pub(super) service: &'static Service,
    pub(super) operation: Operation,
    /// The member of an answer that holds a page.
    pub(super) member: &'static str,
    /// What one page holds at most.
    pub(super) page_size: u32,
}

impl Listing {
    /// Everything on all pages, and why there are no more, if that is not their end.
    pub(super) async fn all(
        &self,
        account: &Account,
        parameters: Value,
    ) -> (Vec<Value>, Option<String>) {
        let (sdk, credentials, clock) = account.signing();
        let region = sdk.region().map_or("us-east-1", AsRef::as_ref);
        let caller = account.caller(region, REPEAT_LIMIT, Arc::new(Ledger::default()));
        let mut signed = Signed {
            sdk,
            credentials,
            clock,
            service: self.service,
            operation: self.operation,
            parameters,
        };
        signed.parameters["MaxResults"] = self.page_size.into();
        let (mut all, mut tokens) = (Vec::new(), HashSet::new());
        loop {
            let page = caller.call(
                self.operation,
                |raw| signed.send(raw),
                |_, body| {
                    if body.len() > PAGE_LIMIT_BYTES {
                        return Err(format!("it has more than {PAGE_LIMIT_BYTES} bytes"));
                    }
                    let answer: Value =
                        serde_json::from_slice(&body).map_err(|_| "it is not JSON")?;
                    let page = answer[self.member].as_array().cloned();
                    let page = page.ok_or_else(|| format!("it has no {}", self.member))?;
                    Ok((page, answer["NextToken"].clone()))
                },
            );
            let (page, token) = match tokio::time::timeout(ANSWER_LIMIT, page).await {
                Ok(Ok(page)) => page,
                Ok(Err(failure)) => return (all, Some(failure.line().message)),
                Err(_) => {
                    let reason = format!(
                        "{} gave no answer within {} s, or only asked to slow down; check the network, HTTPS_PROXY and firewalls, or try again later",
                        self.operation,
                        ANSWER_LIMIT.as_secs()
                    );
                    return (all, Some(reason));
                }
            };
            all.extend(page);
            match token.as_str() {
                Some("") => return (all, None),
                Some(token) if !tokens.insert(token.to_owned()) || tokens.len() > PAGE_LIMIT => {
                    let reason = format!("{} gives pages without end", self.operation);
                    return (all, Some(reason));
                }
                Some(token) => signed.parameters["NextToken"] = token.into(),
                None => return (all, None),
            }
        }
    }
}

/// What is sent, and as whom.
struct Signed<'a> {
    sdk: &'a SdkConfig,
    credentials: &'a Renewing,
    clock: &'a Clock,
    service: &'static Service,
    operation: Operation,
    /// A JSON object. Of forms, its members are texts.
    parameters: Value,
}

type Refused = SdkError<ErrorMetadata, HttpResponse>;

impl Signed<'_> {
    /// Sends the request once. `raw` keeps the body of the answer.
    async fn send(&self, raw: RawBody) -> Result<(), Refused> {
        let credentials = self.credentials.provide_credentials().await;
        let credentials = credentials.map_err(SdkError::construction_failure)?;
        let region = self.sdk.region().map_or("us-east-1", AsRef::as_ref);
        let (region, url) = self.endpoint(region);
        let request = self.request(&region, &url, credentials);
        let request = request.map_err(SdkError::construction_failure)?;
        let mut invocation = Invocation::builder()
            .service_name(self.service.name)
            .operation_name(self.operation.name())
            .endpoint_url(&url)
            .time_source(self.clock.clone())
            .no_auth()
            .no_retry()
            .interceptor(raw);
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
            .deserializer(|answer: &HttpResponse| match answer.status().is_success() {
                true => Ok(()),
                false => Err(OrchestratorError::operation(refusal(answer))),
            });
        invocation.build().invoke(request).await
    }

    /// The Region that the request is signed for, and where it is sent.
    fn endpoint(&self, region: &str) -> (String, String) {
        let region = match self.service.is_global {
            true => partitions::home_of(region),
            false => region,
        };
        let url = endpoint_of(self.sdk, self.service.id).unwrap_or_else(|| {
            // The one host that AWS has for both, by the rules of its SDKs.
            let is_of_both = self.service.name == "organizations" && region.starts_with("us-gov-");
            let is_fips = self.sdk.use_fips() == Some(true) && !is_of_both;
            let is_dual_stack = self.sdk.use_dual_stack() == Some(true);
            partitions::url(self.service.name, region, is_fips, is_dual_stack)
        });
        (region.to_owned(), url)
    }

    fn request(
        &self,
        region: &str,
        url: &str,
        credentials: Credentials,
    ) -> Result<HttpRequest, BoxError> {
        let operation = self.operation.name();
        let json = self.parameters.to_string();
        let (path, content_type, target, body) = match self.service.protocol {
            Protocol::Json { version, target } => (
                "/",
                format!("application/x-amz-json-{version}"),
                Some(format!("{target}.{operation}")),
                json,
            ),
            Protocol::Query { version } => (
                "/",
                "application/x-www-form-urlencoded".into(),
                None,
                form(operation, version, &self.parameters),
            ),
            Protocol::RestJson { path } => (path, "application/json".into(), None, json),
        };
        let uri = format!("{}{path}", url.trim_end_matches('/'));
        let mut headers = vec![("content-type", content_type)];
        headers.extend(target.map(|target| ("x-amz-target", target)));
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(self.service.name)
            .time(self.clock.time())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let shown = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let signable = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new("POST", uri, shown, signable)?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        // The endpoint is put before the path when it is sent.
        let mut request = http::Request::builder().method("POST").uri(path);
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let mut request = request.body(SdkBody::from(body))?;
        instructions.apply_to_request_http1x(&mut request);
        Ok(HttpRequest::try_from(request)?)
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

/// Code and message of an answer in any of the protocols.
fn refusal(answer: &HttpResponse) -> ErrorMetadata {
    let body = answer.body().bytes().unwrap_or_default();
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let xml = String::from_utf8_lossy(body);
    let element = |name: &str| {
        let (_, rest) = xml.split_once(&format!("<{name}>"))?;
        Some(rest.split_once('<')?.0)
    };
    let code = answer.headers().get("x-amzn-errortype");
    let code = code.or(json["__type"].as_str()).or(json["code"].as_str());
    let code = code.or_else(|| element("Code")).unwrap_or_default();
    // `com.amazonaws.organizations#AccessDeniedException:http://…`
    let code = code.rsplit('#').next().unwrap_or_default();
    let code = code.split(':').next().unwrap_or_default();
    let message = json["message"].as_str().or(json["Message"].as_str());
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

    fn signed(protocol: &'static Service) -> HttpRequest {
        let sdk = SdkConfig::builder().build();
        let clock = Clock::default();
        let config = crate::config::Config::resolve(crate::config::Settings::default(), None);
        let renewing = Renewing::chain(&config.expect("valid").connection, clock.clone());
        let signed = Signed {
            sdk: &sdk,
            credentials: &renewing,
            clock: &clock,
            service: protocol,
            operation: Operation::ListAccounts,
            parameters: serde_json::json!({"NextToken": "a b&c"}),
        };
        let keys = Credentials::new("AKIA", "secret", Some("token".into()), None, "test");
        let url = "https://example.amazonaws.com";
        signed.request("us-east-1", url, keys).expect("a request")
    }

    #[test]
    fn each_protocol_has_its_own_form_and_a_signature() {
        static JSON: Service = Service {
            id: "A",
            name: "a",
            is_global: false,
            protocol: Protocol::Json {
                version: "1.0",
                target: "A_20200101",
            },
        };
        static QUERY: Service = Service {
            protocol: Protocol::Query {
                version: "2020-01-01",
            },
            ..JSON
        };
        static REST: Service = Service {
            protocol: Protocol::RestJson { path: "/list" },
            ..JSON
        };
        let json = r#"{"NextToken":"a b&c"}"#;
        let form = "Action=ListAccounts&Version=2020-01-01&NextToken=a+b%26c";
        for (service, path, content, target, body) in [
            (
                &JSON,
                "/",
                "application/x-amz-json-1.0",
                Some("A_20200101.ListAccounts"),
                json,
            ),
            (&QUERY, "/", "application/x-www-form-urlencoded", None, form),
            (&REST, "/list", "application/json", None, json),
        ] {
            let request = signed(service);
            let headers = request.headers();
            assert_eq!(request.uri(), path);
            assert_eq!(headers.get("content-type"), Some(content));
            assert_eq!(headers.get("x-amz-target"), target);
            assert_eq!(request.body().bytes(), Some(body.as_bytes()));
            let signature = headers.get("authorization").unwrap_or_default();
            assert!(
                signature.contains("/us-east-1/a/aws4_request"),
                "{signature}"
            );
            assert_eq!(headers.get("x-amz-security-token"), Some("token"));
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
