//! Roles that credentials may assume.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;

use super::settings::{Connection, RoleArn};
use super::sts::{Refusal, Sts};
use super::value::sendable;

/// The parameters for assuming a role.
#[derive(Debug)]
pub(super) struct Assumption {
    sts: Sts,
    role: String,
    external_id: Option<String>,
    session_name: String,
    duration: Duration,
}

impl Assumption {
    /// The parameters for assuming this role with the credentials of `sts`.
    pub(super) fn new(sts: &Sts, connection: &Connection, role: &RoleArn) -> Self {
        Self {
            sts: sts.clone(),
            role: role.arn.clone(),
            external_id: connection.external_id.clone(),
            session_name: connection.session_name.clone(),
            duration: connection.session_duration,
        }
    }

    /// Assumes the role and returns its credentials.
    pub(super) async fn credentials(&self) -> Result<Credentials, Refusal> {
        let seconds = i32::try_from(self.duration.as_secs()).unwrap_or(i32::MAX);
        let (_, answer) = self
            .sts
            .ask("sts:AssumeRole", |client| {
                client
                    .assume_role()
                    .role_arn(&self.role)
                    .role_session_name(&self.session_name)
                    .duration_seconds(seconds)
                    .set_external_id(self.external_id.clone())
                    .send()
            })
            .await?;
        let Some(given) = answer.credentials else {
            return Err(Refusal::strange("STS returned no credentials for the role"));
        };
        let credentials = Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            SystemTime::try_from(given.expiration).ok(),
            "AssumeRole",
        );
        sendable(&credentials).map_err(|problem| Refusal::strange(&format!("STS: {problem}")))
    }
}
