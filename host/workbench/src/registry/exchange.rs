//! The authentication that a registry requires: nothing, a password, or a token of its token service. The
//! token service requires nothing or a password
//! (<https://distribution.github.io/distribution/spec/auth/token/>), or an identity token, which `az acr
//! login` and others store with Docker (<https://distribution.github.io/distribution/spec/auth/oauth/>).

use std::time::{Duration, Instant};

use reqwest::header::{HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::login::Secret;
use super::outcome::{ExchangeFailure, Kept, Shown, is_busy};
use super::patience::Patience;
use super::wire::{read, refusal};
use super::{Action, ArtifactRef, RegistryClient};

/// Lifetime of a token that states none.
const TOKEN_SECONDS: u64 = 60;
/// A token is renewed this long before it expires.
const MARGIN_SECONDS: u64 = 10;

/// The token service that a registry names.
struct Challenge {
    realm: Url,
    service: Option<String>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    /// Older services use this name; some use both.
    token: Option<String>,
    expires_in: Option<Value>,
}

impl RegistryClient {
    /// The authentication of the next request; a new one if there is none or it has expired.
    pub(super) async fn shown(
        &self,
        place: &ArtifactRef,
        action: Action,
    ) -> Result<Shown, ExchangeFailure> {
        let mut kept = self.kept.lock().await;
        if let Some(Kept { shown, end }) = &*kept
            && end.is_none_or(|end| Instant::now() < end)
        {
            return Ok(shown.clone());
        }
        let (shown, seconds) = self.log_in(place, action).await?;
        let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
        *kept = Some(Kept {
            shown: shown.clone(),
            end,
        });
        Ok(shown)
    }

    async fn log_in(
        &self,
        place: &ArtifactRef,
        action: Action,
    ) -> Result<(Shown, Option<u64>), ExchangeFailure> {
        let patience = Patience::new(place.registry(), "its first answer");
        let answer = self.client.get(self.base(place)?).send();
        let answer = patience.wait(answer).await??;
        let has_proxy_to_ask = answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED;
        if has_proxy_to_ask || is_busy(answer.status()) {
            return Err(refusal(&patience, answer, None).await);
        }
        let is_identity = matches!(self.login.secret, Secret::Identity(_));
        let wanted = challenges(&answer);
        let find = |scheme: &str| {
            let mut all = wanted.iter();
            all.find(|challenge| challenge.scheme.eq_ignore_ascii_case(scheme))
        };
        if let Some(bearer) = find("bearer") {
            let challenge = Challenge::read(bearer, is_identity)?;
            let (token, seconds) = self.token(place, action, &challenge).await?;
            return Ok((Shown::Token(token), Some(seconds)));
        }
        if !is_identity {
            return Ok(match &self.login.secret {
                Secret::Password(username, password) if find("basic").is_some() => {
                    (Shown::Password(username.clone(), password.clone()), None)
                }
                _ => (Shown::Nothing, None),
            });
        }
        if find("basic").is_some() {
            return Err(ExchangeFailure::Credentials(
                "the registry asks for a password, and `docker login` stored an identity token"
                    .into(),
            ));
        }
        let status = answer.status();
        match portolan_machine::text::is_html(&read(&patience, answer).await?) {
            true => Err(ExchangeFailure::Page),
            false if status == StatusCode::UNAUTHORIZED => Err(ExchangeFailure::Credentials(
                "the registry does not name a token service for the identity token".into(),
            )),
            false => Ok((Shown::Nothing, None)),
        }
    }

    /// Asks the token service for a token and its lifetime in seconds.
    async fn token(
        &self,
        place: &ArtifactRef,
        action: Action,
        challenge: &Challenge,
    ) -> Result<(SecretString, u64), ExchangeFailure> {
        let host = challenge.host();
        let secret = &self.login.secret;
        if challenge.realm.scheme() != "https" && !self.is_plain {
            match secret {
                Secret::Nothing => {}
                // Docker sends it too.
                Secret::Password(..) => tracing::warn!(
                    "the registry {} requires the password without TLS at its token service {host}; ask the operator of the registry",
                    place.registry()
                ),
                Secret::Identity(_) => {
                    return Err(ExchangeFailure::Credentials(format!(
                        "the registry requires the identity token without TLS at {host}"
                    )));
                }
            }
        }
        let actions = match action {
            Action::Pull => "pull",
            Action::Push => "pull,push",
        };
        let scope = format!("repository:{}:{actions}", place.reference.repository());
        let mut query = vec![("scope", scope.as_str())];
        query.extend(challenge.service.as_deref().map(|name| ("service", name)));
        let mut url = challenge.realm.clone();
        let request = if let Secret::Identity(token) = secret {
            query.extend([
                ("grant_type", "refresh_token"),
                ("client_id", "portolan"),
                ("refresh_token", token.expose_secret()),
            ]);
            self.unmoved.post(url).form(&query)
        } else {
            url.query_pairs_mut().extend_pairs(query);
            let request = self.client.get(url);
            match secret {
                Secret::Password(username, password) => {
                    request.basic_auth(username, Some(password.expose_secret()))
                }
                _ => request,
            }
        };
        let what = format!("a token of its token service {host}");
        let patience = Patience::new(place.registry(), &what);
        let answer = patience.wait(request.send()).await??;
        let is_identity = matches!(secret, Secret::Identity(_));
        challenge.token(&patience, answer, is_identity).await
    }
}

/// All challenges of an answer.
fn challenges(answer: &Response) -> Vec<http_auth::ChallengeRef<'_>> {
    let headers = answer.headers().get_all(WWW_AUTHENTICATE).iter();
    headers
        .filter_map(|header| http_auth::parse_challenges(header.to_str().ok()?).ok())
        .flatten()
        .collect()
}

