//! One call: paced by quotas, bounded in parallel, repeated with jitter, counted, and its answer checked.

use portolan_page::AccountId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;

use super::failure::{CallFailure, Refused, TIMEOUT, time_of_refusal};
use super::failure_kind::FailureKind;
use super::pause::pause;
use super::request::{Answer, Sender};
use crate::quota::{Clearance, Pacing};
use portolan_machine::clock::Clock;
use portolan_page::ledger::{Ledger, OperationCalls};
use portolan_page::object::Operation;

/// The longest pause that a server's answer can set.
const ASKED_PAUSE_LIMIT: Duration = Duration::from_secs(30);
/// The number of times that one request may be throttled before it fails. With pauses of 5 s that takes more
/// than ten minutes; then other callers use up the account's quota.
const THROTTLE_LIMIT: u32 = 300;

/// The number of times that credentials are renewed for one request: once when they expire, once if another
/// task renewed them while the request was signed, and one in reserve.
const RENEWAL_LIMIT: u32 = 3;

/// The tries of one request.
#[derive(Default)]
struct Tries {
    retries: u32,
    throttles: u32,
    renewals: u32,
    /// Whether the clock was corrected for this request.
    is_corrected: bool,
}

/// Makes the calls of one account and Region.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(crate) account_id: AccountId,
    place: Pacing,
    sender: Sender,
    clock: Clock,
    /// The Region whose STS accepted the credentials.
    confirmed_in: Option<String>,
    /// Whether a call of this caller has succeeded.
    is_let_in: Arc<AtomicBool>,
    maximum_retries: u32,
    ledger: Arc<Ledger>,
}

impl Caller {
    pub(super) fn new(
        account_id: AccountId,
        (place, sender): (Pacing, Sender),
        (clock, confirmed_in): (Clock, Option<String>),
        maximum_retries: u32,
        ledger: Arc<Ledger>,
    ) -> Self {
        Self {
            account_id,
            place,
            sender,
            clock,
            confirmed_in,
            is_let_in: Arc::default(),
            maximum_retries,
            ledger,
        }
    }

    /// Whether AWS has a host for the operation with these settings: not every API has FIPS endpoints.
    #[must_use]
    pub fn has_host(&self, operation: Operation) -> bool {
        self.sender.has_host(operation.api())
    }

