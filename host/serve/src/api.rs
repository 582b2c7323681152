//! The HTTP API. Handlers describe themselves, and `schemas/openapi.json` is printed from them.

pub(crate) mod admin;
mod audit;
pub(crate) mod auth;
pub(crate) mod credentials;
pub(crate) mod demo;
pub(crate) mod exports;
pub(crate) mod extract;
pub(crate) mod filters;
pub(crate) mod findings;
mod health;
pub(crate) mod mutes;
pub(crate) mod objects;
mod once;
mod plans;
pub(crate) mod problem;
pub(crate) mod registrations;
pub(crate) mod scans;
mod status;
mod trend;

use std::time::{Duration, Instant};

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use portolan_machine::guard::guarded_async;
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, Content, OpenApi, Ref, RefOr, ResponseBuilder, Schema};
use utoipa::{OpenApi as _, ToSchema as _};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::limits::BODY_LIMIT_BYTES;
use crate::shared::Shared;
use problem::{PROBLEM, Problem};

/// A request has its answer by then. Checking keys with AWS takes the longest.
const REQUEST_LIMIT: Duration = Duration::from_secs(45);

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Portolan",
        description = "Stored credentials, registered Regions, scheduled scans, and their findings.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Problem))
)]
struct Description;

/// The name of the token in the description.
const SCHEME: &str = "token";

/// The routes that need a token, with their descriptions.
fn described() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(credentials::list, credentials::keys::store))
        .routes(routes!(
            credentials::show,
            credentials::rename,
            credentials::delete
        ))
        .routes(routes!(credentials::keys::rotate))
        .routes(routes!(registrations::list, registrations::register))
        .routes(routes!(
            registrations::show,
            registrations::change,
            registrations::delete
        ))
        .routes(routes!(registrations::pause))
        .routes(routes!(registrations::resume))
        .routes(routes!(registrations::scan))
        .routes(routes!(plans::show))
        .routes(routes!(scans::list))
        .routes(routes!(scans::show))
        .routes(routes!(scans::report))
        .routes(routes!(scans::cancel))
        .routes(routes!(objects::list))
        .routes(routes!(objects::counts))
        .routes(routes!(objects::show))
        .routes(routes!(findings::list))
        .routes(routes!(findings::counts))
        .routes(routes!(exports::findings))
        .routes(routes!(findings::show))
        .routes(routes!(findings::history))
        .routes(routes!(findings::covered))
        .routes(routes!(trend::list))
        .routes(routes!(mutes::list, mutes::create))
        .routes(routes!(mutes::revoke))
        .routes(routes!(admin::list, admin::create))
        .routes(routes!(admin::revoke))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(status::show))
        .routes(routes!(health::metrics))
}

/// The routes of health, which need no token.
fn open() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
}

/// The OpenAPI document.
pub(crate) fn openapi() -> OpenApi {
    let (_, mut document) = described().split_for_parts();
    document.merge(open().split_for_parts().1);
    for (path, item) in &mut document.paths.paths {
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            // Functions of several files have one name, and these ids are unique.
            operation.operation_id = Some(operation_id(method, path));
            if operation.security.is_none() {
                add_common(operation);
            }
            name_problems(operation);
        }
    }
    let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = document.components.get_or_insert_with(Components::new);
    open_registration(components);
    components.add_security_scheme(SCHEME, scheme);
    document.security = Some(vec![SecurityRequirement::new(SCHEME, [""; 0])]);
    document
}

/// A registration that is shown has all members of one that is registered, and more; the latter takes no others.
fn open_registration(components: &mut Components) {
    let Some(RefOr::T(Schema::Object(registered))) = components.schemas.get("Registration") else {
        return;
    };
    let mut registered = registered.clone();
    registered.additional_properties = None;
    if let Some(RefOr::T(Schema::AllOf(shown))) = components.schemas.get_mut("RegistrationView") {
        let part = shown
            .items
            .iter_mut()
            .find(|part| matches!(part, RefOr::Ref(_)));
        if let Some(part) = part {
            *part = RefOr::T(Schema::Object(registered));
        }
    }
    // A page describes its rows in place, and would say so a second time.
    if let Some(RefOr::T(Schema::Object(page))) =
        components.schemas.get_mut("Page_RegistrationView")
        && let Some(RefOr::T(Schema::Array(rows))) = page.properties.get_mut("items")
    {
        let shown = Ref::from_schema_name("RegistrationView");
        rows.items = ArrayItems::RefOrSchema(Box::new(RefOr::Ref(shown)));
    }
}

/// `get /v1/findings/{id}/history` as `getFindingsIdHistory`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.trim_start_matches("/v1").split(['/', '{', '}', '.']);
    let words = words.filter(|word| !word.is_empty()).map(|word| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_uppercase())
    });
    format!("{method}{}", words.collect::<String>())
}

/// Errors have a type of their own.
fn name_problems(operation: &mut utoipa::openapi::path::Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert(PROBLEM.to_owned(), content);
        }
    }
}

/// Adds the problems that every operation with a token has.
fn add_common(operation: &mut utoipa::openapi::path::Operation) {
    let has_body = operation.request_body.is_some();
    let mut common = vec![
        ("400", "The request is not valid"),
        ("401", "No valid token"),
        ("403", "The token lacks the role"),
        (
            "429",
            "Too many requests; Retry-After says how long to wait",
        ),
        ("503", "The service is busy or ends"),
    ];
    if has_body {
        common.extend([
            ("409", "It conflicts with something stored"),
            ("413", "The body is too large"),
            ("415", "The body is not JSON"),
            ("422", "AWS or the service does not accept it"),
        ]);
    }
    let schema = Ref::from_schema_name(Problem::name());
    for (status, text) in common {
        let content = Content::new(Some(RefOr::Ref(schema.clone())));
        let response = ResponseBuilder::new()
            .description(text)
            .content(PROBLEM, content)
            .build();
        operation
            .responses
            .responses
            .insert(status.to_owned(), RefOr::T(response));
    }
}

/// The API of a service.
pub(crate) fn router(service: Shared) -> Router {
    let (described, _) = described().split_for_parts();
    let (open, _) = open().split_for_parts();
    let document = Json(openapi());
    described
        .route(
            "/openapi.json",
            axum::routing::get(move || std::future::ready(document.clone())),
        )
        .fallback(|| {
            std::future::ready(Problem::new(
                StatusCode::NOT_FOUND,
                "there is nothing at this path; /openapi.json lists what there is",
            ))
        })
        .method_not_allowed_fallback(|| {
            std::future::ready(Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "this path does not take that method; /openapi.json lists what it takes",
            ))
        })
        .layer(middleware::from_fn_with_state(
            Shared::clone(&service),
            auth::authenticate,
        ))
        .merge(open)
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(middleware::from_fn_with_state(
            Shared::clone(&service),
            bounded,
        ))
        .with_state(service)
}

/// Bounds the time of a request, bears its panic, counts it, and adds the headers of every answer.
async fn bounded(State(service): State<Shared>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let answered = tokio::time::timeout(REQUEST_LIMIT, guarded_async(next.run(request))).await;
    let mut response = match answered {
        Ok(Some(response)) => response,
        Ok(None) => {
            tracing::error!("portolan has a bug there: a request has panicked");
            let detail = "portolan has a bug there; please report the request";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response()
        }
        Err(_) => {
            let seconds = REQUEST_LIMIT.as_secs();
            Problem::unavailable(format!("the request took longer than {seconds} s"))
                .into_response()
        }
    };
    service
        .metrics
        .answered(response.status().as_u16(), began.elapsed().as_secs_f64());
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
