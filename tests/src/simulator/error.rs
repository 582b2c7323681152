//! AWS's refusals, in the wire format of the service that refuses.

use axum::body::Body;
use axum::http::{Response, StatusCode, header};

/// A refusal: AWS's code, its message and the HTTP status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl ApiError {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.into(),
        }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    pub(super) fn throttled() -> Self {
        Self::new("ThrottlingException", "Rate exceeded")
    }

    pub(super) fn internal() -> Self {
        Self::new("InternalFailure", "The request processing has failed.")
            .with_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(super) fn into_json(self) -> Response<Body> {
        let body = serde_json::json!({ "__type": self.code, "message": self.message });
        respond(self.status, JSON, body.to_string())
    }

    /// The error as XML of the query protocol, for STS and EC2.
    pub(super) fn into_xml(self, request_id: &str) -> Response<Body> {
        let kind = match self.status.is_server_error() {
            true => "Receiver",
            false => "Sender",
        };
        let body = format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
             <Type>{kind}</Type><Code>{}</Code><Message>{}</Message></Error>\
             <RequestId>{request_id}</RequestId></ErrorResponse>",
            self.code,
            escape_xml(&self.message)
        );
        respond(self.status, XML, body)
    }
}

/// The content type of ECS's answers.
pub(super) const JSON: &str = "application/x-amz-json-1.1";
/// The content type of the query protocol's answers.
pub(super) const XML: &str = "text/xml";

pub(super) fn respond(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Body>,
) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type),
    );
    response
}

pub(super) fn escape_xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
