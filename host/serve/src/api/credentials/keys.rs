//! Keys: how they get in. There is no way out.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use portolan_aws::AccessKeys;
use portolan_sync::config::Config;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::super::auth::{Admin, Caller};
use super::super::extract::{Asked, Body, Id};
use super::super::once::{Answer, answer, once};
use super::super::problem::Problem;
use super::{CredentialView, TEXT_LIMIT, act, checked_name, known, put, view};
use crate::moment;
use crate::shared::Shared;
use crate::store::audit;
use crate::store::credentials::{self, Credential, StoredIdentity};
use crate::vault::Secrets;

/// AWS's own limits are 128 characters for an ID, 40 for a secret of today, some thousands for a token.
const SECRET_LIMIT: usize = 256;
const TOKEN_LIMIT: usize = 8192;
const ROLES_LIMIT: usize = 1000;

/// Credentials to store. `credentialName`, `accessKey` and `accessSecret` are those of JFrog's API.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewCredential {
    /// The name of the credential.
    #[schema(min_length = 1, max_length = 128)]
    credential_name: String,
    /// The access key ID; absent if roles are assumed with the credentials of the service's host.
    #[serde(default)]
    access_key: Option<String>,
    /// The secret access key.
    #[serde(default, deserialize_with = "optional_secret")]
    #[schema(value_type = Option<String>, write_only)]
    access_secret: Option<SecretString>,
    /// The session token of temporary keys.
    #[serde(default, deserialize_with = "optional_secret")]
    #[schema(value_type = Option<String>, write_only)]
    session_token: Option<SecretString>,
    /// Roles to assume; each role's account is scanned.
    #[serde(default)]
    #[schema(max_items = 1000)]
    assume_role_arn: Vec<String>,
    /// The external ID that the trust policies of the roles require.
    #[serde(default, deserialize_with = "optional_secret")]
    #[schema(value_type = Option<String>, write_only)]
    external_id: Option<SecretString>,
}

pub(crate) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

pub(crate) fn optional_secret<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SecretString>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(SecretString::from))
}

/// New keys for a stored credential.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewKeys {
    /// The access key ID.
    access_key: String,
    /// The secret access key.
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, write_only)]
    access_secret: SecretString,
    /// The session token of temporary keys.
    #[serde(default, deserialize_with = "optional_secret")]
    #[schema(value_type = Option<String>, write_only)]
    session_token: Option<SecretString>,
}

/// The answer to a stored credential. Its first three members are those of JFrog's API.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredCredential {
    /// The name of the credential.
    secret_name: String,
    /// The id, for `secretUUID` of registrations.
    credential_id: String,
    /// `ok`.
    status: &'static str,
    /// The account of the keys; absent if they were not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    /// The ARN of the keys' user.
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
    /// The AWS partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<String>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Verify {
    /// Whether to ask AWS before the keys are stored.
    verify: Option<bool>,
}

/// Store AWS credentials
#[utoipa::path(post, path = "/v1/aws/credentials", tag = "credentials", params(Verify),
    request_body = NewCredential, responses((status = 201, body = StoredCredential)))]
pub(crate) async fn store(
    State(service): State<Shared>,
    Admin(caller): Admin,
    Asked(query): Asked<Verify>,
    headers: HeaderMap,
    body: Body<NewCredential>,
) -> Response {
    let request = format!(
        "POST /v1/aws/credentials {:?} {}",
        query.verify, body.digest
    );
    let (for_work, by) = (Shared::clone(&service), caller.clone());
    let work = async move { stored(&for_work, &by, query.verify != Some(false), body.value).await };
    once(service, &caller, &headers, &request, work).await
}

pub(crate) async fn stored(
    service: &Shared,
    caller: &Caller,
    verify: bool,
    new: NewCredential,
) -> Answer {
    let name = checked_name("credentialName", &new.credential_name)?;
    check(service, &new)?;
    let identity = match (verify, &new.access_key, &new.access_secret) {
        (true, Some(id), Some(secret)) => {
            Some(identify(service, id, secret, new.session_token.as_ref()).await?)
        }
        _ => None,
    };
    let now = moment::now();
    let id = uuid::Uuid::new_v4().to_string();
    let secrets = Secrets {
        secret_access_key: new.access_secret,
        session_token: new.session_token,
        external_id: new.external_id,
    };
    let credential = Credential {
        sealed: service.vault.seal(&id, 1, &secrets)?,
        has_external_id: secrets.external_id.is_some(),
        id,
        name,
        access_key_id: new.access_key,
        roles: new.assume_role_arn,
        identity,
        created_at: now,
        rotated_at: None,
        last_used_at: None,
    };
    let mut write = service.store.write().await?;
    put(&mut write, &credential).await?;
    let detail = json!({"credentialId": credential.id, "accessKey": credential.access_key_id, "checked": verify});
    let act = act(caller, "credential.stored", &credential.name, detail);
    audit::add(&mut write, &act).await?;
    write.commit().await?;
    let identity = credential.identity;
    let stored = StoredCredential {
        secret_name: credential.name,
        credential_id: credential.id,
        status: "ok",
        account_id: identity.as_ref().map(|it| it.account_id.clone()),
        arn: identity.as_ref().map(|it| it.arn.clone()),
        partition: identity.map(|it| it.partition),
    };
    answer(StatusCode::CREATED, &stored)
}

