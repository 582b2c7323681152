//! Forms: store a credential, register a Region.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::frame::{Frame, html};
use super::session::Visitor;
use super::words::shown;
use crate::api::auth::Admin;
use crate::api::credentials as api_credentials;
use crate::api::credentials::keys::{self, optional_secret};
use crate::api::extract::{Asked, Id};
use crate::api::problem::Problem;
use crate::api::registrations as api;
use crate::shared::Shared;
use crate::store::credentials;
use crate::token::Role;

/// The credentials of a choice.
const CREDENTIALS: i64 = 500;

/// Credentials, as the form sends them. What was typed comes back after an error, but for secrets.
#[derive(Debug, Default, Deserialize)]
pub(super) struct KeysForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    access_key: String,
    #[serde(default, deserialize_with = "optional_secret")]
    access_secret: Option<SecretString>,
    #[serde(default, deserialize_with = "optional_secret")]
    session_token: Option<SecretString>,
    #[serde(default)]
    roles: String,
    #[serde(default, deserialize_with = "optional_secret")]
    external_id: Option<SecretString>,
}

#[derive(Template)]
#[template(path = "credential.html")]
struct KeysPage {
    frame: Frame,
    typed: KeysForm,
    problem: String,
    allows_host: bool,
}

async fn keys_page(
    service: &Shared,
    visitor: &Visitor,
    typed: KeysForm,
    problem: String,
) -> Result<Html<String>, Fault> {
    html(&KeysPage {
        frame: Frame::new(service, visitor, "Store credentials", "scans").await?,
        typed,
        problem,
        allows_host: service.allows_host_credentials,
    })
}

/// The form for credentials
pub(super) async fn keys_form(
    State(service): State<Shared>,
    visitor: Visitor,
) -> Result<Html<String>, Fault> {
    visitor.permit(&service, Role::Admin)?;
    keys_page(&service, &visitor, KeysForm::default(), String::new()).await
}

/// The words of a field, which blanks, commas or lines separate.
fn words(text: &str) -> Vec<&str> {
    let words = text.split(|each: char| each == ',' || each.is_whitespace());
    words.filter(|word| !word.is_empty()).collect()
}

/// Store credentials
pub(super) async fn store_keys(
    State(service): State<Shared>,
    visitor: Visitor,
    Form(form): Form<KeysForm>,
) -> Result<Response, Fault> {
    let caller = visitor.permit(&service, Role::Admin)?;
    let mut new = Map::new();
    new.insert("credentialName".into(), json!(form.name));
    new.insert("assumeRoleArn".into(), json!(words(&form.roles)));
    if !form.access_key.trim().is_empty() {
        new.insert("accessKey".into(), json!(form.access_key.trim()));
    }
    for (member, secret) in [
        ("accessSecret", &form.access_secret),
        ("sessionToken", &form.session_token),
        ("externalId", &form.external_id),
    ] {
        let text = secret.as_ref().map_or("", |it| it.expose_secret()).trim();
        if !text.is_empty() {
            new.insert(member.into(), json!(text));
        }
    }
    let new = serde_json::from_value(Value::Object(new));
    let new = new.map_err(|_| Problem::bad("the form is not complete"))?;
    // The keys are stored also if the browser goes away meanwhile.
    let for_work = Shared::clone(&service);
    let work = tokio::spawn(async move { keys::stored(&for_work, &caller, true, new).await });
    match work
        .await
        .unwrap_or_else(|_| Err(Problem::unavailable("this did not work")))
    {
        Ok((_, stored)) => {
            let id = stored["credentialId"].as_str().unwrap_or_default();
            Ok(Redirect::to(&format!("/registrations/new?credential={id}")).into_response())
        }
        Err(problem) => {
            let status = problem.status();
            let page = keys_page(&service, &visitor, form, problem.into_detail()).await?;
            Ok((status, page).into_response())
        }
    }
}

/// Delete credentials, and stop the registrations that use them
pub(super) async fn delete_keys(
    State(service): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Redirect, Fault> {
    let caller = visitor.permit(&service, Role::Admin)?;
    let stop = Asked(api_credentials::Stop::yes());
    let deleted = api_credentials::delete(State(service), Admin(caller), Id(id), stop).await;
    let _ = deleted?;
    Ok(Redirect::to("/scans#credentials"))
}

/// A registration, as the form sends it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct RegisterForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    credential: String,
    #[serde(default)]
    regions: String,
    #[serde(default)]
    schedule: String,
    #[serde(default)]
    time_zone: String,
}

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    frame: Frame,
    typed: RegisterForm,
    credentials: Vec<(String, String)>,
    problem: String,
}

async fn register_page(
    service: &Shared,
    visitor: &Visitor,
    typed: RegisterForm,
    problem: String,
) -> Result<Html<String>, Fault> {
    let known = credentials::page(service.store.read(), None, CREDENTIALS).await?;
    let mut known: Vec<(String, String)> = known
        .into_iter()
        .map(|it| {
            let account = it
                .identity
                .map_or_else(String::new, |it| format!(" ({})", it.account_id));
            (it.id, format!("{}{account}", shown(&it.name)))
        })
        .collect();
    known.sort_by(|one, two| one.1.cmp(&two.1));
    html(&RegisterPage {
        frame: Frame::new(service, visitor, "Register a Region", "scans").await?,
        typed,
        credentials: known,
        problem,
    })
}

/// The form for a registration
pub(super) async fn form(
    State(service): State<Shared>,
    visitor: Visitor,
    axum::extract::Query(typed): axum::extract::Query<RegisterForm>,
) -> Result<Html<String>, Fault> {
    visitor.permit(&service, Role::Operator)?;
    register_page(&service, &visitor, typed, String::new()).await
}

/// Register
pub(super) async fn register(
    State(service): State<Shared>,
    visitor: Visitor,
    Form(form): Form<RegisterForm>,
) -> Result<Response, Fault> {
    let caller = visitor.permit(&service, Role::Operator)?;
    let schedule = form.schedule.trim();
    let zone = form.time_zone.trim();
    // A pattern has blanks, an interval has none.
    let schedule = match (schedule, zone) {
        ("", _) => json!({}),
        (cron, "") if cron.contains(' ') => json!({"cron": cron}),
        (cron, zone) if cron.contains(' ') => json!({"cron": cron, "timeZone": zone}),
        (interval, _) => json!({"interval": interval}),
    };
    let wishes = json!({
        "taskName": form.name,
        "secretUUID": form.credential,
        "regions": words(&form.regions),
        "schedule": schedule,
    });
    let wishes = serde_json::from_value(wishes);
    let wishes = wishes.map_err(|_| Problem::bad("the form is not complete"))?;
    let registered = api::registered(&service, &caller, wishes).await;
    match registered {
        Ok(_) => Ok(Redirect::to("/scans").into_response()),
        Err(problem) => {
            let status = problem.status();
            let page = register_page(&service, &visitor, form, problem.into_detail()).await?;
            Ok((status, page).into_response())
        }
    }
}
