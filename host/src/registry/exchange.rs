//! Identity tokens, which `az acr login` and others have Docker store instead of a password: the token
//! service that a registry names gives a token for one repository in exchange
//! (<https://distribution.github.io/distribution/spec/auth/oauth/>).

use reqwest::header::WWW_AUTHENTICATE;
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;

use super::{Action, Place};

/// Why there is no token.
pub(super) enum Refusal {
    /// No connection.
    Request(reqwest::Error),
    /// Who answered was a proxy.
    Page,
    /// A sentence.
    Reason(String),
}

impl From<reqwest::Error> for Refusal {
    fn from(error: reqwest::Error) -> Self {
        Self::Request(error)
    }
}

/// What a registry asks for.
struct Challenge {
    realm: Url,
    service: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    /// What services of the older way call it; some say both.
    token: Option<String>,
}

/// Exchanges an identity token; none if the registry asks for nothing.
pub(super) async fn exchange(
    client: &Client,
    place: &Place,
    is_plain: bool,
    action: Action,
    identity: &str,
) -> Result<Option<String>, Refusal> {
    let scheme = if is_plain { "http" } else { "https" };
    let host = place.reference.resolve_registry();
    let answer = client.get(format!("{scheme}://{host}/v2/")).send().await?;
    let Some(challenge) = Challenge::read(answer).await? else {
        return Ok(None);
    };
    if challenge.realm.scheme() != "https" && !is_plain {
        return Err(Refusal::Reason(format!(
            "the registry asks to send the identity token without TLS, to {}",
            challenge.host()
        )));
    }
    let actions = match action {
        Action::Pull => "pull",
        Action::Push => "pull,push",
    };
    let scope = format!("repository:{}:{actions}", place.reference.repository());
    let mut form = vec![
        ("grant_type", "refresh_token"),
        ("client_id", "portolan"),
        ("scope", &scope),
        ("refresh_token", identity),
    ];
    form.extend(challenge.service.as_deref().map(|name| ("service", name)));
    let answer = client
        .post(challenge.realm.clone())
        .form(&form)
        .send()
        .await?;
    challenge.token(answer).await.map(Some)
}

/// Far more than any token has.
const BODY_LIMIT_BYTES: usize = 1024 * 1024;

/// The body of an answer, as far as anybody needs it.
async fn read(mut answer: Response) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > BODY_LIMIT_BYTES {
            break;
        }
    }
    Ok(body)
}

impl Challenge {
    async fn read(answer: Response) -> Result<Option<Self>, Refusal> {
        let headers = answer.headers().get_all(WWW_AUTHENTICATE).iter();
        let headers: Vec<String> = headers
            .filter_map(|header| Some(header.to_str().ok()?.to_owned()))
            .collect();
        let status = answer.status();
        if headers.is_empty() {
            return match crate::text::is_html(&read(answer).await?) {
                true => Err(Refusal::Page),
                false if status == StatusCode::UNAUTHORIZED => Err(Refusal::Reason(
                    "the registry does not say who would take the identity token".into(),
                )),
                false => Ok(None),
            };
        }
        let challenges = headers
            .iter()
            .filter_map(|header| http_auth::parse_challenges(header).ok())
            .flatten();
        let bearer = challenges
            .into_iter()
            .find(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"))
            .ok_or_else(|| {
                Refusal::Reason(
                    "the registry asks for a password, and `docker login` stored an identity token"
                        .into(),
                )
            })?;
        let parameter = |wanted: &str| {
            let mut all = bearer.params.iter();
            let found = all.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.to_unescaped())
        };
        let realm = parameter("realm").and_then(|realm| Url::parse(&realm).ok());
        Ok(Some(Self {
            realm: realm.ok_or_else(|| {
                Refusal::Reason("the registry names no URL of its token service".into())
            })?,
            service: parameter("service"),
        }))
    }

    fn host(&self) -> &str {
        self.realm.host_str().unwrap_or_default()
    }

    /// The answer's own words are not repeated: nobody knows what is in them.
    async fn token(&self, answer: Response) -> Result<String, Refusal> {
        let status = answer.status();
        let body = read(answer).await?;
        if crate::text::is_html(&body) {
            return Err(Refusal::Page);
        }
        if !status.is_success() {
            let host = self.host();
            return Err(Refusal::Reason(match status.as_u16() {
                400 | 401 | 403 => format!(
                    "its token service {host} does not take the identity token that `docker login` stored (status {status}); it may have expired"
                ),
                _ => format!("its token service {host} answers with status {status}"),
            }));
        }
        let answer: Option<Answer> = serde_json::from_slice(&body).ok();
        let token = answer.and_then(|answer| answer.access_token.or(answer.token));
        token.ok_or_else(|| {
            Refusal::Reason(format!(
                "what its token service {} answers has no token in it",
                self.host()
            ))
        })
    }
}
