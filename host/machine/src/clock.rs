//! Timestamps in the format of records and reports: RFC 3339, UTC, milliseconds.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// AWS refuses requests whose time differs by more than this.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// 2020 to 2100, in seconds since 1970. A server that sends another time is not AWS.
const PLAUSIBLE: std::ops::Range<u64> = 1_577_836_800..4_102_444_800;

/// The machine's clock, corrected by AWS's time if AWS refuses the machine's. Clones share the correction.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    correction: Arc<Correction>,
}

#[derive(Debug, Default)]
struct Correction {
    /// The milliseconds to add to the machine's time.
    behind_ms: AtomicI64,
    /// The number of corrections.
    count: AtomicU32,
}

impl Clock {
    /// The current time.
    #[must_use]
    pub fn now(&self) -> String {
        text(self.time().into())
    }

    /// The current time, for signatures.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.corrected(SystemTime::now())
    }

    /// A time of the machine's clock, with the current correction.
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

    /// The number of corrections. A request that was signed before the last one may be repeated.
    pub fn corrections(&self) -> u32 {
        self.correction.count.load(Ordering::Acquire)
    }

    /// Adopts the time of a server that refused a request, if it differs by more than AWS allows and is
    /// plausible.
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
        // Several refusals may arrive together; only the first corrects the clock.
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
            "the clock of this machine is {} s {}; AWS refuses its time, so portolan uses AWS's time. Set the clock, for example with NTP",
            off.as_secs(),
            if is_behind { "slow" } else { "fast" },
        );
    }
}

/// The timestamp of a sync, and its clock. Clones share both.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The clock that corrects the timestamp.
    pub clock: Clock,
    began: SystemTime,
    captured_at: Arc<OnceLock<String>>,
}

impl Moment {
    /// Starts a sync now.
    pub fn now() -> Self {
        Self {
            clock: Clock::default(),
            began: SystemTime::now(),
            captured_at: Arc::default(),
        }
    }

    /// LAST_CAPTURED: the start of the sync, with the correction at the time of the first use. That is when
    /// the first page is read, or when a checkpoint stores it after the first call to STS.
    pub fn captured_at(&self) -> &str {
        self.captured_at.get_or_init(|| self.clock.at(self.began))
    }

    /// Sets the timestamp to that of an earlier sync, unless it was used already.
    pub fn set(&self, captured_at: &str) {
        let _ = self.captured_at.set(captured_at.to_owned());
    }
}

/// The current time of the machine's own clock.
#[must_use]
pub fn now() -> String {
    text(OffsetDateTime::now_utc())
}

/// An RFC 3339 timestamp in milliseconds since 1970, rounded down; `None` if it is none.
#[must_use]
pub fn milliseconds(timestamp: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(timestamp, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).ok()
}

/// Parses any RFC 3339 timestamp and writes it in the format of records, rounded down to the millisecond.
#[must_use]
pub fn normalised(timestamp: &str) -> Option<String> {
    let time = OffsetDateTime::parse(timestamp, &Rfc3339)
        .ok()?
        .checked_to_offset(UtcOffset::UTC)?;
    (0..=9999).contains(&time.year()).then(|| text(time))
}

/// An age as settings and reports write it: digits and a unit, `12h`. A month is not a unit, because 12M may be meant
/// as minutes.
#[must_use]
pub fn age(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let is_number = digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = digits
        .parse()
        .ok()
        .filter(|number| is_number && *number > 0)?;
    let unit_s = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(number * unit_s))
}

/// The time that was this long before a timestamp, in the format of records; `None` if the timestamp is none.
#[must_use]
pub fn before(timestamp: &str, age: Duration) -> Option<String> {
    let time = OffsetDateTime::parse(timestamp, &Rfc3339).ok()?;
    let time = time
        .to_offset(UtcOffset::UTC)
        .checked_sub(age.try_into().ok()?)?;
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
    fn an_age_is_taken_from_a_time() {
        let since = |time, text| before(time, age(text).expect("an age"));
        let time = "2026-03-01T01:00:00.000+01:00";
        assert_eq!(since(time, "24h"), Some("2026-02-28T00:00:00.000Z".into()));
        assert_eq!(since(time, "1w"), Some("2026-02-22T00:00:00.000Z".into()));
        assert_eq!(since("0001-01-01T00:00:00Z", "999999w"), None);
        assert_eq!(since("yesterday", "1s"), None);
        assert!(
            ["", "d", "0d", "1M", "1", "1234567s"]
                .iter()
                .all(|it| age(it).is_none())
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