    /// Sends a request until `read` accepts its answer. `read` returns a sentence if the body is not valid.
    pub async fn call<R>(
        &self,
        operation: Operation,
        parameters: &Value,
        read: impl Fn(Bytes) -> Result<R, String>,
    ) -> Result<R, CallFailure> {
        let mut tries = Tries::default();
        loop {
            let generation = self.sender.credentials.generation();
            let corrections = self.clock.corrections();
            let failure = match self.attempt(operation, parameters, &read).await {
                Ok(answer) => {
                    self.is_let_in.store(true, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            let is_corrected = self.clock.corrections() != corrections;
            let repeated = self.repeated(operation, failure, &mut tries, is_corrected, generation);
            if let Some(pause) = repeated.await? {
                tokio::time::sleep(pause).await;
            }
        }
    }

    /// The pause before the next try; `None` to retry at once. The failure if there is no next try.
    async fn repeated(
        &self,
        operation: Operation,
        failure: CallFailure,
        tries: &mut Tries,
        is_corrected: bool,
        generation: u64,
    ) -> Result<Option<Duration>, CallFailure> {
        let number = match failure.kind {
            _ if is_corrected && !tries.is_corrected => {
                tries.is_corrected = true;
                self.note(operation, |calls| calls.retries += 1);
                return Ok(None);
            }
            FailureKind::Throttled if tries.throttles < THROTTLE_LIMIT => {
                tries.throttles += 1;
                self.note(operation, |calls| calls.throttles += 1);
                tries.throttles
            }
            FailureKind::Transient if tries.retries < self.retries_after(&failure) => {
                tries.retries += 1;
                self.note(operation, |calls| calls.retries += 1);
                tries.retries
            }
            FailureKind::Throttled | FailureKind::Transient => {
                let tried = tries.retries + tries.throttles + 1;
                let message = format!("{} (given up after {tried} tries)", failure.message);
                return Err(CallFailure {
                    kind: FailureKind::Final,
                    message,
                    ..failure
                });
            }
            FailureKind::Credentials
                if tries.renewals < self.renewal_limit()
                    && self.sender.credentials.renew(generation).await =>
            {
                tries.renewals += 1;
                self.note(operation, |calls| calls.retries += 1);
                return Ok(None);
            }
            _ => return Err(self.placed(failure)),
        };
        tracing::debug!(
            account = self.account_id.as_str(),
            region = self.sender.region.as_str(),
            "try {number} failed: {}",
            failure.message
        );
        let asked = failure.retry_after.unwrap_or_default();
        let pause = pause(number).max(asked.min(ASKED_PAUSE_LIMIT));
        self.note(operation, |calls| {
            calls.waiting_ms += u64::try_from(pause.as_millis()).unwrap_or(u64::MAX)
        });
        Ok(Some(pause))
    }

    async fn attempt<R>(
        &self,
        operation: Operation,
        parameters: &Value,
        read: &impl Fn(Bytes) -> Result<R, String>,
    ) -> Result<R, CallFailure> {
        let asked_at = Instant::now();
        let clearance = self.place.clearance(operation).await;
        self.note(operation, |calls| calls.calls += 1);
        let answer = self.sender.send(operation, parameters).await;
        self.answered(operation, asked_at, clearance, &answer);
        if let Some(time) = answer.as_ref().err().and_then(time_of_refusal) {
            self.clock.refused_at(time);
        }
        tracing::trace!(
            account = self.account_id.as_str(),
            region = self.sender.region.as_str(),
            "{operation} took {} ms, waiting for the quota included",
            asked_at.elapsed().as_millis()
        );
        let answer = answer.map_err(|error| CallFailure::of_sdk(operation, &error))?;
        // Checks the content, because servers and proxies often send a wrong content type.
        if portolan_machine::text::is_html(&answer.body) {
            return Err(CallFailure::html(
                operation,
                answer.status,
                answer.request_id,
            ));
        }
        read(answer.body)
            .map_err(|reason| CallFailure::malformed(operation, &reason, answer.request_id))
    }

    /// The number of renewals. It is 1 if no call has succeeded, because the Region may be the cause.
    fn renewal_limit(&self) -> u32 {
        match self.is_let_in.load(Ordering::Relaxed) {
            true => RENEWAL_LIMIT,
            false => 1,
        }
    }

    /// The number of retries. A request without an answer, where no call has ever succeeded, is retried at
    /// most once: the operator waits for the report.
    fn retries_after(&self, failure: &CallFailure) -> u32 {
        if failure.code != TIMEOUT || self.is_let_in.load(Ordering::Relaxed) {
            return self.maximum_retries;
        }
        tracing::warn!(
            "{} {}: AWS does not answer: {}",
            self.account_id,
            self.sender.region,
            failure.message
        );
        self.maximum_retries.min(1)
    }

    /// Reports that a Region is not enabled, if its endpoint never accepted credentials that are valid
    /// elsewhere.
    fn placed(&self, failure: CallFailure) -> CallFailure {
        let is_unknown = ["UnrecognizedClientException", "InvalidClientTokenId"]
            .contains(&failure.code.as_str());
        match &self.confirmed_in {
            Some(elsewhere)
                if is_unknown
                    && self.sender.region != **elsewhere
                    && !self.is_let_in.load(Ordering::Relaxed) =>
            {
                failure.not_enabled(&self.account_id, &self.sender.region, elsewhere)
            }
            _ => failure,
        }
    }

    /// Ends a call, and reports its result to the limiter and the ledger.
    fn answered(
        &self,
        operation: Operation,
        asked_at: Instant,
        clearance: Clearance,
        answer: &Result<Answer, Refused>,
    ) {
        let is_throttled = answer.as_ref().is_err_and(|error| {
            CallFailure::of_sdk(operation, error).kind == FailureKind::Throttled
        });
        if is_throttled {
            clearance.throttled();
        }
        let Some(group) = operation.group() else {
            return;
        };
        let bucket = self.place.bucket(group);
        self.ledger
            .pace(&self.account_id, &self.sender.region, group, |pace| {
                pace.answered(bucket, asked_at, clearance.waited);
            });
    }

    fn note(&self, operation: Operation, update: impl FnOnce(&mut OperationCalls)) {
        self.ledger
            .call(&self.account_id, &self.sender.region, operation, update);
    }
}