fn check(service: &Shared, new: &NewCredential) -> Result<(), Problem> {
    let length =
        |secret: &Option<SecretString>| secret.as_ref().map_or(0, |it| it.expose_secret().len());
    for (member, length, most) in [
        (
            "accessKey",
            new.access_key.as_ref().map_or(0, String::len),
            TEXT_LIMIT,
        ),
        ("accessSecret", length(&new.access_secret), SECRET_LIMIT),
        ("sessionToken", length(&new.session_token), TOKEN_LIMIT),
        // The longest that IAM takes.
        ("externalId", length(&new.external_id), 1224),
        ("assumeRoleArn", new.assume_role_arn.len(), ROLES_LIMIT),
    ] {
        if length > most {
            return Err(Problem::bad(format!("{member}: it is longer than {most}")));
        }
    }
    match (length(&new.access_secret) > 0, new.access_key.as_deref()) {
        (true, Some(id)) => check_key_id(id)?,
        (false, None) if new.session_token.is_some() => {
            return Err(Problem::bad(
                "sessionToken: it belongs to an accessKey and an accessSecret",
            ));
        }
        (false, None) if new.assume_role_arn.is_empty() => {
            return Err(Problem::bad(
                "give accessKey and accessSecret, or assumeRoleArn",
            ));
        }
        (false, None) if !service.allows_host_credentials => {
            return Err(Problem::bad(
                "roles without keys are assumed with the credentials of the service's host, which this service does not use; start it with --allow-host-credentials, or give keys",
            ));
        }
        (false, None) => {}
        _ => return Err(Problem::bad("give both of accessKey and accessSecret")),
    }
    roles_config(service, &new.assume_role_arn).map(|_| ())
}

fn check_key_id(id: &str) -> Result<(), Problem> {
    let is_id =
        (16..=TEXT_LIMIT).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_alphanumeric());
    match is_id {
        true => Ok(()),
        // The value may be the secret, given by mistake.
        false => Err(Problem::bad(
            "accessKey: an access key ID has 16 to 128 letters and digits, for example AKIAIOSFODNN7EXAMPLE",
        )),
    }
}

/// The process's configuration with these roles, which checks them.
fn roles_config(service: &Shared, roles: &[String]) -> Result<Config, Problem> {
    let mut settings = service.settings.clone();
    settings.assume_role_arn = Some(roles.to_vec());
    Config::resolve(settings, None)
        .map_err(|error| Problem::bad(portolan_machine::text::printable(&error.to_string(), 500)))
}

async fn identify(
    service: &Shared,
    access_key_id: &str,
    secret: &SecretString,
    session_token: Option<&SecretString>,
) -> Result<StoredIdentity, Problem> {
    let config = roles_config(service, &[])?;
    let keys = AccessKeys {
        access_key_id: access_key_id.to_owned(),
        secret_access_key: secret.clone(),
        session_token: session_token.cloned(),
    };
    let identity = portolan_aws::identify_keys(&config.connection, keys).await;
    let identity = identity.map_err(|reason| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Problem::new(
            status,
            format!("the keys were not stored: {reason}; ?verify=false stores them unchecked"),
        )
    })?;
    Ok(StoredIdentity {
        account_id: identity.account_id,
        arn: identity.arn,
        partition: identity.partition,
        verified_at: moment::now(),
    })
}

/// Replace the keys of a credential
#[utoipa::path(post, path = "/v1/aws/credentials/{id}/rotate", tag = "credentials",
    params(("id" = String, Path), Verify), request_body = NewKeys,
    responses((status = 200, body = CredentialView), (status = 404, body = Problem)))]
pub(crate) async fn rotate(
    State(service): State<Shared>,
    Admin(caller): Admin,
    Id(id): Id,
    Asked(query): Asked<Verify>,
    body: Body<NewKeys>,
) -> Result<Json<CredentialView>, Problem> {
    let new = body.value;
    check_key_id(&new.access_key)?;
    let before = known(&service, &id).await?;
    let identity = match query.verify {
        Some(false) => None,
        _ => Some(
            identify(
                &service,
                &new.access_key,
                &new.access_secret,
                new.session_token.as_ref(),
            )
            .await?,
        ),
    };
    check_same_account(&before, identity.as_ref())?;
    let mut write = service.store.write().await?;
    // It may have been rotated meanwhile: the version counts on from what is there.
    let before = credentials::by_id(&mut *write, &id).await?;
    let before = before.ok_or_else(|| Problem::missing("credential"))?;
    let secrets = Secrets {
        secret_access_key: Some(new.access_secret),
        session_token: new.session_token,
        external_id: service.vault.unseal(&id, &before.sealed)?.external_id,
    };
    let credential = Credential {
        sealed: service
            .vault
            .seal(&id, before.sealed.version + 1, &secrets)?,
        access_key_id: Some(new.access_key),
        identity: identity.or_else(|| before.identity.clone()),
        rotated_at: Some(moment::now()),
        ..before
    };
    put(&mut write, &credential).await?;
    let detail = json!({"credentialId": id, "accessKey": credential.access_key_id, "checked": query.verify != Some(false)});
    audit::add(
        &mut write,
        &act(&caller, "credential.rotated", &credential.name, detail),
    )
    .await?;
    write.commit().await?;
    Ok(Json(view(credential)))
}

/// Keys of another account would give the registrations another world under their old name.
fn check_same_account(before: &Credential, new: Option<&StoredIdentity>) -> Result<(), Problem> {
    match (&before.identity, new) {
        (Some(old), Some(new)) if old.account_id != new.account_id => {
            Err(Problem::conflict(format!(
                "the new keys belong to account {}, and the credential to {}; store them as a credential of their own",
                new.account_id, old.account_id
            )))
        }
        _ => Ok(()),
    }
}
