//! AWS credentials: stored once, never shown again.

pub(crate) mod keys;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::auth::{Admin, Caller, Operator};
use super::extract::{Asked, Body, Id, Page, cursor, limit};
use super::problem::Problem;
use crate::moment;
use crate::shared::Shared;
use crate::store::audit::{self, Act};
use crate::store::credentials::{self, Credential};
use crate::store::registrations::{self, State as RegistrationState};
use crate::store::{StoreError, scans};

/// The characters of a name.
const TEXT_LIMIT: usize = 128;

/// A change of a stored credential.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CredentialChange {
    /// The new name.
    #[schema(min_length = 1, max_length = 128)]
    credential_name: String,
}

/// A stored credential, without its secrets.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CredentialView {
    credential_id: String,
    credential_name: String,
    /// The access key ID, which is not a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key: Option<String>,
    assume_role_arn: Vec<String>,
    has_external_id: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<String>,
    /// When AWS confirmed the keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
    /// The names of the registrations that use it; only where one credential is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_by: Option<Vec<String>>,
}

/// What was deleted with a credential.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletedCredential {
    /// The names of the registrations that were stopped.
    stopped: Vec<String>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Stop {
    /// Stop the registrations that use it.
    stop: Option<bool>,
}

impl Stop {
    pub(crate) const fn yes() -> Self {
        Self { stop: Some(true) }
    }
}

/// A page of a list.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// The rows of a page, 1 to 200; 50 if it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub(crate) limit: Option<u32>,
    /// The `next` of the page before.
    pub(crate) after: Option<String>,
}

fn view(it: Credential) -> CredentialView {
    let identity = it.identity;
    CredentialView {
        credential_id: it.id,
        credential_name: it.name,
        access_key: it.access_key_id,
        assume_role_arn: it.roles,
        has_external_id: it.has_external_id,
        account_id: identity.as_ref().map(|it| it.account_id.clone()),
        arn: identity.as_ref().map(|it| it.arn.clone()),
        partition: identity.as_ref().map(|it| it.partition.clone()),
        verified_at: identity.map(|it| moment::text(it.verified_at)),
        created_at: moment::text(it.created_at),
        rotated_at: it.rotated_at.map(moment::text),
        last_used_at: it.last_used_at.map(moment::text),
        used_by: None,
    }
}

async fn put(write: &mut crate::store::Write, credential: &Credential) -> Result<(), Problem> {
    credentials::put(write, credential).await.map_err(|error| match error.is_taken() {
        true => Problem::conflict(format!(
            "a credential with the name {} is stored already; rotate that one, or choose another name",
            credential.name
        )),
        false => error.into(),
    })
}

/// An act of a caller that was carried out.
pub(crate) fn act<'a>(
    caller: &'a Caller,
    action: &'static str,
    target: &'a str,
    detail: serde_json::Value,
) -> Act<'a> {
    Act {
        actor: &caller.name,
        action,
        target,
        outcome: "done",
        detail,
    }
}

/// A name for people: up to 128 characters, none of which is a control character.
pub(crate) fn checked_name(member: &str, name: &str) -> Result<String, Problem> {
    let name = name.trim();
    let is_name =
        (1..=TEXT_LIMIT).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    match is_name {
        true => Ok(name.to_owned()),
        false => Err(Problem::bad(format!(
            "{member}: it has 1 to {TEXT_LIMIT} printable characters"
        ))),
    }
}

/// List stored credentials
#[utoipa::path(get, path = "/v1/aws/credentials", tag = "credentials", params(Paging),
    responses((status = 200, body = Page<CredentialView>)))]
pub(crate) async fn list(
    State(service): State<Shared>,
    _: Operator,
    Asked(query): Asked<Paging>,
) -> Result<Json<Page<CredentialView>>, Problem> {
    let limit = limit(query.limit)?;
    let after: Option<String> = cursor(query.after.as_deref())?;
    let rows =
        credentials::page(service.store.read(), after.as_deref(), i64::from(limit) + 1).await?;
    Ok(Page::of(rows, limit, |row| row.id.clone(), view))
}

async fn known(service: &Shared, id: &str) -> Result<Credential, Problem> {
    let known = credentials::by_id(service.store.read(), id).await?;
    known.ok_or_else(|| Problem::missing("credential"))
}

