//! The demo: the simulator's accounts, registered as a caller would.

use serde_json::{Value, json};

use super::auth::Caller;
use super::credentials::keys;
use super::problem::Problem;
use super::registrations;
use crate::shared::Shared;
use crate::store;
use crate::token::Role;

/// Stores the access key of the simulator's world `demo`, and registers its two accounts, unless something is
/// registered already.
pub(crate) async fn register(service: &Shared) -> Result<(), Problem> {
    let known = store::registrations::page(service.store.read(), None, 1).await?;
    if !known.is_empty() {
        return Ok(());
    }
    let caller = Caller {
        token_id: "demo".into(),
        name: "demo".into(),
        role: Role::Admin,
    };
    let roles = ["111111111111", "222222222222"]
        .map(|account| format!("arn:aws:iam::{account}:role/PortolanRead"));
    let credential = json!({
        "credentialName": "demo",
        "accessKey": "AKIADEMO00000000BASE",
        "accessSecret": "any-secret-will-do",
        "assumeRoleArn": roles,
    });
    let (_, stored) = keys::stored(service, &caller, true, parsed(credential)?).await?;
    let registration = json!({
        "taskName": "demo",
        "secretUUID": stored["credentialId"],
        "regions": ["us-east-1", "eu-west-1"],
        "options": {"EcsTask.fetchStoppedTasks": "true"},
        "schedule": {"interval": "15m"},
    });
    registrations::registered(service, &caller, parsed(registration)?).await?;
    Ok(())
}

fn parsed<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| Problem::bad(error.to_string()))
}
