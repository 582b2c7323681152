//! AWS's clock: signatures are judged by it, sessions end by it, and events happen and are delivered by it.

use std::ops::Range;

use axum::http::HeaderMap;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use super::error::ApiError;

/// AWS refuses signatures that are older or newer than this.
const TOLERANCE: time::Duration = time::Duration::minutes(5);

/// The machine's time, moved by a number of seconds.
pub(super) fn now(offset_seconds: i64) -> OffsetDateTime {
    OffsetDateTime::now_utc().saturating_add(time::Duration::seconds(offset_seconds))
}

/// Seconds since 1970.
pub(super) fn seconds(time: OffsetDateTime) -> u64 {
    u64::try_from(time.unix_timestamp()).unwrap_or(0)
}

/// The time of a second since 1970.
pub(super) fn of_seconds(seconds: u64) -> OffsetDateTime {
    let time = i64::try_from(seconds).map(OffsetDateTime::from_unix_timestamp);
    time.ok()
        .and_then(Result::ok)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A time as answers and events write it: `2023-03-01T21:45:18Z`.
pub(super) fn rfc3339(at: OffsetDateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// A time as the `date` header of HTTP writes it.
pub(super) fn http_date(at: OffsetDateTime) -> String {
    let (weekday, month) = (at.weekday().to_string(), at.month().to_string());
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        &weekday[..3],
        at.day(),
        &month[..3],
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// A time as signatures write it: `20230301T214518Z`.
fn amz_date(at: OffsetDateTime) -> String {
    rfc3339(at).replace(['-', ':'], "")
}

fn parse(amz_date: &str) -> Option<OffsetDateTime> {
    let number = |range: Range<usize>| amz_date.get(range)?.parse::<u16>().ok();
    let small = |range: Range<usize>| u8::try_from(number(range)?).ok();
    let month = Month::try_from(small(4..6)?).ok()?;
    let date = Date::from_calendar_date(number(0..4)?.into(), month, small(6..8)?).ok()?;
    let time = Time::from_hms(small(9..11)?, small(11..13)?, small(13..15)?).ok()?;
    let parsed = PrimitiveDateTime::new(date, time).assume_utc();
    (self::amz_date(parsed) == amz_date).then_some(parsed)
}

/// Refuses a request that was signed at another time than AWS's. One without the header passes, because no
/// signature is verified here.
pub(super) fn check_signature(headers: &HeaderMap, now: OffsetDateTime) -> Result<(), ApiError> {
    let Some(text) = headers.get("x-amz-date").and_then(|it| it.to_str().ok()) else {
        return Ok(());
    };
    let refused = |message: String| Err(ApiError::new("InvalidSignatureException", message));
    let Some(signed) = parse(text) else {
        return refused(format!("Date in X-Amz-Date is invalid: {text}"));
    };
    let (earliest, latest) = (now - TOLERANCE, now + TOLERANCE);
    let now = amz_date(now);
    if signed < earliest {
        let earliest = amz_date(earliest);
        return refused(format!(
            "Signature expired: {text} is now earlier than {earliest} ({now} - 5 min.)"
        ));
    }
    if signed > latest {
        let latest = amz_date(latest);
        return refused(format!(
            "Signature not yet current: {text} is still later than {latest} ({now} + 5 min.)"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn signatures_of_another_time_are_refused() {
        let now = OffsetDateTime::from_unix_timestamp(1_790_000_000).expect("a time");
        let check = |minutes: i64| {
            let signed = amz_date(now + time::Duration::minutes(minutes));
            let mut headers = HeaderMap::new();
            headers.insert("x-amz-date", HeaderValue::try_from(signed).expect("text"));
            check_signature(&headers, now).map_err(|error| error.message)
        };
        assert_eq!((check(-5), check(0), check(5)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(
            check(-6),
            Err(
                "Signature expired: 20260921T140720Z is now earlier than 20260921T140820Z \
                 (20260921T141320Z - 5 min.)"
                    .to_owned()
            )
        );
        assert!(check(6).is_err_and(|message| message.starts_with("Signature not yet current")));
        assert_eq!(http_date(now), "Mon, 21 Sep 2026 14:13:20 GMT");
        assert_eq!((parse("20260230T131320Z"), parse("é")), (None, None));
    }
}
