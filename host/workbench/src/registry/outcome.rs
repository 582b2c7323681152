//! What came of a request, and what is kept between requests.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use secrecy::SecretString;

/// How often a request is made again in one run.
const REPEATS: u32 = 3;
/// How long a run pauses for that in all.
const PAUSES: Duration = Duration::from_secs(10);
/// What requests carry.
#[derive(Clone)]
pub(super) enum Shown {
    Nothing,
    Password(String, SecretString),
    Token(SecretString),
}

/// What requests carry, and until when.
pub(super) struct Kept {
    pub(super) shown: Shown,
    pub(super) end: Option<Instant>,
}

/// Why something did not work.
#[derive(Debug)]
pub(super) enum ExchangeFailure {
    /// No connection, or one that broke.
    Request(reqwest::Error),
    /// Nothing came any more; a sentence.
    Silence(String),
    /// Who answered was a proxy.
    Page,
    /// A status that was not wanted.
    Status {
        /// Host of the token service, if it was that one.
        service: Option<String>,
        status: StatusCode,
        retry_after: Option<String>,
        body: Vec<u8>,
    },
    /// The token service does not take the credentials, or gives nothing to those who have none.
    Denied,
    /// There are credentials that cannot be used; a sentence.
    Credentials(String),
    /// What came is not what was promised; a sentence.
    Digest(String),
    /// An answer that no registry gives; a sentence.
    Answer(String),
}

impl From<reqwest::Error> for ExchangeFailure {
    fn from(error: reqwest::Error) -> Self {
        Self::Request(error)
    }
}

/// Statuses that pass by themselves.
pub(super) const fn is_busy(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// How often this run has asked again, and how long it has paused for that.
#[derive(Default)]
pub(super) struct Repeats(Mutex<(u32, Duration)>);

impl Repeats {
    /// How long to wait before another try; none if it is not worth one.
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
        // A date instead of seconds is rare, and the clocks may differ: then our own pauses do.
        let wanted = retry_after.as_ref().and_then(|text| text.parse().ok());
        let pause = Duration::from_secs(wanted.unwrap_or(1 << done.0).max(1));
        let all = done.1.checked_add(pause).filter(|all| *all <= PAUSES)?;
        *done = (done.0 + 1, all);
        Some((*status, pause))
    }

    /// How often something was asked again.
    pub(super) fn count(&self) -> u32 {
        self.0.lock().map_or(0, |done| done.0)
    }
}
