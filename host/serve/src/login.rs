//! Random texts that log in: links for once, and cookies of sessions.

use std::sync::{Mutex, PoisonError};

use portolan_machine::fingerprint;

const RANDOM_BYTES: usize = 32;
/// Long enough to click on it.
const LINK_LIFE_MS: i64 = 15 * 60 * 1000;

/// 256 random bits in hexadecimal; `None` if the system has none.
pub(crate) fn random() -> Option<String> {
    let mut bytes = [0; RANDOM_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The hash under which such a text is kept; `None` if it is none. As with tokens, a fast one is enough.
pub(crate) fn hash(text: &str) -> Option<String> {
    let is_random = text.len() == 2 * RANDOM_BYTES && text.bytes().all(|it| it.is_ascii_hexdigit());
    is_random.then(|| fingerprint::digest(text.as_bytes()))
}

/// The links that log in once. They end with the process.
#[derive(Debug, Default)]
pub(crate) struct Links(Mutex<Vec<(String, i64)>>);

impl Links {
    /// Makes a link.
    pub(crate) fn make(&self, now: i64) -> Option<String> {
        let text = random()?;
        let hash = hash(&text)?;
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.push((hash, now.saturating_add(LINK_LIFE_MS)));
        Some(text)
    }

    /// Takes a link, which does not work again. `false` if there is none, or it has ended.
    pub(crate) fn take(&self, text: &str, now: i64) -> bool {
        let Some(hash) = hash(text) else {
            return false;
        };
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|(_, ends_at)| *ends_at > now);
        let place = links.iter().position(|(known, _)| *known == hash);
        place.map(|place| links.swap_remove(place)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_works_once_and_for_a_while() {
        let links = Links::default();
        let (one, two) = (links.make(0).expect("bits"), links.make(0).expect("bits"));
        assert!(!links.take("0", 1));
        assert!(links.take(&one, 1));
        assert!(!links.take(&one, 1));
        assert!(!links.take(&two, LINK_LIFE_MS));
    }
}
