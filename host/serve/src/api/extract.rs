//! Bodies, queries and pages of requests. What is not understood is told, and never with its value, which may be a
//! secret in the wrong place.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portolan_machine::text::printable;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::problem::Problem;
use crate::limits::{BODY_LIMIT_BYTES, PAGE_DEFAULT, PAGE_LIMIT};

/// A JSON body, and the digest of its bytes.
pub(crate) struct Body<T> {
    pub(crate) value: T,
    pub(crate) digest: String,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/json") {
            let detail = "the body has to be JSON, with the header Content-Type: application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(refused)?;
        let digest = portolan_machine::fingerprint::digest(&bytes);
        // A body may hold a secret. The buffer that it was read into is the server's.
        let bytes = Zeroizing::new(bytes.to_vec());
        let mut parser = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut parser).map_err(|error| {
            let path = printable(&error.path().to_string(), 100);
            malformed(&path, error.inner())
        })?;
        parser
            .end()
            .map_err(|_| Problem::bad("the body has more than one JSON value"))?;
        Ok(Self { value, digest })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err passes it so")]
fn refused(rejection: BytesRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is larger than {BODY_LIMIT_BYTES} bytes"),
        ),
        _ => Problem::bad("the body ended early"),
    }
}

fn malformed(path: &str, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    // These two quote names of members only.
    let names = ["unknown field `", "missing field `"];
    if error.is_data() && names.iter().any(|begin| text.starts_with(begin)) {
        return Problem::bad(printable(&text, 1000));
    }
    if error.is_data() {
        return Problem::bad(format!(
            "`{path}` does not have the type that /openapi.json gives it"
        ));
    }
    Problem::bad(format!(
        "the body is not valid JSON at line {} column {}",
        error.line(),
        error.column()
    ))
}

/// The query of a request. An unknown parameter is an error.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        let query = query.map_err(|error| Problem::bad(printable(&error.body_text(), 500)))?;
        Ok(Self(query.0))
    }
}

/// The id in a path.
pub(crate) struct Id(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0))
            .map_err(|_| Problem::bad("the path is not valid UTF-8"))
    }
}

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Page<T> {
    /// The rows.
    pub(crate) items: Vec<T>,
    /// The most rows of this page; a page has at most 200.
    pub(crate) limit: u32,
    /// The value of `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// The size of a page that was asked for.
pub(crate) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    let limit = asked.unwrap_or(PAGE_DEFAULT);
    match (1..=PAGE_LIMIT).contains(&limit) {
        true => Ok(limit),
        false => Err(Problem::bad(format!(
            "limit: a page has 1 to {PAGE_LIMIT} rows"
        ))),
    }
}

impl<T> Page<T> {
    /// A page of rows, of which one more than `limit` were read.
    pub(crate) fn of<R, C: Serialize>(
        mut rows: Vec<R>,
        limit: u32,
        cursor: impl Fn(&R) -> C,
        view: impl FnMut(R) -> T,
    ) -> Json<Self> {
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next = rows
            .last()
            .filter(|_| has_more)
            .map(|row| encode(&cursor(row)));
        Json(Self {
            items: rows.into_iter().map(view).collect(),
            limit,
            next,
        })
    }
}

pub(crate) fn encode(cursor: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

/// The cursor of the parameter `after`.
pub(crate) fn cursor<C: DeserializeOwned>(after: Option<&str>) -> Result<Option<C>, Problem> {
    let Some(after) = after else {
        return Ok(None);
    };
    let bytes = URL_SAFE_NO_PAD.decode(after).ok();
    let cursor = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let wrong = || Problem::bad("after: it is not the `next` of an earlier page of this list");
    cursor.map(Some).ok_or_else(wrong)
}
