//! HTTP: one port for all services, and the simulator's own pages under `/_simulator/`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State as Shared};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::routing::{get, post};
use serde::Serialize;

use super::clock;
use super::connection::Scissors;
use super::dispatch::{LIST_REGIONS, Outcome, dispatch};
use super::error::respond;
use super::spoil::spoil;
use super::state::State;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/", post(call))
        // Account Management speaks REST; its operations have paths.
        .route("/listRegions", post(call_list_regions))
        .route("/_simulator/counts", get(counts))
        .route("/_simulator/requests", get(requests))
        .route("/_simulator/truth", get(truth))
        .route("/_simulator/reset", post(reset))
        .with_state(state)
}

async fn call_list_regions(
    state: Shared<Arc<State>>,
    connection: ConnectInfo<Scissors>,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    headers.insert("x-amz-target", HeaderValue::from_static(LIST_REGIONS));
    call(state, connection, headers, body).await
}

async fn call(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    // As at AWS, the latency includes the time to make the answer.
    let asked_at = Instant::now();
    let request_id = request_id();
    let Outcome { response, fault } = dispatch(&state, &headers, &body, &request_id);
    let latency = state.rules().latency;
    if !latency.is_zero() {
        wait_until(asked_at + latency).await;
    }
    let mut response = match fault {
        Some(fault) => spoil(response, &fault, &scissors).await,
        None => response,
    };
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    // Clients read AWS's time from here. Without an offset, the HTTP server writes it.
    if state.rules().clock_offset_seconds != 0
        && let Ok(value) = HeaderValue::try_from(clock::http_date(state.time()))
    {
        response.headers_mut().insert(header::DATE, value);
    }
    response
}

/// Waits until a moment, to a tenth of a millisecond, because benchmarks compare with the requested latency.
/// tokio's timer counts in milliseconds and rounds up, so a thread waits for the last ones.
async fn wait_until(moment: Instant) {
    const LAST: Duration = Duration::from_millis(2);
    if let Some(most) = moment.checked_sub(LAST) {
        tokio::time::sleep_until(most.into()).await;
    }
    let wait = move || std::thread::sleep(moment.saturating_duration_since(Instant::now()));
    // The closure cannot panic.
    let _ = tokio::task::spawn_blocking(wait).await;
}

/// A random UUID.
fn request_id() -> String {
    let hex = format!("{:032x}", fastrand::u128(..));
    let (a, b, c, d, e) = (
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    );
    format!("{a}-{b}-{c}-{d}-{e}")
}

fn page(content: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(content) {
        Ok(body) => respond(StatusCode::OK, "application/json", body),
        Err(error) => respond(
            StatusCode::INTERNAL_SERVER_ERROR,
            "text/plain",
            error.to_string(),
        ),
    }
}

async fn counts(Shared(state): Shared<Arc<State>>) -> Response<Body> {
    page(&state.ledger().counts())
}

async fn requests(Shared(state): Shared<Arc<State>>) -> Response<Body> {
    page(&state.ledger().requests())
}

async fn truth(Shared(state): Shared<Arc<State>>) -> Response<Body> {
    page(&state.truth())
}

async fn reset(Shared(state): Shared<Arc<State>>) -> StatusCode {
    state.reset();
    StatusCode::NO_CONTENT
}
