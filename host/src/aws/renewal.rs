//! Credentials that are renewed: shortly before they expire, and when AWS says that they have.
//!
//! The SDK has a cache of its own, which cannot be told that credentials which should still be good are
//! not: because a clock is wrong, a session was revoked, or somebody rotated the keys of a profile.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};

use super::failure::chain;
use crate::config::Config;

/// Credentials are renewed so long before they expire, or in the last tenth of their life if that is
/// shorter: a request that is signed now may take this long to arrive.
const EXPIRY_MARGIN: Duration = Duration::from_secs(10);

/// Credentials that everybody who calls as the same identity shares.
#[derive(Clone)]
pub(crate) struct Renewing {
    shared: Arc<Shared>,
}

struct Shared {
    source: Source,
    held: tokio::sync::Mutex<Held>,
    /// Counts credentials, so that a caller can say which ones were refused.
    generation: AtomicU64,
}

#[derive(Default)]
struct Held {
    credentials: Option<Credentials>,
    renew_at: Option<SystemTime>,
    /// The generation that AWS refused and in whose place nothing better was found.
    dead: Option<u64>,
}

enum Source {
    /// The SDK's chain, made anew for each question, for its parts remember what they have read.
    Chain(Box<Config>),
    /// A role, and the credentials that may assume it.
    Role {
        provider: Box<AssumeRoleProvider>,
        assumer: Renewing,
    },
}

impl Renewing {
    /// Credentials of the SDK's chain, or of the settings.
    pub(super) fn chain(config: &Config) -> Self {
        Self::new(Source::Chain(Box::new(config.clone())))
    }

    /// Credentials of a role that `assumer` may assume.
    pub(super) fn role(provider: AssumeRoleProvider, assumer: Self) -> Self {
        Self::new(Source::Role {
            provider: Box::new(provider),
            assumer,
        })
    }

    fn new(source: Source) -> Self {
        Self {
            shared: Arc::new(Shared {
                source,
                held: tokio::sync::Mutex::default(),
                generation: AtomicU64::new(0),
            }),
        }
    }

    /// Which credentials a request that is signed now has.
    pub(super) fn generation(&self) -> u64 {
        self.shared.generation.load(Ordering::Acquire)
    }

    /// Asks for new credentials because AWS refused those of `generation`. Gives whether there are others
    /// now, with which the request may be repeated.
    pub(super) async fn renew(&self, generation: u64) -> bool {
        let mut held = self.shared.held.lock().await;
        if self.generation() != generation {
            return true;
        }
        if held.dead == Some(generation) {
            return false;
        }
        let renewed = self.fetch().await.ok();
        match renewed.filter(|new| !held.credentials.as_ref().is_some_and(|old| same(old, new))) {
            Some(new) => {
                tracing::info!("AWS refused credentials that should be good; they were renewed");
                self.hold(&mut held, new);
                true
            }
            None => {
                held.dead = Some(generation);
                false
            }
        }
    }

    async fn current(&self) -> provider::Result {
        let mut held = self.shared.held.lock().await;
        let is_due = held
            .renew_at
            .is_some_and(|renew_at| SystemTime::now() >= renew_at);
        if let Some(credentials) = held.credentials.as_ref().filter(|_| !is_due) {
            return Ok(credentials.clone());
        }
        let credentials = self.fetch().await?;
        self.hold(&mut held, credentials.clone());
        Ok(credentials)
    }

    fn hold(&self, held: &mut Held, credentials: Credentials) {
        let now = SystemTime::now();
        held.renew_at = credentials.expiry().map(|expiry| {
            let life = expiry.duration_since(now).unwrap_or_default();
            now + life.saturating_sub(EXPIRY_MARGIN.min(life / 10))
        });
        held.credentials = Some(credentials);
        self.shared.generation.fetch_add(1, Ordering::AcqRel);
    }

    async fn fetch(&self) -> provider::Result {
        match &self.shared.source {
            Source::Chain(config) => {
                let sdk = super::account::base(config).await;
                let provider = sdk
                    .credentials_provider()
                    .ok_or_else(|| CredentialsError::not_loaded("no credentials provider"))?;
                provider.provide_credentials().await
            }
            Source::Role { provider, assumer } => {
                let generation = assumer.generation();
                let first = provider.provide_credentials().await;
                match first {
                    // Boxed, for the assumer may be a role itself.
                    Err(error)
                        if names_bad_credentials(&error)
                            && Box::pin(assumer.renew(generation)).await =>
                    {
                        provider.provide_credentials().await
                    }
                    result => result,
                }
            }
        }
    }
}

fn same(old: &Credentials, new: &Credentials) -> bool {
    old.access_key_id() == new.access_key_id()
        && old.secret_access_key() == new.secret_access_key()
        && old.session_token() == new.session_token()
}

/// Whether STS refused to assume a role because of the credentials that asked.
fn names_bad_credentials(error: &CredentialsError) -> bool {
    let text = chain(error);
    ["ExpiredToken", "InvalidClientTokenId"]
        .iter()
        .any(|code| text.contains(code))
}

impl ProvideCredentials for Renewing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.current())
    }
}

impl fmt::Debug for Renewing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Renewing")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(id: &str, life: Option<Duration>) -> Credentials {
        let expiry = life.map(|life| SystemTime::now() + life);
        Credentials::new(id, "secret", None, expiry, "test")
    }

    fn renewing() -> Renewing {
        let config = Config::resolve(crate::config::Settings::default(), None).expect("valid");
        Renewing::chain(&config)
    }

    #[tokio::test]
    async fn who_comes_late_repeats_with_what_another_renewed() {
        let renewing = renewing();
        let refused = renewing.generation();
        let mut held = renewing.shared.held.lock().await;
        renewing.hold(&mut held, credentials("AKIANEW", None));
        drop(held);
        assert!(renewing.renew(refused).await);
        let current = renewing.current().await.expect("held");
        assert_eq!(current.access_key_id(), "AKIANEW");
    }

    #[tokio::test]
    async fn credentials_are_due_shortly_before_they_expire() {
        let renewing = renewing();
        for (life, margin) in [(3_600, 10.0), (20, 2.0)] {
            let mut held = Held::default();
            let life = Duration::from_secs(life);
            let new = credentials("AKIA", Some(life));
            let expiry = new.expiry().expect("given");
            renewing.hold(&mut held, new);
            let renew_at = held.renew_at.expect("it expires");
            let before = expiry.duration_since(renew_at).expect("earlier");
            assert!((before.as_secs_f64() - margin).abs() < 0.1, "{before:?}");
        }
    }
}
