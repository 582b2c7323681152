//! Who calls: every request but those for health has a token.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde_json::json;

use super::problem::Problem;
use crate::limits::{REFUSALS_PER_MINUTE, REQUESTS_PER_SECOND};
use crate::moment;
use crate::shared::Shared;
use crate::store::audit::{self, Act};
use crate::store::tokens;
use crate::token::{self, Role};

/// The last use of a token is written at most so often.
const USE_PERIOD_MS: i64 = 60_000;

/// The token of a request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) token_id: String,
    pub(crate) name: String,
    pub(crate) role: Role,
}

/// Refuses a request without a valid token, and lets others pass with their [`Caller`].
pub(crate) async fn authenticate(
    State(service): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = address.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |it| it.0.ip());
    let value = request.headers().get(header::AUTHORIZATION).cloned();
    let caller = match caller(&service, value).await {
        Ok(caller) => caller,
        Err(Refusal::Problem(problem)) => return problem.into_response(),
        Err(Refusal::Token(reason)) => return refuse(&service, address, reason).into_response(),
    };
    if let Err(seconds) = service.limits.request(&caller.token_id) {
        let detail = format!(
            "this token has made more than {REQUESTS_PER_SECOND} requests a second; wait {seconds} s"
        );
        return Problem::too_many(detail, seconds).into_response();
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

enum Refusal {
    Problem(Problem),
    /// The reason, for the audit log.
    Token(&'static str),
}

async fn caller(service: &Shared, value: Option<HeaderValue>) -> Result<Caller, Refusal> {
    let value = value.ok_or(Refusal::Token("no token"))?;
    let text = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let text = text.ok_or(Refusal::Token("not a bearer token"))?;
    let hash = token::hash(&SecretString::from(text));
    let hash = hash.ok_or(Refusal::Token("malformed token"))?;
    let known = tokens::by_hash(&service.store, &hash).await;
    let known = known.map_err(|error| Refusal::Problem(error.into()))?;
    let known = known.ok_or(Refusal::Token("unknown token"))?;
    valid(service, known).map_err(Refusal::Token)
}

/// The caller of a token that is valid.
///
/// # Errors
/// The reason, for the audit log.
pub(crate) fn valid(service: &Shared, known: tokens::TokenRow) -> Result<Caller, &'static str> {
    let now = moment::now();
    if known.revoked_at.is_some() {
        return Err("revoked token");
    }
    if known.expires_at.is_some_and(|at| at <= now) {
        return Err("expired token");
    }
    let role = Role::of(&known.role).ok_or("token of an unknown role")?;
    note_use(service, &known, now);
    Ok(Caller {
        token_id: known.id,
        name: known.name,
        role,
    })
}

/// Writes the use of a token aside, so that requests do not wait for the writer.
fn note_use(service: &Shared, token: &tokens::TokenRow, now: i64) {
    let is_recent = token
        .last_used_at
        .is_some_and(|at| (now - at).abs() < USE_PERIOD_MS);
    if is_recent || !service.limits.first_use(&token.id, now, USE_PERIOD_MS) {
        return;
    }
    let (service, id) = (Shared::clone(service), token.id.clone());
    tokio::spawn(async move {
        let written = async {
            let mut write = service.store.write().await?;
            tokens::used(&mut write, &id, now).await?;
            Ok::<_, crate::store::StoreError>(write.commit().await?)
        };
        if let Err(error) = written.await {
            tracing::warn!("cannot note the use of a token: {error}");
        }
    });
}

/// The answer to a token that is not valid. All reasons look alike from outside.
pub(crate) fn refuse(service: &Shared, address: IpAddr, reason: &'static str) -> Problem {
    service.metrics.refused_token();
    if let Err(seconds) = service.limits.refusal(address) {
        // Not in the audit log: a flood would fill the disk.
        let detail = format!(
            "this address has sent more than {REFUSALS_PER_MINUTE} requests a minute without a valid token; wait {seconds} s"
        );
        return Problem::too_many(detail, seconds);
    }
    let act = json!({"address": address.to_string(), "reason": reason});
    note_refusal(
        service,
        "unknown".into(),
        "token.refused",
        String::new(),
        act,
    );
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "give a valid token in the header Authorization: Bearer portolan_…; `portolan token create NAME --role viewer --data FOLDER` makes one",
    )
}

/// Adds a refusal to the audit log, aside.
fn note_refusal(
    service: &Shared,
    actor: String,
    action: &'static str,
    target: String,
    detail: serde_json::Value,
) {
    let service = Shared::clone(service);
    tokio::spawn(async move {
        let written = async {
            let mut write = service.store.write().await?;
            let act = Act {
                actor: &actor,
                action,
                target: &target,
                outcome: "refused",
                detail,
            };
            audit::add(&mut write, &act).await?;
            Ok::<_, crate::store::StoreError>(write.commit().await?)
        };
        if let Err(error) = written.await {
            tracing::warn!("cannot write the audit log: {error}");
        }
    });
}

fn permitted(service: &Shared, parts: &Parts, least: Role) -> Result<Caller, Problem> {
    let caller = parts.extensions.get::<Caller>();
    let caller = caller.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "no token"))?;
    permits(
        service,
        caller,
        least,
        parts.method.as_str(),
        parts.uri.path(),
    )?;
    Ok(caller.clone())
}

/// Refuses a caller whose role is less than a request needs.
pub(crate) fn permits(
    service: &Shared,
    caller: &Caller,
    least: Role,
    method: &str,
    path: &str,
) -> Result<(), Problem> {
    if caller.role >= least {
        return Ok(());
    }
    let target = portolan_machine::text::printable(path, 200);
    let detail = json!({"method": method, "role": caller.role.word()});
    note_refusal(
        service,
        caller.name.clone(),
        "request.refused",
        target,
        detail,
    );
    let detail = format!(
        "this needs a token with the role {}; yours is {}",
        least.word(),
        caller.role.word()
    );
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}

/// A caller with any role.
pub(crate) struct Viewer;
/// A caller who may register, scan and mute.
pub(crate) struct Operator(pub(crate) Caller);
/// A caller who may manage credentials and tokens.
pub(crate) struct Admin(pub(crate) Caller);

impl FromRequestParts<Shared> for Viewer {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, service: &Shared) -> Result<Self, Problem> {
        permitted(service, parts, Role::Viewer).map(|_| Self)
    }
}

impl FromRequestParts<Shared> for Operator {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, service: &Shared) -> Result<Self, Problem> {
        permitted(service, parts, Role::Operator).map(Self)
    }
}

impl FromRequestParts<Shared> for Admin {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, service: &Shared) -> Result<Self, Problem> {
        permitted(service, parts, Role::Admin).map(Self)
    }
}
