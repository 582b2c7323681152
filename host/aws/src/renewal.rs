//! Credentials that are renewed: shortly before they expire, and when AWS reports them as expired.
//!
//! The SDK's own cache cannot drop credentials that are not expired yet. AWS may refuse them earlier, because
//! a clock is wrong, a session was revoked, or the keys of a profile were rotated.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::advice::chain;
use super::assumption::Assumption;
use super::environment::Environment;
use super::settings::Connection;
use super::value::sendable;
use portolan_machine::clock::Clock;
use portolan_machine::guard::guarded_async;

/// Credentials are renewed this long before they expire, or in the last tenth of their life if that is
/// shorter: a request that is signed now may take this long to arrive.
const EXPIRY_MARGIN: Duration = Duration::from_secs(10);

/// The time for which a failed renewal is not tried again.
const COUNTS_FOR: Duration = Duration::from_secs(10);
/// The limit for the SDK's chain to find credentials in files, at metadata addresses, and in services.
const CHAIN_LIMIT: Duration = Duration::from_secs(30);
/// The limit for STS to return the credentials of a role that a profile or a variable names, over all Regions
/// together.
const STS_LIMIT: Duration = Duration::from_secs(10);
/// The time after which a warning reports what the program waits for.
const WORD_AFTER: Duration = Duration::from_secs(3);
/// The limit for a profile's program (`credential_process`), which may prompt for a code.
const PROGRAM_LIMIT: Duration = Duration::from_secs(300);

/// The credentials of an identity. All callers with this identity share them.
#[derive(Clone)]
pub(crate) struct Renewing {
    shared: Arc<Shared>,
}

struct Shared {
    source: CredentialSource,
    held: tokio::sync::Mutex<Held>,
    /// Counts renewals, so that a caller can name the credentials that were refused.
    generation: AtomicU64,
}

#[derive(Default)]
struct Held {
    credentials: Option<Credentials>,
    renew_at: Option<SystemTime>,
    /// The generation that AWS refused and that could not be replaced, and the time of the attempt.
    dead: Option<(u64, Instant)>,
    /// The reason and time of the last failed load, so that other waiting callers do not repeat it.
    failed: Option<(String, Instant)>,
}

enum CredentialSource {
    /// The SDK's chain, built anew for each load, because its parts cache the files that they read.
    Chain(Box<Connection>, Clock),
    /// A role, and the credentials that may assume it.
    Role {
        assumption: Box<Assumption>,
        assumer: Renewing,
    },
}

impl Renewing {
    /// Credentials of the SDK's chain, or of the settings.
    pub(super) fn chain(connection: &Connection, clock: Clock) -> Self {
        Self::new(CredentialSource::Chain(Box::new(connection.clone()), clock))
    }

    /// Credentials of a role that `assumer` may assume.
    pub(super) fn role(assumption: Assumption, assumer: Self) -> Self {
        Self::new(CredentialSource::Role {
            assumption: Box::new(assumption),
            assumer,
        })
    }

    /// Loads credentials before the first request to AWS.
    ///
    /// # Errors
    /// The reason that there are no credentials, and what to do.
    pub(super) async fn load(&self) -> Result<(), String> {
        match self.current().await {
            Ok(_) => Ok(()),
            Err(error) => Err(chain(std::error::Error::source(&error).unwrap_or(&error))),
        }
    }

    fn new(source: CredentialSource) -> Self {
        Self {
            shared: Arc::new(Shared {
                source,
                held: tokio::sync::Mutex::default(),
                generation: AtomicU64::new(0),
            }),
        }
    }

    /// The generation of the credentials that sign a request now.
    pub(super) fn generation(&self) -> u64 {
        self.shared.generation.load(Ordering::Acquire)
    }