/// Show a credential, and what uses it
#[utoipa::path(get, path = "/v1/aws/credentials/{id}", tag = "credentials", params(("id" = String, Path)),
    responses((status = 200, body = CredentialView), (status = 404, body = Problem)))]
pub(crate) async fn show(
    State(service): State<Shared>,
    _: Operator,
    Id(id): Id,
) -> Result<Json<CredentialView>, Problem> {
    let credential = known(&service, &id).await?;
    let users = registrations::of_credential(service.store.read(), &id).await?;
    let names = users.into_iter().map(|it| it.name).collect();
    Ok(Json(CredentialView {
        used_by: Some(names),
        ..view(credential)
    }))
}

/// Rename a credential
#[utoipa::path(patch, path = "/v1/aws/credentials/{id}", tag = "credentials", params(("id" = String, Path)),
    request_body = CredentialChange,
    responses((status = 200, body = CredentialView), (status = 404, body = Problem)))]
pub(crate) async fn rename(
    State(service): State<Shared>,
    Admin(caller): Admin,
    Id(id): Id,
    body: Body<CredentialChange>,
) -> Result<Json<CredentialView>, Problem> {
    let name = checked_name("credentialName", &body.value.credential_name)?;
    let mut write = service.store.write().await?;
    let before = credentials::by_id(&mut *write, &id).await?;
    let before = before.ok_or_else(|| Problem::missing("credential"))?;
    let detail = json!({"credentialId": id, "before": before.name});
    let credential = Credential { name, ..before };
    put(&mut write, &credential).await?;
    audit::add(
        &mut write,
        &act(&caller, "credential.renamed", &credential.name, detail),
    )
    .await?;
    write.commit().await?;
    Ok(Json(view(credential)))
}

/// Delete a credential; registrations that use it are stopped if asked for
#[utoipa::path(delete, path = "/v1/aws/credentials/{id}", tag = "credentials",
    params(("id" = String, Path), Stop),
    responses((status = 200, body = DeletedCredential), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn delete(
    State(service): State<Shared>,
    Admin(caller): Admin,
    Id(id): Id,
    Asked(query): Asked<Stop>,
) -> Result<Json<DeletedCredential>, Problem> {
    let mut write = service.store.write().await?;
    let credential = credentials::by_id(&mut *write, &id).await?;
    let credential = credential.ok_or_else(|| Problem::missing("credential"))?;
    let users = registrations::of_credential(&mut *write, &id).await?;
    let names: Vec<String> = users.iter().map(|it| it.name.clone()).collect();
    if !users.is_empty() && query.stop != Some(true) {
        return Err(Problem::conflict(format!(
            "these registrations use it: {}; ?stop=true deletes it and stops them",
            names.join(", ")
        )));
    }
    let reason = format!("its credential {} was deleted", credential.name);
    let mut running = Vec::new();
    for mut registration in users {
        registration.credential_id = None;
        registration.state = RegistrationState::Stopped;
        registration.state_reason = Some(reason.clone());
        registration.next_run_at = None;
        registration.updated_at = moment::now();
        running.extend(cancel_all(&mut write, &registration.id, &reason).await?);
        registrations::put(&mut write, &registration).await?;
    }
    credentials::delete(&mut write, &id).await?;
    let detail = json!({"credentialId": id, "stopped": names});
    audit::add(
        &mut write,
        &act(&caller, "credential.deleted", &credential.name, detail),
    )
    .await?;
    write.commit().await?;
    for scan_id in running {
        service.cancel(&scan_id, &reason);
    }
    Ok(Json(DeletedCredential { stopped: names }))
}

/// Cancels the queued scans of a registration, and returns the running ones.
pub(crate) async fn cancel_all(
    write: &mut crate::store::Write,
    registration_id: &str,
    reason: &str,
) -> Result<Vec<String>, StoreError> {
    let mut running = Vec::new();
    for scan in scans::open_of(&mut **write, registration_id).await? {
        if !scans::cancel_queued(write, &scan.id, reason, moment::now()).await? {
            running.push(scan.id);
        }
    }
    Ok(running)
}