impl Challenge {
    fn read(
        bearer: &http_auth::ChallengeRef<'_>,
        is_identity: bool,
    ) -> Result<Self, ExchangeFailure> {
        let parameter = |wanted: &str| {
            let mut all = bearer.params.iter();
            let found = all.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.to_unescaped())
        };
        let realm = parameter("realm").and_then(|realm| Url::parse(realm.trim()).ok());
        let realm = realm.filter(|realm| ["http", "https"].contains(&realm.scheme()));
        Ok(Self {
            realm: realm.ok_or_else(|| {
                let reason = "it names no URL of its token service".to_owned();
                match is_identity {
                    true => ExchangeFailure::Credentials(format!("asked for a token, {reason}")),
                    false => ExchangeFailure::Answer(reason),
                }
            })?,
            service: parameter("service"),
        })
    }

    fn host(&self) -> &str {
        self.realm.host_str().unwrap_or_default()
    }

    /// Reads the token. It does not repeat the answer's own text, which may hold secrets.
    async fn token(
        &self,
        patience: &Patience<'_>,
        answer: Response,
        is_identity: bool,
    ) -> Result<(SecretString, u64), ExchangeFailure> {
        let status = answer.status();
        let host = self.host();
        if !status.is_success() {
            let failure = refusal(patience, answer, Some(host.to_owned())).await;
            let is_refused = matches!(failure, ExchangeFailure::Status { .. })
                && [400, 401, 403].contains(&status.as_u16());
            return Err(match is_refused {
                true if is_identity => ExchangeFailure::Credentials(format!(
                    "its token service {host} does not accept the identity token that `docker login` stored (status {status}); it may have expired"
                )),
                true => ExchangeFailure::Denied,
                false => failure,
            });
        }
        let body = read(patience, answer).await?;
        if portolan_machine::text::is_html(&body) {
            return Err(ExchangeFailure::Page);
        }
        let answer: Option<TokenAnswer> = serde_json::from_slice(&body).ok();
        let (token, seconds) = answer.map_or((None, None), |answer| {
            let tokens = [answer.access_token, answer.token].into_iter().flatten();
            let mut tokens = tokens.map(|token| token.trim().to_owned());
            let token = tokens.find(|token| !token.is_empty());
            (token, answer.expires_in.and_then(|value| value.as_u64()))
        });
        let token = token.ok_or_else(|| {
            ExchangeFailure::Answer(format!(
                "the answer of its token service {host} has no token in it; ask the operator of the registry"
            ))
        })?;
        // Requests carry the token in a header.
        if HeaderValue::from_str(&token).is_err() {
            return Err(ExchangeFailure::Answer(format!(
                "the token of its token service {host} cannot be used: it has a line break in it, or another character that is not valid in an HTTP header; ask the operator of the registry"
            )));
        }
        let seconds = seconds.unwrap_or(TOKEN_SECONDS).clamp(TOKEN_SECONDS, 3600);
        Ok((token.into(), seconds - MARGIN_SECONDS))
    }
}
