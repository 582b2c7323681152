//! Calls to STS: in one Region after the other until one answers, because a Region that is not enabled or not
//! reachable implies nothing about the others.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_sts::Client;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::advice::{Trouble, advice, chain, html_page, is_html};
use super::failure::{kind_of, time_of_refusal};
use super::failure_kind::FailureKind;
use super::pause::pause;
use portolan_machine::clock::Clock;
use portolan_machine::text::printable;
use portolan_page::object::Operation;

/// The limit for an answer from any of the Regions. STS answers in tens of milliseconds; isolated networks
/// drop packets to it without an error.
const SILENCE_LIMIT: Duration = Duration::from_secs(10);
/// The longest wait for one Region before the next is called too, so that each gets its turn.
const STAGGER: Duration = Duration::from_secs(2);
/// The time after which a warning reports what the program waits for.
const WORD_AFTER: Duration = Duration::from_secs(3);
/// The number of retries after an error of STS or of the connection.
const REPEAT_LIMIT: u32 = 2;
/// The number of retries when STS throttles: with growing pauses, more than a minute.
const THROTTLE_LIMIT: u32 = 20;

/// STS, called in the Regions of a run.
#[derive(Clone, Debug)]
pub(super) struct Sts {
    pub(super) sdk: SdkConfig,
    /// The Regions to call in this order, at least one.
    pub(super) regions: Vec<String>,
    pub(super) clock: Clock,
    /// The Region that answered first; later calls try it first.
    pub(super) good: Arc<OnceLock<String>>,
}

impl Sts {
    /// Calls STS until a Region answers, and returns the Region and its answer.
    ///
    /// # Errors
    /// The most informative of the Regions' errors.
    pub(super) async fn ask<O, E, S, F>(
        &self,
        action: &str,
        send: S,
    ) -> Result<(String, O), Refusal>
    where
        S: Fn(Client) -> F,
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let began = Instant::now();
        let good = self.good.get();
        let others = self.regions.iter().filter(|region| Some(*region) != good);
        let mut rest = good.into_iter().chain(others);
        let mut asked = FuturesUnordered::new();
        let mut worst: Option<Refusal> = None;
        let mut has_spoken = false;
        let turns = u32::try_from(self.regions.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let stagger = STAGGER.min(SILENCE_LIMIT / 2 / turns);
        loop {
            if let Some(region) = rest.next() {
                asked.push(self.ask_in(action, region, began + SILENCE_LIMIT, &send));
            }
            let next = tokio::select! {
                next = asked.next() => next,
                () = tokio::time::sleep(stagger) => {
                    if began.elapsed() > WORD_AFTER && !has_spoken {
                        has_spoken = true;
                        tracing::warn!("STS does not answer; waiting for it for at most {} s", SILENCE_LIMIT.as_secs());
                    }
                    continue;
                }
            };
            match next {
                Some(Ok(answer)) => {
                    let _ = self.good.set(answer.0.clone());
                    return Ok(answer);
                }
                // Other Regions would refuse the call too.
                Some(Err(refusal)) if refusal.is_definite() => return Err(refusal),
                Some(Err(refusal)) => {
                    worst = Some(match worst {
                        Some(worst) if worst.rank() >= refusal.rank() => worst,
                        _ => refusal,
                    });
                }
                None => return Err(worst.unwrap_or_else(|| Refusal::silent(SILENCE_LIMIT))),
            }
        }
    }

