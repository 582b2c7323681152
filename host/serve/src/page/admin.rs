//! Tokens, sessions and the audit log, for admins; and the theme, for everybody.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::address::{Address, way_back};
use super::fault::Fault;
use super::frame::{Frame, Paging, asked, html};
use super::mutes::Position;
use super::session::{Visitor, set_theme};
use super::words::{Time, number, shown};
use crate::api::credentials::checked_name;
use crate::api::extract::{cursor, encode};
use crate::api::problem::Problem;
use crate::moment;
use crate::schedule::duration;
use crate::shared::Shared;
use crate::store::{audit as entries, sessions, tokens as rows};
use crate::token::Role;
use crate::tokens::{TokenError, create as create_token, revoke as revoke_token};

const ROWS: usize = 100;

struct TokenShown {
    id: String,
    name: String,
    role: String,
    created: Time,
    expires: Option<Time>,
    last_used: Option<Time>,
    is_valid: bool,
    state: &'static str,
    sessions: String,
    is_mine: bool,
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    frame: Frame,
    rows: Vec<TokenShown>,
    roles: [&'static str; 3],
    made: Option<SecretString>,
    made_name: String,
    problem: String,
}

impl TokensPage {
    /// The text of a token that was made just now. It is shown once.
    fn text(&self) -> &str {
        self.made.as_ref().map_or("", |made| made.expose_secret())
    }
}

async fn page(service: &Shared, visitor: &Visitor) -> Result<TokensPage, Fault> {
    let all = rows::all(&service.store).await?;
    let now = moment::now();
    let open = sessions::counts(service.store.read(), now).await?;
    let rows = all.into_iter().map(|it| {
        let has_ended = it.expires_at.is_some_and(|at| at <= now);
        let state = match (it.revoked_at.is_some(), has_ended) {
            (true, _) => "revoked",
            (false, true) => "expired",
            (false, false) => "valid",
        };
        TokenShown {
            is_valid: state == "valid",
            sessions: match state {
                "valid" => number(open.get(&it.id).copied().unwrap_or_default()),
                _ => "0".into(),
            },
            is_mine: it.id == visitor.caller.token_id,
            id: it.id,
            name: shown(&it.name),
            role: it.role,
            created: Time(it.created_at),
            expires: it.expires_at.map(Time),
            last_used: it.last_used_at.map(Time),
            state,
        }
    });
    Ok(TokensPage {
        frame: Frame::new(service, visitor, "Tokens and sessions", "").await?,
        rows: rows.collect(),
        roles: Role::ALL.map(Role::word),
        made: None,
        made_name: String::new(),
        problem: String::new(),
    })
}

/// Tokens and sessions
pub(super) async fn tokens(
    State(service): State<Shared>,
    visitor: Visitor,
) -> Result<Html<String>, Fault> {
    visitor.permit(&service, Role::Admin)?;
    html(&page(&service, &visitor).await?)
}

#[derive(Debug, Deserialize)]
pub(super) struct TokenForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    expires: String,
}

/// Make a token, whose text this answer alone has
pub(super) async fn create(
    State(service): State<Shared>,
    visitor: Visitor,
    Form(form): Form<TokenForm>,
) -> Result<Response, Fault> {
    let caller = visitor.permit(&service, Role::Admin)?;
    let made = made(&service, &caller.name, &form).await;
    let mut page = page(&service, &visitor).await?;
    let status = match made {
        Ok(text) => {
            page.made = Some(text);
            page.made_name = shown(&form.name);
            axum::http::StatusCode::CREATED
        }
        Err(problem) => {
            let status = problem.status();
            page.problem = problem.into_detail();
            status
        }
    };
    Ok((status, html(&page)?).into_response())
}

async fn made(service: &Shared, actor: &str, form: &TokenForm) -> Result<SecretString, Problem> {
    let name = checked_name("name", &form.name)?;
    let role = Role::of(&form.role).ok_or_else(|| Problem::bad("role: choose one"))?;
    let life = match form.expires.trim() {
        "" => None,
        text => {
            let life = duration(text);
            Some(life.ok_or_else(|| {
                Problem::bad("expires: it is a number and m, h or d, for example 90d")
            })?)
        }
    };
    let made = create_token(&service.store, actor, &name, role, life).await;
    let (_, text) = made.map_err(|error| match error {
        TokenError::Taken(_) => Problem::conflict(error.to_string()),
        TokenError::Store(error) => error.into(),
        TokenError::NoRandomness => Problem::unavailable(error.to_string()),
    })?;
    Ok(text)
}

/// Revoke a token, and with it its sessions
pub(super) async fn revoke(
    State(service): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Redirect, Fault> {
    let caller = visitor.permit(&service, Role::Admin)?;
    match revoke_token(&service.store, &caller.name, &id).await? {
        true => Ok(Redirect::to("/tokens")),
        false => Err(Problem::missing("valid token").into()),
    }
}

struct EntryRow {
    time: Time,
    actor: String,
    action: String,
    target: String,
    outcome: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    rows: Vec<EntryRow>,
    paging: Paging,
}

/// The audit log
pub(super) async fn audit(
    State(service): State<Shared>,
    visitor: Visitor,
    uri: Uri,
) -> Result<Html<String>, Fault> {
    visitor.permit(&service, Role::Admin)?;
    let query: Position = asked(&uri)?;
    let after: Option<String> = cursor(query.after.as_deref())?;
    let limit = i64::try_from(ROWS).unwrap_or(i64::MAX) + 1;
    let mut found = entries::page(&service.store, after.as_deref(), limit).await?;
    let has_more = found.len() > ROWS;
    found.truncate(ROWS);
    let next = found.last().filter(|_| has_more).map(|row| encode(&row.id));
    let rows: Vec<EntryRow> = found
        .into_iter()
        .map(|it| EntryRow {
            time: Time(it.at),
            actor: shown(&it.actor),
            action: it.action,
            target: shown(&it.target),
            outcome: it.outcome,
            detail: shown(if it.detail == "{}" { "" } else { &it.detail }),
        })
        .collect();
    html(&AuditPage {
        frame: Frame::new(&service, &visitor, "Audit log", "").await?,
        paging: Paging::new(
            &Address::of(&uri),
            rows.len(),
            None,
            next.as_deref(),
            "the newest first",
        ),
        rows,
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct ThemeForm {
    #[serde(default)]
    theme: String,
}

/// Keep a theme in this browser
pub(super) async fn theme(headers: HeaderMap, Form(form): Form<ThemeForm>) -> Response {
    let theme = match form.theme.as_str() {
        theme @ ("light" | "dark") => theme,
        _ => "",
    };
    let referer = headers.get(header::REFERER).and_then(|it| it.to_str().ok());
    let uri: Option<Uri> = referer.and_then(|it| it.parse().ok());
    let path = uri
        .as_ref()
        .and_then(Uri::path_and_query)
        .map(ToString::to_string);
    let to = Redirect::to(way_back(path.as_deref()));
    ([(header::SET_COOKIE, set_theme(theme))], to).into_response()
}
