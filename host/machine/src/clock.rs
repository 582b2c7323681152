//! Timestamps in the one form that records and reports use: RFC 3339, UTC, milliseconds.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// AWS refuses requests whose time is further off than this.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// From 2020 to 2100, in seconds since 1970. What claims another time is not AWS.
const PLAUSIBLE: std::ops::Range<u64> = 1_577_836_800..4_102_444_800;

/// The machine's clock, corrected by what AWS says if AWS refuses its time. Clones share the correction.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    correction: Arc<Correction>,
}

#[derive(Debug, Default)]
struct Correction {
    /// What has to be added to the machine's time.
    behind_ms: AtomicI64,
    /// How often that was found out.
    count: AtomicU32,
}

impl Clock {
    /// The present moment.
    #[must_use]
    pub fn now(&self) -> String {
        text(self.time().into())
    }

    /// The present moment, for signatures.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.corrected(SystemTime::now())
    }

    /// A moment of the machine's clock, corrected by what is known by now.
    #[must_use]
    pub fn at(&self, moment: SystemTime) -> String {
        text(self.corrected(moment).into())
    }

    fn corrected(&self, now: SystemTime) -> SystemTime {
        let behind_ms = self.correction.behind_ms.load(Ordering::Acquire);
        let behind = Duration::from_millis(behind_ms.unsigned_abs());
        let corrected = if behind_ms < 0 {
            now.checked_sub(behind)
        } else {
            now.checked_add(behind)
        };
        corrected.unwrap_or(now)
    }

    /// How often the clock was corrected: a request that was signed before the last time may be repeated.
    pub fn corrections(&self) -> u32 {
        self.correction.count.load(Ordering::Acquire)
    }

    /// Takes the time of a server that refused a request, if it is too far from ours and can be one.
    pub fn refused_at(&self, server: SystemTime) {
        let since_1970 = server.duration_since(SystemTime::UNIX_EPOCH);
        if !since_1970.is_ok_and(|time| PLAUSIBLE.contains(&time.as_secs())) {
            return;
        }
        let before_ms = self.correction.behind_ms.load(Ordering::Acquire);
        let now = self.time();
        let (is_behind, off) = match server.duration_since(now) {
            Ok(off) => (true, off),
            Err(error) => (false, error.duration()),
        };
        if off <= TOLERANCE {
            return;
        }
        let off_ms = i64::try_from(off.as_millis()).unwrap_or(i64::MAX);
        let off_ms = if is_behind { off_ms } else { -off_ms };
        // Refusals come together, and only the first of them corrects.
        let corrected = self.correction.behind_ms.compare_exchange(
            before_ms,
            before_ms.saturating_add(off_ms),
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        if corrected.is_err() {
            return;
        }
        self.correction.count.fetch_add(1, Ordering::AcqRel);
        tracing::warn!(
            "the clock of this machine is {} s {}; AWS refuses its time, so AWS's own is used. Set the clock, for example with NTP",
            off.as_secs(),
            if is_behind { "slow" } else { "fast" },
        );
    }
}

/// The one time of a sync, and the clock that tells it. Clones share both.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The clock.
    pub clock: Clock,
    began: SystemTime,
    captured_at: Arc<OnceLock<String>>,
}

impl Moment {
    /// The beginning of a sync: now.
    pub fn now() -> Self {
        Self {
            clock: Clock::default(),
            began: SystemTime::now(),
            captured_at: Arc::default(),
        }
    }

    /// LAST_CAPTURED: the beginning, as the clock is corrected at the first use. That is when the first page
    /// is read, or when a checkpoint notes it after STS was asked.
    pub fn captured_at(&self) -> &str {
        self.captured_at.get_or_init(|| self.clock.at(self.began))
    }

    /// Makes it that of an earlier sync, unless it was read already.
    pub fn set(&self, captured_at: &str) {
        let _ = self.captured_at.set(captured_at.to_owned());
    }
}

/// The present moment of the machine's own clock.
#[must_use]
pub fn now() -> String {
    text(OffsetDateTime::now_utc())
}

/// Reads any RFC 3339 timestamp and gives it in our form, rounded down to the millisecond.
#[must_use]
pub fn normalised(timestamp: &str) -> Option<String> {
    let time = OffsetDateTime::parse(timestamp, &Rfc3339)
        .ok()?
        .checked_to_offset(UtcOffset::UTC)?;
    (0..=9999).contains(&time.year()).then(|| text(time))
}

fn text(time: OffsetDateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_corrected_once_and_only_by_much() {
        let clock = Clock::default();
        let in_minutes = |minutes: u64| SystemTime::now() + Duration::from_secs(60 * minutes);
        clock.refused_at(in_minutes(4));
        assert_eq!(clock.corrections(), 0);
        clock.refused_at(in_minutes(20));
        clock.refused_at(in_minutes(20));
        assert_eq!(clock.corrections(), 1);
        let ahead = clock
            .time()
            .duration_since(SystemTime::now())
            .expect("ahead");
        assert!((1199..=1201).contains(&ahead.as_secs()), "{ahead:?}");
        clock.refused_at(SystemTime::now());
        assert_eq!(
            (clock.corrections(), clock.now()[..16].to_owned()),
            (2, now()[..16].to_owned())
        );
    }

    #[test]
    fn any_offset_becomes_utc_with_milliseconds() {
        for (given, expected) in [
            ("2026-11-21T01:32:00.123Z", "2026-11-21T01:32:00.123Z"),
            ("2026-11-21T01:32:00Z", "2026-11-21T01:32:00.000Z"),
            ("2026-11-21T03:32:00.1239+02:00", "2026-11-21T01:32:00.123Z"),
        ] {
            assert_eq!(normalised(given).as_deref(), Some(expected));
        }
        assert_eq!(normalised("yesterday"), None);
    }
}