    /// Renews credentials because AWS refused those of `generation`. Returns whether there are others now, so
    /// that the request may be repeated.
    pub(super) async fn renew(&self, generation: u64) -> bool {
        let mut held = self.shared.held.lock().await;
        if self.generation() != generation {
            return true;
        }
        let is_dead =
            |(dead, since): (u64, Instant)| dead == generation && since.elapsed() < COUNTS_FOR;
        if held.dead.is_some_and(is_dead) {
            return false;
        }
        let renewed = self.fetch().await.ok();
        match renewed.filter(|new| !held.credentials.as_ref().is_some_and(|old| same(old, new))) {
            Some(new) => {
                tracing::info!("AWS refused credentials that were not expired; they were renewed");
                self.hold(&mut held, new);
                true
            }
            None => {
                held.dead = Some((generation, Instant::now()));
                false
            }
        }
    }

    /// AWS's time, by which credentials expire.
    fn time(&self) -> SystemTime {
        match &self.shared.source {
            CredentialSource::Chain(_, clock) => clock.time(),
            CredentialSource::Role { assumer, .. } => assumer.time(),
        }
    }

    async fn current(&self) -> provider::Result {
        let mut held = self.shared.held.lock().await;
        let is_due = held
            .renew_at
            .is_some_and(|renew_at| self.time() >= renew_at);
        if let Some(credentials) = held.credentials.as_ref().filter(|_| !is_due) {
            return Ok(credentials.clone());
        }
        if let Some((reason, since)) = &held.failed
            && since.elapsed() < COUNTS_FOR
        {
            return Err(CredentialsError::provider_error(reason.clone()));
        }
        match self.fetch().await {
            Ok(credentials) => {
                self.hold(&mut held, credentials.clone());
                Ok(credentials)
            }
            Err(error) => {
                let reason = chain(std::error::Error::source(&error).unwrap_or(&error));
                held.failed = Some((reason, Instant::now()));
                Err(error)
            }
        }
    }

    fn hold(&self, held: &mut Held, credentials: Credentials) {
        let now = self.time();
        held.renew_at = credentials.expiry().map(|expiry| {
            let life = expiry.duration_since(now).unwrap_or_default();
            now + life.saturating_sub(EXPIRY_MARGIN.min(life / 10))
        });
        held.credentials = Some(credentials);
        self.shared.generation.fetch_add(1, Ordering::AcqRel);
    }

    async fn fetch(&self) -> provider::Result {
        let credentials = match &self.shared.source {
            CredentialSource::Chain(config, clock) => from_chain(config, clock).await?,
            CredentialSource::Role {
                assumption,
                assumer,
            } => {
                let generation = assumer.generation();
                let refused = match assumption.credentials().await {
                    Ok(credentials) => return Ok(credentials),
                    Err(refused) => refused,
                };
                let is_callers =
                    ["ExpiredToken", "InvalidClientTokenId"].contains(&refused.code.as_str());
                // Boxed, because the assumer may be a role itself.
                if !is_callers || !Box::pin(assumer.renew(generation)).await {
                    return Err(CredentialsError::provider_error(refused));
                }
                let again = assumption.credentials().await;
                again.map_err(CredentialsError::provider_error)?
            }
        };
        Ok(credentials)
    }
}

async fn from_chain(connection: &Connection, clock: &Clock) -> provider::Result {
    let failed = |problem: String| CredentialsError::provider_error(problem);
    let environment = Environment::read(connection).await;
    let environment = environment.map_err(CredentialsError::provider_error)?;
    // Keys from Portolan's own settings need no profile, even if an AWS variable names one.
    let needs_profile = connection.access_keys.is_none() || connection.profile.is_some();
    if let Some(problem) = environment.missing_profile().filter(|_| needs_profile) {
        return Err(failed(problem));
    }
    let (limit, regions) = match (environment.runs_a_program(), environment.assumes_a_role()) {
        (true, _) => (PROGRAM_LIMIT, vec![None]),
        // The STS of one Region may not answer, or may refuse the account.
        (false, true) => (STS_LIMIT, chain_regions(&environment, connection)),
        (false, false) => (CHAIN_LIMIT, vec![None]),
    };
    let asked = in_turn(regions, limit, |region| {
        of_region(&environment, connection, clock, region)
    });
    match tokio::time::timeout(limit, asked).await {
        Ok(Ok(credentials)) => Ok(credentials),
        Ok(Err(problem)) => Err(failed(problem)),
        Err(_) => Err(failed(format!(
            "the source of the credentials (STS, IAM Identity Center, a container's endpoint, instance metadata or a program) did not answer within {} s; check the network, HTTPS_PROXY and firewalls",
            limit.as_secs()
        ))),
    }
}

