//! Tokens.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::auth::Admin;
use super::credentials::checked_name;
use super::extract::{Body, Id};
use super::problem::Problem;
use crate::moment;
use crate::schedule::duration;
use crate::shared::Shared;
use crate::store::tokens::{self, TokenRow};
use crate::token::Role;
use crate::tokens::{TokenError, create as create_token, revoke as revoke_token};

/// A token to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// Its name in lists and in the audit log.
    #[schema(min_length = 1, max_length = 128)]
    name: String,
    role: Role,
    /// How long it is valid, such as `90d`; without end if it is not given.
    #[serde(default)]
    expires: Option<String>,
}

/// A new token. Its text is shown once.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreatedToken {
    token: String,
    #[serde(flatten)]
    view: TokenView,
}

/// A token, without its text.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenView {
    token_id: String,
    name: String,
    role: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

fn view(it: TokenRow) -> TokenView {
    TokenView {
        token_id: it.id,
        name: it.name,
        role: it.role,
        created_at: moment::text(it.created_at),
        expires_at: it.expires_at.map(moment::text),
        last_used_at: it.last_used_at.map(moment::text),
        revoked_at: it.revoked_at.map(moment::text),
    }
}

/// Make a token
#[utoipa::path(post, path = "/v1/tokens", tag = "tokens", request_body = NewToken,
    responses((status = 201, body = CreatedToken), (status = 409, body = Problem)))]
pub(crate) async fn create(
    State(service): State<Shared>,
    Admin(caller): Admin,
    body: Body<NewToken>,
) -> Result<(StatusCode, Json<CreatedToken>), Problem> {
    let new = body.value;
    let name = checked_name("name", &new.name)?;
    let life = new.expires.map(|text| {
        duration(&text)
            .ok_or_else(|| Problem::bad("expires: it is a number and m, h or d, for example 90d"))
    });
    let made = create_token(
        &service.store,
        &caller.name,
        &name,
        new.role,
        life.transpose()?,
    )
    .await;
    let (row, text) = made.map_err(|error| match error {
        TokenError::Taken(_) => Problem::conflict(error.to_string()),
        TokenError::Store(error) => error.into(),
        TokenError::NoRandomness => Problem::unavailable(error.to_string()),
    })?;
    let created = CreatedToken {
        token: text.expose_secret().to_owned(),
        view: view(row),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// All tokens.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Tokens {
    items: Vec<TokenView>,
}

/// List tokens, the newest first
#[utoipa::path(get, path = "/v1/tokens", tag = "tokens", responses((status = 200, body = Tokens)))]
pub(crate) async fn list(State(service): State<Shared>, _: Admin) -> Result<Json<Tokens>, Problem> {
    let rows = tokens::all(&service.store).await?;
    let items = rows.into_iter().map(view).collect();
    Ok(Json(Tokens { items }))
}

/// Revoke a token
#[utoipa::path(delete, path = "/v1/tokens/{id}", tag = "tokens", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub(crate) async fn revoke(
    State(service): State<Shared>,
    Admin(caller): Admin,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    match revoke_token(&service.store, &caller.name, &id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::missing("valid token")),
    }
}
