//! Questions to STS: in one Region after the other until one answers, for a Region that is not enabled, or
//! that a network does not reach, says nothing about the others.

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

/// How long all Regions together may stay silent. STS answers in tens of milliseconds; isolated networks have
/// no way to it, and swallow what is sent.
const SILENCE_LIMIT: Duration = Duration::from_secs(10);
/// How long one Region may stay silent before the next is asked too, at most: each gets its turn.
const STAGGER: Duration = Duration::from_secs(2);
/// After so long somebody wants to know what is waited for.
const WORD_AFTER: Duration = Duration::from_secs(3);
/// How often a question is repeated that STS failed to answer, or whose connection failed.
const REPEAT_LIMIT: u32 = 2;
/// How often a question is repeated that STS throttles: with growing pauses, more than a minute.
const THROTTLE_LIMIT: u32 = 20;

/// STS, as it is reached from the Regions of a run.
#[derive(Clone, Debug)]
pub(super) struct Sts {
    pub(super) sdk: SdkConfig,
    /// In this order, at least one.
    pub(super) regions: Vec<String>,
    pub(super) clock: Clock,
    /// The Region that answered first, which is asked before the others from then on.
    pub(super) good: Arc<OnceLock<String>>,
}

impl Sts {
    /// Asks until a Region answers, and gives the Region and what it says.
    ///
    /// # Errors
    /// The most telling one of the Regions' errors.
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
                // Other Regions would say the same.
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
                    // It answers.
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

/// Why STS did not do what it was asked for.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}{advice}")]
pub(super) struct Refusal {
    pub(super) kind: FailureKind,
    /// AWS's error code; empty if AWS did not answer.
    pub(super) code: String,
    /// What failed, and why.
    pub(super) message: String,
    /// What to do, with a semicolon before it.
    pub(super) advice: String,
}

impl Refusal {
    /// Nothing answered.
    pub(super) fn silent(limit: std::time::Duration) -> Self {
        Self {
            kind: FailureKind::Final,
            code: String::new(),
            message: format!("STS gave no answer within {} s", limit.as_secs()),
            advice: "; check the network, HTTPS_PROXY and firewalls".into(),
        }
    }

    /// An answer that STS does not give.
    pub(super) fn strange(message: &str) -> Self {
        Self {
            kind: FailureKind::Final,
            code: String::new(),
            message: message.into(),
            advice: "; check what answers at the endpoint".into(),
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
            // STS and ECS have the same words for what is wrong with a caller.
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

    /// Whether AWS has refused the caller, wherever it is asked. A denial may be of one Region alone: policies
    /// of organizations and of VPC endpoints forbid Regions.
    fn is_definite(&self) -> bool {
        let is_refusal = !matches!(
            self.kind,
            FailureKind::Throttled | FailureKind::Transient | FailureKind::Denied
        );
        is_refusal && self.rank() == 3
    }

    /// How much it tells: a Region that is not enabled, or not reached, hides what another one says.
    pub(super) fn rank(&self) -> u8 {
        match self.code.as_str() {
            "" => u8::from(!self.message.starts_with("STS gave no answer")),
            "InvalidClientTokenId" | "RegionDisabledException" => 2,
            _ => 3,
        }
    }
}
