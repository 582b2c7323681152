//! Opaque paging tokens. They carry a position, and are valid only for the request that they belong to.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::error::ApiError;
use super::place::mix;

/// Makes and reads the `nextToken`s of one simulator.
#[derive(Debug)]
pub(super) struct Tokens {
    /// Differs per simulator, so that tokens of another one are refused.
    secret: u64,
    /// Makes every token unlike all earlier ones, because clients treat a repeated one as an endless list.
    issued: AtomicU64,
}

impl Tokens {
    pub(super) fn new(secret: u64) -> Self {
        Self {
            secret,
            issued: AtomicU64::new(0),
        }
    }

    /// A token for `position` in the list of `request`, issued at `now` after the start.
    pub(super) fn issue(&self, request: &str, position: u64, now: Duration) -> String {
        let issued_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let serial = self.issued.fetch_add(1, Ordering::Relaxed);
        let parts = [position ^ mix(self.secret ^ serial), issued_ms, serial];
        let mac = self.mac(request, parts);
        let [sealed, ..] = parts;
        format!("{sealed:016x}{issued_ms:016x}{serial:016x}{mac}")
    }

    /// The position in `token`. It is refused unless it was issued here, for this request, and not too long
    /// ago.
    pub(super) fn open(
        &self,
        request: &str,
        token: &str,
        now: Duration,
        lifetime: Option<Duration>,
    ) -> Result<u64, ApiError> {
        let invalid = || ApiError::invalid("Invalid token.");
        let hex = |range| {
            let digits = token.get(range).ok_or_else(invalid)?;
            u64::from_str_radix(digits, 16).map_err(|_| invalid())
        };
        let parts = [hex(0..16)?, hex(16..32)?, hex(32..48)?];
        let [sealed, issued_ms, serial] = parts;
        if token.get(48..) != Some(&*self.mac(request, parts)) {
            return Err(invalid());
        }
        let age = now.saturating_sub(Duration::from_millis(issued_ms));
        match lifetime {
            Some(lifetime) if age > lifetime => Err(ApiError::invalid("Token has expired.")),
            _ => Ok(sealed ^ mix(self.secret ^ serial)),
        }
    }

    fn mac(&self, request: &str, parts: [u64; 3]) -> String {
        let mut digest = Sha256::new().chain_update(self.secret.to_be_bytes());
        for part in parts {
            digest.update(part.to_be_bytes());
        }
        let digest = digest.chain_update(request).finalize();
        digest[..12]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(5);

    #[test]
    fn a_token_is_good_for_its_own_request_only() {
        let tokens = Tokens::new(1);
        let token = tokens.issue("ListTasks web", 100, NOW);
        assert_eq!(tokens.open("ListTasks web", &token, NOW, None), Ok(100));
        assert!(tokens.open("ListTasks edge", &token, NOW, None).is_err());
        assert!(
            Tokens::new(2)
                .open("ListTasks web", &token, NOW, None)
                .is_err()
        );
        for garbage in ["", "100", "é", &token[1..], &format!("{token}0")] {
            assert!(tokens.open("ListTasks web", garbage, NOW, None).is_err());
        }
    }

    #[test]
    fn a_token_expires_when_tokens_have_a_lifetime() {
        let tokens = Tokens::new(1);
        let token = tokens.issue("ListTasks", 100, NOW);
        let lifetime = Some(Duration::from_secs(60));
        let open = |now| tokens.open("ListTasks", &token, Duration::from_secs(now), lifetime);
        assert_eq!(open(65), Ok(100));
        assert!(open(66).is_err());
    }
}
