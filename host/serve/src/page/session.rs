//! Sessions: who looks at the page. A session belongs to a token, and is valid as long as it.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::address::{Address, way_back};
use super::fault::Fault;
use crate::api::auth::{self, Caller};
use crate::api::problem::Problem;
use crate::limits::REQUESTS_PER_SECOND;
use crate::login;
use crate::moment;
use crate::shared::Shared;
use crate::store::sessions;
use crate::token::Role;

/// A working day.
const LIFE_MS: i64 = 12 * 60 * 60 * 1000;

/// Who looks at the page.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) caller: Caller,
    /// The hash of the session's cookie.
    pub(super) session: String,
    /// `light` or `dark`; the system's if it is empty.
    pub(super) theme: String,
    method: Method,
    path: String,
}

impl Visitor {
    pub(super) fn is(&self, least: Role) -> bool {
        self.caller.role >= least
    }

    /// Refuses a visitor whose role is less than a request needs.
    pub(super) fn permit(&self, service: &Shared, least: Role) -> Result<Caller, Fault> {
        auth::permits(
            service,
            &self.caller,
            least,
            self.method.as_str(),
            &self.path,
        )?;
        Ok(self.caller.clone())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let visitor = parts.extensions.get::<Self>().cloned();
        visitor.ok_or_else(|| Problem::bad("this page needs a session").into())
    }
}

/// Whether the browser speaks TLS to a proxy in front. A lie only costs its teller the session.
fn is_secure(headers: &HeaderMap) -> bool {
    let forwarded = headers.get("x-forwarded-proto");
    forwarded.is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// A browser accepts the first name over TLS only, and from no other host of the domain.
const fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure {
        "__Host-portolan"
    } else {
        "portolan"
    }
}

/// The value of a cookie.
fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter();
    let texts = all.filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';'));
    pairs.find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// A header that sets a cookie, or removes it with an empty value.
fn set(is_secure: bool, value: &str) -> HeaderValue {
    let (secure, age) = (
        if is_secure { "; Secure" } else { "" },
        if value.is_empty() { 0 } else { LIFE_MS / 1000 },
    );
    let name = cookie_name(is_secure);
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A header that keeps a theme.
pub(super) fn set_theme(theme: &str) -> HeaderValue {
    let text = format!("theme={theme}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

pub(super) fn theme(headers: &HeaderMap) -> String {
    let known = cookie(headers, "theme").filter(|it| ["light", "dark"].contains(it));
    known.unwrap_or_default().to_owned()
}

/// Begins a session for a token, and leads to a page. An earlier session of this browser ends.
pub(super) async fn begin(
    service: &Shared,
    headers: &HeaderMap,
    token_id: &str,
    to: &str,
) -> Result<Response, Fault> {
    let no_bits = || Problem::unavailable("the system gives no random numbers");
    let text = login::random().ok_or_else(no_bits)?;
    let hash = login::hash(&text).ok_or_else(no_bits)?;
    let now = moment::now();
    let is_secure = is_secure(headers);
    let mut write = service.store.write().await?;
    if let Some(earlier) = cookie(headers, cookie_name(is_secure)).and_then(login::hash) {
        sessions::end(&mut write, &earlier).await?;
    }
    sessions::insert(&mut write, &hash, token_id, now, now + LIFE_MS).await?;
    write
        .commit()
        .await
        .map_err(crate::store::StoreError::from)?;
    let cookie = set(is_secure, &text);
    Ok((
        [(header::SET_COOKIE, cookie)],
        Redirect::to(way_back(Some(to))),
    )
        .into_response())
}

/// Log out: the session ends here, and so everywhere
pub(super) async fn end(
    State(service): State<Shared>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let mut write = service.store.write().await?;
    sessions::end(&mut write, &visitor.session).await?;
    write
        .commit()
        .await
        .map_err(crate::store::StoreError::from)?;
    let cookie = set(is_secure(&headers), "");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/login")).into_response())
}

/// Leads a request without a valid session to the login, and lets others pass with their [`Visitor`].
pub(super) async fn require(
    State(service): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let text = cookie(request.headers(), cookie_name(is_secure(request.headers())));
    let has_cookie = text.is_some();
    let hash = text.and_then(login::hash);
    let caller = match &hash {
        None => None,
        Some(hash) => match caller(&service, hash).await {
            Ok(caller) => caller,
            Err(fault) => return fault.into_response(),
        },
    };
    let (Some(caller), Some(session)) = (caller, hash) else {
        return to_login(&request, has_cookie);
    };
    let visitor = Visitor {
        caller,
        session,
        theme: theme(request.headers()),
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
    };
    if let Err(seconds) = service.limits.request(&visitor.caller.token_id) {
        let detail = format!(
            "this session has made more than {REQUESTS_PER_SECOND} requests a second; wait {seconds} s"
        );
        return Fault::from(Problem::too_many(detail, seconds)).into_response();
    }
    request.extensions_mut().insert(visitor.caller.clone());
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

/// The caller of a session that has not ended, and whose token is valid.
async fn caller(service: &Shared, hash: &str) -> Result<Option<Caller>, Fault> {
    let token = sessions::token_of(service.store.read(), hash, moment::now()).await?;
    Ok(token.and_then(|token| auth::valid(service, token).ok()))
}

fn to_login(request: &Request, has_ended: bool) -> Response {
    // A form cannot be sent again by a link, so that its page is the way back.
    let referer = request.headers().get(header::REFERER);
    let from = match request.method() {
        &Method::GET => request.uri().path_and_query().map(ToString::to_string),
        _ => referer.and_then(|it| it.to_str().ok()).and_then(|it| {
            let uri: axum::http::Uri = it.parse().ok()?;
            uri.path_and_query().map(ToString::to_string)
        }),
    };
    let mut address = Address::to("/login");
    if let Some(from) = from.filter(|from| from != "/") {
        address = address.with("to", &from);
    }
    if has_ended {
        address = address.with("ended", "yes");
    }
    Redirect::to(&address.to_string()).into_response()
}