    async fn ask_in<O, E, S, F>(
        &self,
        action: &str,
        region: &str,
        until: Instant,
        send: &S,
    ) -> Result<(String, O), Refusal>
    where
        S: Fn(Client) -> F,
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let config = aws_sdk_sts::config::Builder::from(&self.sdk)
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::disabled())
            .build();
        let client = Client::from_conf(config);
        let (mut repeats, mut throttles, mut corrected, mut until) = (0, 0, false, until);
        loop {
            let corrections = self.clock.corrections();
            let error = match tokio::time::timeout_at(until, send(client.clone())).await {
                Ok(Ok(answer)) => return Ok((region.to_owned(), answer)),
                Ok(Err(error)) => error,
                Err(_) => return Err(Refusal::silent(SILENCE_LIMIT)),
            };
            if let Some(time) = time_of_refusal(&error) {
                self.clock.refused_at(time);
            }
            let refusal = Refusal::of(action, &error, region);
            match refusal.kind {
                _ if self.clock.corrections() != corrections && !corrected => corrected = true,
                FailureKind::Throttled if throttles < THROTTLE_LIMIT => {
                    throttles += 1;
                    tokio::time::sleep(pause(throttles)).await;
                    // A throttled answer shows that STS is reachable.
                    until = Instant::now() + SILENCE_LIMIT;
                }
                FailureKind::Transient if repeats < REPEAT_LIMIT => {
                    repeats += 1;
                    tokio::time::sleep(pause(repeats)).await;
                }
                _ => return Err(refusal),
            }
        }
    }
}

/// The reason that STS did not perform an action.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}{advice}")]
pub(super) struct Refusal {
    pub(super) kind: FailureKind,
    /// AWS's error code; empty if AWS did not answer.
    pub(super) code: String,
    /// The failed action, and the reason.
    pub(super) message: String,
    /// The advice, after a semicolon.
    pub(super) advice: String,
}

impl Refusal {
    /// No server answered.
    pub(super) fn silent(limit: std::time::Duration) -> Self {
        Self {
            kind: FailureKind::Final,
            code: String::new(),
            message: format!("STS did not answer within {} s", limit.as_secs()),
            advice: "; check the network, HTTPS_PROXY and firewalls".into(),
        }
    }

    /// An answer that STS does not send.
    pub(super) fn strange(message: &str) -> Self {
        Self {
            kind: FailureKind::Final,
            code: String::new(),
            message: message.into(),
            advice: "; check which server answers at the endpoint".into(),
        }
    }

    pub(super) fn of<E>(action: &str, error: &SdkError<E, HttpResponse>, region: &str) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        if let Some(raw) = error.raw_response().filter(|raw| is_html(raw)) {
            let message = format!("STS in {region} {}", html_page(raw.status().as_u16()));
            return Self {
                message,
                advice: String::new(),
                ..Self::strange("")
            };
        }
        if let SdkError::ServiceError(service) = error {
            let status = service.raw().status().as_u16();
            let code = printable(service.err().code().unwrap_or(""), 64);
            let shown = match code.as_str() {
                "" => format!("HTTP status {status}"),
                code => code.to_owned(),
            };
            let said = printable(service.err().message().unwrap_or("no message"), 500);
            // STS and ECS use the same error codes for a caller's identity.
            let kind = kind_of(
                Operation::ListClusters,
                service.err().code().unwrap_or(""),
                status,
            );
            return Self {
                kind,
                advice: advice(action, kind, &code, &said),
                message: format!("STS in {region} refused {action} with {shown}: {said}"),
                code,
            };
        }
        let chain = chain(error);
        let trouble = Trouble::of(&chain);
        Self {
            kind: trouble.kind,
            code: String::new(),
            message: format!("STS in {region} cannot be reached: {chain}"),
            advice: trouble.advice.into(),
        }
    }

    /// Whether AWS refuses the caller in every Region. A denial may concern one Region only: policies of
    /// organizations and of VPC endpoints forbid Regions.
    fn is_definite(&self) -> bool {
        let is_refusal = !matches!(
            self.kind,
            FailureKind::Throttled | FailureKind::Transient | FailureKind::Denied
        );
        is_refusal && self.rank() == 3
    }

    /// How informative the error is: an error of a disabled or unreachable Region would hide one of another
    /// Region.
    pub(super) fn rank(&self) -> u8 {
        match self.code.as_str() {
            "" => u8::from(!self.message.starts_with("STS did not answer")),
            "InvalidClientTokenId" | "RegionDisabledException" => 2,
            _ => 3,
        }
    }
}
