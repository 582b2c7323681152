//! The login: by a token, or once by a link that the terminal shows.

use std::net::SocketAddr;
use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::Form;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use secrecy::SecretString;
use serde::Deserialize;

use super::address::way_back;
use super::fault::Fault;
use super::session;
use crate::api::auth;
use crate::api::credentials::keys::secret;
use crate::moment;
use crate::shared::Shared;
use crate::store::tokens as rows;
use crate::token::{self, Role};
use crate::tokens;

/// The token of a link has this life, as long as its session.
const LINK_TOKEN_LIFE: Duration = Duration::from_secs(12 * 60 * 60);

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    theme: String,
    to: String,
    has_ended: bool,
    problem: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct LoginQuery {
    to: Option<String>,
    ended: Option<String>,
    link: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct LoginForm {
    #[serde(deserialize_with = "secret")]
    token: SecretString,
    #[serde(default)]
    to: String,
}

/// The form, or the session of a link
pub(super) async fn form(
    State(service): State<Shared>,
    Query(query): Query<LoginQuery>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let mut page = LoginPage {
        theme: session::theme(&headers),
        to: way_back(query.to.as_deref()).to_owned(),
        has_ended: query.ended.is_some(),
        problem: String::new(),
    };
    if let Some(link) = query.link {
        if service.links.take(&link, moment::now()) {
            let name = format!("login link of {}", moment::text(moment::now()));
            let made = tokens::create(
                &service.store,
                "login link",
                &name,
                Role::Admin,
                Some(LINK_TOKEN_LIFE),
            );
            let (row, _) = made.await.map_err(|error| {
                tracing::error!("{error}");
                crate::api::problem::Problem::unavailable(
                    "the link cannot be used now; log in with a token",
                )
            })?;
            return session::begin(&service, &headers, &row.id, "/").await;
        }
        page.problem = "This link has been used, or its 15 minutes are over. Start the service again for another, or log in with a token.".into();
    }
    render(&page, StatusCode::OK)
}

fn render(page: &LoginPage, status: StatusCode) -> Result<Response, Fault> {
    Ok((status, Html(page.render()?)).into_response())
}

/// Log in with a token
pub(super) async fn log_in(
    State(service): State<Shared>,
    Extension(ConnectInfo(address)): Extension<ConnectInfo<SocketAddr>>,
    headers: HeaderMap,
    Form(form): Form<LoginForm>,
) -> Result<Response, Fault> {
    let text = secrecy::ExposeSecret::expose_secret(&form.token).trim();
    let hash = token::hash(&SecretString::from(text));
    let known = match &hash {
        Some(hash) => rows::by_hash(&service.store, hash).await?,
        None => None,
    };
    let reason = match known.map(|known| auth::valid(&service, known)) {
        Some(Ok(caller)) => {
            return session::begin(&service, &headers, &caller.token_id, &form.to).await;
        }
        Some(Err(reason)) => reason,
        None => "unknown token",
    };
    let refused = auth::refuse(&service, address.ip(), reason);
    let problem = match refused.status() {
        StatusCode::TOO_MANY_REQUESTS => refused.clone().into_detail(),
        _ => "This token is not valid. It may have been revoked, or it has expired.".into(),
    };
    let page = LoginPage {
        theme: session::theme(&headers),
        to: way_back(Some(&form.to)).to_owned(),
        has_ended: false,
        problem,
    };
    render(&page, refused.status())
}
