//! The pause before a request is repeated.

use std::time::Duration;

/// The first pause before a request is repeated. It doubles with every try; jitter takes a random part of it,
/// so that parallel requests do not return together.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause. AWS refills its buckets every second, so longer pauses gain nothing.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Full jitter: a random duration between 0 and the doubled pause.
pub(super) fn pause(tries: u32) -> Duration {
    let longest = FIRST_PAUSE
        .saturating_mul(1 << tries.min(10))
        .min(LONGEST_PAUSE);
    longest.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_stay_below_the_longest() {
        for tries in 0..400 {
            assert!(pause(tries) <= LONGEST_PAUSE);
        }
    }
}
