//! The page: live assessments, findings, workloads and scans for people. It is rendered here, complete without
//! JavaScript, by the queries and filters of the API.

mod address;
mod admin;
mod controls;
mod events;
mod facets;
mod fault;
mod finding;
mod findings;
mod frame;
mod live;
mod login;
mod mutes;
mod progress;
mod register;
mod scans;
mod session;
mod words;
mod workload;

use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use portolan_machine::guard::guarded_async;
use tower_http::csrf::CsrfLayer;

use crate::api::problem::Problem;
use crate::limits::BODY_LIMIT_BYTES;
use crate::shared::Shared;
use fault::Fault;

/// A page has its answer by then. Checking keys with AWS takes the longest.
const REQUEST_LIMIT: Duration = Duration::from_secs(45);
/// What a page may load: its own stylesheet, script and glyphs, and nothing from another host.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const STYLE: &str = include_str!("../assets/portolan.css");
const SCRIPT: &str = include_str!("../assets/portolan.js");

/// The page, and behind it the API.
pub(crate) fn router(service: &Shared, api: Router) -> Router {
    let views = Router::new()
        .route("/", get(live::show))
        .route("/findings", get(findings::list))
        .route("/findings/export", get(findings::export))
        .route("/findings/{id}", get(finding::show))
        .route("/findings/{id}/mute", post(finding::mute))
        .route("/workloads/{id}", get(workload::show))
        .route("/scans", get(scans::list))
        .route("/scans/{id}", get(scans::show))
        .route("/scans/{id}/progress", get(progress::events))
        .route("/scans/{id}/cancel", post(scans::cancel))
        .route(
            "/registrations/new",
            get(register::form).post(register::register),
        )
        .route("/registrations/{id}/{act}", post(scans::act))
        .route(
            "/credentials/new",
            get(register::keys_form).post(register::store_keys),
        )
        .route("/credentials/{id}/delete", post(register::delete_keys))
        .route("/events", get(events::list))
        .route("/controls", get(controls::list))
        .route("/controls/{id}", get(controls::show))
        .route("/mutes", get(mutes::list))
        .route("/mutes/{id}/revoke", post(mutes::revoke))
        .route("/tokens", get(admin::tokens).post(admin::create))
        .route("/tokens/{id}/revoke", post(admin::revoke))
        .route("/audit", get(admin::audit))
        .route("/theme", post(admin::theme))
        .route("/logout", post(session::end))
        .layer(middleware::from_fn_with_state(
            Shared::clone(service),
            session::require,
        ));
    views
        .route("/login", get(login::form).post(login::log_in))
        .route("/assets/portolan.css", get(|| asset("text/css", STYLE)))
        .route(
            "/assets/portolan.js",
            get(|| asset("text/javascript", SCRIPT)),
        )
        .fallback(fault::missing)
        .layer(CsrfLayer::new())
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(middleware::from_fn_with_state(
            Shared::clone(service),
            bounded,
        ))
        .layer(middleware::from_fn_with_state(
            TowerToHyperService::new(api),
            parted,
        ))
        .with_state(Shared::clone(service))
}

async fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    // They change with the program only, and a browser asks again after an hour.
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, text)
}

/// Leads requests for the API to it.
async fn parted(
    State(api): State<TowerToHyperService<Router>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let others = ["/metrics", "/openapi.json", "/healthz", "/readyz"];
    if !path.starts_with("/v1/") && !others.contains(&path) {
        return next.run(request).await;
    }
    let answered: Result<Response, Infallible> = api.call(request).await;
    match answered {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Bounds the time of a request, bears its panic, counts it, and adds the headers of every page.
async fn bounded(State(service): State<Shared>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let answered = tokio::time::timeout(REQUEST_LIMIT, guarded_async(next.run(request))).await;
    let mut response = match answered {
        Ok(Some(response)) => response,
        Ok(None) => {
            tracing::error!("portolan has a bug there: a page has panicked");
            let detail = "portolan has a bug there; please report the address";
            Fault::from(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)).into_response()
        }
        Err(_) => {
            let seconds = REQUEST_LIMIT.as_secs();
            let detail = format!("the page took longer than {seconds} s");
            Fault::from(Problem::unavailable(detail)).into_response()
        }
    };
    service
        .metrics
        .answered(response.status().as_u16(), began.elapsed().as_secs_f64());
    let headers = response.headers_mut();
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // Forms need an origin, which `no-referrer` would hide.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
