//! Errors as pages.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::api::problem::Problem;
use crate::store::StoreError;

/// A request that failed.
#[derive(Debug)]
pub(super) struct Fault(Problem);

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    title: &'static str,
    detail: String,
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

impl From<askama::Error> for Fault {
    fn from(error: askama::Error) -> Self {
        tracing::error!("portolan has a bug there: a page cannot be made: {error}");
        Self(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "portolan has a bug there; please report the address",
        ))
    }
}

/// Nothing is at this address.
pub(super) async fn missing() -> Fault {
    Fault(Problem::new(
        StatusCode::NOT_FOUND,
        "there is no page at this address",
    ))
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let status = self.0.status();
        let title = match status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::FORBIDDEN => "Not permitted",
            StatusCode::TOO_MANY_REQUESTS => "Too many requests",
            it if it.is_server_error() => "This did not work",
            _ => "This cannot be done",
        };
        // What is wrong is a sentence, and begins like one here.
        let detail = self.0.into_detail();
        let mut letters = detail.chars();
        let first = letters.next().map(char::to_uppercase);
        let detail: String = first.into_iter().flatten().chain(letters).collect();
        let page = FaultPage { title, detail }.render().unwrap_or_default();
        let mut response = (status, Html(page)).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let wait = HeaderValue::from_static("5");
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }
}
