//! Idempotency keys: a request that is sent again gets the answer of the first one.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::auth::Caller;
use super::problem::Problem;
use crate::moment;
use crate::shared::Shared;
use crate::store::idempotency::{self, Known};

const HEADER: &str = "idempotency-key";
const KEY_LIMIT: usize = 128;

/// A successful answer.
pub(crate) type Answer = Result<(StatusCode, Value), Problem>;

/// An answer of a view.
pub(crate) fn answer(status: StatusCode, view: &impl serde::Serialize) -> Answer {
    let value = serde_json::to_value(view);
    Ok((status, value.unwrap_or_default()))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let is_key =
        (1..=KEY_LIMIT).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic());
    match is_key {
        true => Ok(Some(text.to_owned())),
        false => Err(Problem::bad(format!(
            "Idempotency-Key: it has 1 to {KEY_LIMIT} printable ASCII characters without blanks"
        ))),
    }
}

/// Answers a request that creates something. It is carried out also if its caller goes away, so that its key always
/// has an answer. `request` identifies the request: its path, and the digest of its body.
pub(crate) async fn once(
    service: Shared,
    caller: &Caller,
    headers: &HeaderMap,
    request: &str,
    work: impl Future<Output = Answer> + Send + 'static,
) -> Response {
    let token_id = caller.token_id.clone();
    let carried = match key(headers) {
        Ok(None) => tokio::spawn(work),
        Ok(Some(key)) => {
            let request = request.to_owned();
            tokio::spawn(async move { with_key(&service, &token_id, &key, &request, work).await })
        }
        Err(problem) => return problem.into_response(),
    };
    match carried.await {
        Ok(Ok((status, value))) => (status, Json(value)).into_response(),
        Ok(Err(problem)) => problem.into_response(),
        Err(_) => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "portolan has a bug there; please report the request",
        )
        .into_response(),
    }
}

async fn with_key(
    service: &Shared,
    token_id: &str,
    key: &str,
    request: &str,
    work: impl Future<Output = Answer>,
) -> Answer {
    let mut write = service.store.write().await?;
    let known = idempotency::begin(&mut write, token_id, key, request, moment::now()).await?;
    write.commit().await?;
    match known {
        Known::New => {}
        Known::Other => {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "another request had this Idempotency-Key; use a new one",
            ));
        }
        Known::UnderWay => {
            return Err(Problem::conflict(
                "a request with this Idempotency-Key is being answered; ask again in a moment",
            ));
        }
        Known::Answered { status, body } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            return Ok((status, serde_json::from_str(&body).unwrap_or_default()));
        }
    }
    let answer = work.await;
    let mut write = service.store.write().await?;
    match &answer {
        Ok((status, value)) => {
            let body = value.to_string();
            idempotency::finish(&mut write, token_id, key, status.as_u16(), &body).await?;
        }
        // Nothing was changed, so that the request may be tried again.
        Err(_) => idempotency::forget(&mut write, token_id, key).await?,
    }
    write.commit().await?;
    answer
}