/// The Regions whose STS is called for a role in a profile or a token file: the profile's own Region, then
/// the Regions of the run.
fn chain_regions(environment: &Environment, connection: &Connection) -> Vec<Option<String>> {
    let own = environment.region().map(str::to_owned);
    let all = own.into_iter().chain(connection.regions.iter().cloned());
    let mut regions: Vec<String> = Vec::new();
    for region in all {
        if !regions.contains(&region) {
            regions.push(region);
        }
    }
    if regions.is_empty() {
        return vec![None];
    }
    regions.into_iter().map(Some).collect()
}

/// The credentials of the chain. Its clients call `region`, if given.
async fn of_region(
    environment: &Environment,
    connection: &Connection,
    clock: &Clock,
    region: Option<String>,
) -> Result<Credentials, String> {
    let sdk = super::sdk::chain_base(environment, connection, clock, region.as_deref()).await;
    let sdk = sdk.map_err(|error| error.to_string())?;
    let Some(provider) = sdk.credentials_provider() else {
        return Err(environment.credentials_problem("no credentials found"));
    };
    // The SDK panics on some answers of containers' endpoints and of instance metadata.
    let answer = guarded_async(provider.provide_credentials()).await;
    let Some(answer) = answer else {
        return Err("the source of the credentials returned an answer that the AWS SDK cannot read; check which server answers at its address".into());
    };
    let credentials = answer.map_err(|error| environment.credentials_problem(&chain(&error)))?;
    sendable(&credentials)
}

/// Calls one Region after the other, each when the one before has failed or has not answered for a while. The
/// first error counts, because it is that of the preferred Region.
async fn in_turn<F>(
    regions: Vec<Option<String>>,
    limit: Duration,
    ask: impl Fn(Option<String>) -> F,
) -> Result<Credentials, String>
where
    F: Future<Output = Result<Credentials, String>>,
{
    let stagger = limit / 2 / u32::try_from(regions.len().max(1)).unwrap_or(u32::MAX);
    let (mut rest, mut asked) = (regions.into_iter(), FuturesUnordered::new());
    let (began, mut has_spoken, mut first) = (Instant::now(), false, None);
    loop {
        asked.extend(rest.next().map(&ask));
        let answer = loop {
            tokio::select! {
                answer = asked.next() => break answer,
                () = tokio::time::sleep(stagger.min(WORD_AFTER)) => {}
            }
            if began.elapsed() >= WORD_AFTER && !has_spoken {
                has_spoken = true;
                tracing::warn!(
                    "the source of the credentials does not answer; waiting for it for at most {} s",
                    limit.as_secs()
                );
            }
            asked.extend(rest.next().map(&ask));
        };
        match answer {
            Some(Ok(credentials)) => return Ok(credentials),
            Some(Err(problem)) => {
                first.get_or_insert(problem);
            }
            None => return Err(first.unwrap_or_default()),
        }
    }
}

fn same(old: &Credentials, new: &Credentials) -> bool {
    old.access_key_id() == new.access_key_id()
        && old.secret_access_key() == new.secret_access_key()
        && old.session_token() == new.session_token()
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
        Renewing::chain(&Connection::default(), Clock::default())
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
