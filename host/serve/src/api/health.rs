//! Whether the service lives, and its numbers.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::auth::Viewer;
use super::problem::Problem;
use crate::shared::Shared;
use crate::store::scans;

/// Whether the process answers
#[utoipa::path(get, path = "/healthz", tag = "health", security(()), responses((status = 200, body = String)))]
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// Whether the store answers, and the service does not end
#[utoipa::path(get, path = "/readyz", tag = "health", security(()),
    responses((status = 200, body = String), (status = 503, body = Problem)))]
pub(crate) async fn ready(State(service): State<Shared>) -> Result<&'static str, Problem> {
    if *service.stopping.borrow() {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the service ends",
        ));
    }
    scans::page(service.store.read(), None, None, None, 1).await?;
    Ok("ok\n")
}

/// The numbers of the service for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub(crate) async fn metrics(State(service): State<Shared>, _: Viewer) -> Result<Response, Problem> {
    let counts = scans::counts(service.store.read()).await?;
    let space = service.space().await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok((
        [(header::CONTENT_TYPE, kind)],
        service.metrics.text(&counts, space),
    )
        .into_response())
}
