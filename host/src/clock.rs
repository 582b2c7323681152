//! Timestamps in the one form that records and reports use: RFC 3339, UTC, milliseconds.

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// The present moment.
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
