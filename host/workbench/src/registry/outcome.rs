//! The results of requests, and the state between requests.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use secrecy::SecretString;

/// Largest number of repeated requests in one run.
const REPEATS: u32 = 3;
/// Longest pause before repeated requests, in all.
const PAUSES: Duration = Duration::from_secs(10);
/// The authentication of a request.
#[derive(Clone)]
pub(super) enum Shown {
    Nothing,
    Password(String, SecretString),
    Token(SecretString),
}

/// The authentication of requests, and its end.
pub(super) struct Kept {
    pub(super) shown: Shown,
    pub(super) end: Option<Instant>,
}

/// The cause of a failed exchange.
#[derive(Debug)]
pub(super) enum ExchangeFailure {
    /// The connection failed or broke.
    Request(reqwest::Error),
    /// The registry stopped sending; a sentence.
    Silence(String),
    /// A proxy, a filter or a login portal answered.
    Page,
    /// An unexpected status.
    Status {
        /// Host of the token service, if the answer is from there.
        service: Option<String>,
        status: StatusCode,
        retry_after: Option<String>,
        body: Vec<u8>,
    },
    /// The token service refuses the credentials, or gives no token without credentials.
    Denied,
    /// Credentials exist and cannot be used; a sentence.
    Credentials(String),
    /// The content does not match its digest; a sentence.
    Digest(String),
    /// An answer that no registry may give; a sentence.
    Answer(String),
}

impl From<reqwest::Error> for ExchangeFailure {
    fn from(error: reqwest::Error) -> Self {
        Self::Request(error)
    }
}

/// Statuses that are temporary.
pub(super) const fn is_busy(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// Number of repeated requests in this run, and the sum of the pauses before them.
#[derive(Default)]
pub(super) struct Repeats(Mutex<(u32, Duration)>);

impl Repeats {
    /// The pause before another try. The result is `None` if a try is useless.
    pub(super) fn pause(&self, failure: &ExchangeFailure) -> Option<(StatusCode, Duration)> {
        let ExchangeFailure::Status {
            status,
            retry_after,
            ..
        } = failure
        else {
            return None;
        };
        let mut done = self.0.lock().ok()?;
        if !is_busy(*status) || done.0 >= REPEATS {
            return None;
        }
        // A date instead of seconds is rare, and the clocks may differ; then our own pauses apply.
        let wanted = retry_after.as_ref().and_then(|text| text.parse().ok());
        let pause = Duration::from_secs(wanted.unwrap_or(1 << done.0).max(1));
        let all = done.1.checked_add(pause).filter(|all| *all <= PAUSES)?;
        *done = (done.0 + 1, all);
        Some((*status, pause))
    }

    /// Number of repeated requests.
    pub(super) fn count(&self) -> u32 {
        self.0.lock().map_or(0, |done| done.0)
    }
}
