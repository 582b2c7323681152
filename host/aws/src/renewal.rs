//! Credentials that are renewed: shortly before they expire, and when AWS says that they have.
//!
//! The SDK has a cache of its own, which cannot be told that credentials which should still be good are
//! not: because a clock is wrong, a session was revoked, or somebody rotated the keys of a profile.

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

/// Credentials are renewed so long before they expire, or in the last tenth of their life if that is
/// shorter: a request that is signed now may take this long to arrive.
const EXPIRY_MARGIN: Duration = Duration::from_secs(10);

/// How long it counts that there are no other credentials: a source may have them again.
const COUNTS_FOR: Duration = Duration::from_secs(10);
/// How long the SDK's chain may look for credentials in files, at metadata addresses, and in services.
const CHAIN_LIMIT: Duration = Duration::from_secs(30);
/// How long STS may take to give the credentials of a role that a profile or a variable names, in all Regions
/// together.
const STS_LIMIT: Duration = Duration::from_secs(10);
/// After so long somebody wants to know what is waited for.
const WORD_AFTER: Duration = Duration::from_secs(3);
/// How long the program of a profile (`credential_process`) may take: it may ask a person for a code.
const PROGRAM_LIMIT: Duration = Duration::from_secs(300);

/// Credentials that everybody who calls as the same identity shares.
#[derive(Clone)]
pub(crate) struct Renewing {
    shared: Arc<Shared>,
}

struct Shared {
    source: CredentialSource,
    held: tokio::sync::Mutex<Held>,
    /// Counts credentials, so that a caller can say which ones were refused.
    generation: AtomicU64,
}

#[derive(Default)]
struct Held {
    credentials: Option<Credentials>,
    renew_at: Option<SystemTime>,
    /// The generation that AWS refused and in whose place nothing better was found, and when that was.
    dead: Option<(u64, Instant)>,
    /// Why there are none, and when that was found out: others who wait need not find it out again.
    failed: Option<(String, Instant)>,
}

enum CredentialSource {
    /// The SDK's chain, made anew for each question, for its parts remember what they have read.
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

    /// Loads credentials, before anything is asked of AWS with them.
    ///
    /// # Errors
    /// Why there are none, and what to do.
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
        let is_dead =
            |(dead, since): (u64, Instant)| dead == generation && since.elapsed() < COUNTS_FOR;
        if held.dead.is_some_and(is_dead) {
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
                held.dead = Some((generation, Instant::now()));
                false
            }
        }
    }

    /// The time as AWS has it, by which credentials expire.
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
                // Boxed, for the assumer may be a role itself.
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
    // Keys of our own settings need no profile, whatever a variable of AWS names.
    let needs_profile = connection.access_keys.is_none() || connection.profile.is_some();
    if let Some(problem) = environment.missing_profile().filter(|_| needs_profile) {
        return Err(failed(problem));
    }
    let (limit, regions) = match (environment.runs_a_program(), environment.assumes_a_role()) {
        (true, _) => (PROGRAM_LIMIT, vec![None]),
        // Its STS may be one that does not answer, or is not for this account.
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
            "what gives the credentials (STS, IAM Identity Center, a container's endpoint, instance metadata or a program) gave no answer within {} s; check the network, HTTPS_PROXY and firewalls",
            limit.as_secs()
        ))),
    }
}

/// Where the STS of a role in a profile or a token file is asked: in the chain's own Region, then in those of
/// the run.
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

/// The credentials of the chain, which asks in `region`, if that matters.
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
    // The SDK panics over some of what containers' endpoints and instance metadata answer.
    let answer = guarded_async(provider.provide_credentials()).await;
    let Some(answer) = answer else {
        return Err("what gives the credentials gave something that the AWS SDK cannot read; check what answers at its address".into());
    };
    let credentials = answer.map_err(|error| environment.credentials_problem(&chain(&error)))?;
    sendable(&credentials)
}

/// Asks in one Region after the other, each when the one before has failed or is silent for a while. The first
/// error counts: it is that of the Region which was meant.
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
                    "what gives the credentials does not answer; waiting for it for at most {} s",
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
