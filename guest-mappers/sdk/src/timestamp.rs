use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use time::{Date, Duration, Month, OffsetDateTime, Time};

use crate::decimal::scaled_floor;
use crate::problem::unexpected_json;

/// A time of the page: a number of seconds since 1970, rounded down to the millisecond.
///
/// [`Notes::time`](crate::Notes::time) turns it into an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Milliseconds since 1970 UTC; `None` beyond 64 bits.
    epoch_ms: Option<i64>,
}

impl Timestamp {
    /// The time as an attribute's value; `None` if its year is outside 0000 to 9999.
    #[must_use]
    pub fn to_utc(self) -> Option<UtcTime> {
        let epoch_ms = self.epoch_ms?;
        let whole_second = OffsetDateTime::from_unix_timestamp(epoch_ms.div_euclid(1_000)).ok()?;
        let millisecond = u16::try_from(epoch_ms.rem_euclid(1_000)).ok()?;
        (whole_second.year() >= 0).then_some(UtcTime {
            whole_second,
            millisecond,
        })
    }

    /// Seconds since 1970 UTC, for comparisons; infinity beyond 64 bits of milliseconds.
    #[must_use]
    pub fn epoch_seconds(self) -> f64 {
        self.epoch_ms
            .map_or(f64::INFINITY, |epoch_ms| epoch_ms as f64 / 1_000.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        if !json.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            let expected = &"a number of epoch seconds";
            return Err(D::Error::invalid_type(unexpected_json(json), expected));
        }
        Ok(Self {
            epoch_ms: scaled_floor(json, 3).map(|floor| floor.value),
        })
    }
}

/// A time in the format of records: RFC 3339, UTC, always with three digits of milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UtcTime {
    whole_second: OffsetDateTime,
    millisecond: u16,
}

impl UtcTime {
    /// Reads a time in RFC 3339, rounded down to the millisecond. `None` for any other text, for a leap second,
    /// and for a year in UTC outside 0000 to 9999.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let (moment, rest) = text.as_bytes().split_at_checked(19)?;
        let is_separated = matches!(
            moment,
            [
                _,
                _,
                _,
                _,
                b'-',
                _,
                _,
                b'-',
                _,
                _,
                b'T' | b't' | b' ',
                _,
                _,
                b':',
                _,
                _,
                b':',
                _,
                _
            ]
        );
        if !is_separated {
            return None;
        }
        let pair = |at: usize| u8::try_from(read_digits(&moment[at..at + 2])?).ok();
        let month = Month::try_from(pair(5)?).ok()?;
        let year = i32::from(read_digits(&moment[..4])?);
        let date = Date::from_calendar_date(year, month, pair(8)?).ok()?;
        let time = Time::from_hms(pair(11)?, pair(14)?, pair(17)?).ok()?;
        let (millisecond, zone) = read_fraction(rest)?;
        let whole_second = date
            .with_time(time)
            .assume_utc()
            .checked_sub(read_offset(zone)?)?;
        (whole_second.year() >= 0).then_some(Self {
            whole_second,
            millisecond,
        })
    }

    /// Writes `YYYY-MM-DDTHH:MM:SS.mmmZ`. An array avoids an allocation for each time of a record.
    fn rfc3339(self) -> [u8; 24] {
        let (year, month, day) = self.whole_second.to_calendar_date();
        let (hour, minute, second) = self.whole_second.to_hms();
        let year = u16::try_from(year).unwrap_or(0);

        let mut text = *b"0000-00-00T00:00:00.000Z";
        write_digits(&mut text[0..4], year);
        write_digits(&mut text[5..7], u16::from(u8::from(month)));
        write_digits(&mut text[8..10], u16::from(day));
        write_digits(&mut text[11..13], u16::from(hour));
        write_digits(&mut text[14..16], u16::from(minute));
        write_digits(&mut text[17..19], u16::from(second));
        write_digits(&mut text[20..23], self.millisecond);
        text
    }
}

/// The value of up to four decimal digits.
fn read_digits(digits: &[u8]) -> Option<u16> {
    let mut digits = digits.iter();
    digits.try_fold(0, |sum, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum * 10 + u16::from(digit - b'0'))
    })
}

/// The milliseconds of a fraction of a second, if there is one, and what follows it.
fn read_fraction(text: &[u8]) -> Option<(u16, &[u8])> {
    let Some(fraction) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let length = fraction.iter().take_while(|it| it.is_ascii_digit()).count();
    let (digits, zone) = fraction.split_at(length);
    let mut three = *b"000";
    for (place, digit) in three.iter_mut().zip(digits) {
        *place = *digit;
    }
    (length > 0).then_some((read_digits(&three)?, zone))
}

/// The time by which a zone is ahead of UTC.
fn read_offset(zone: &[u8]) -> Option<Duration> {
    let (sign, hours, minutes) = match zone {
        b"Z" | b"z" => return Some(Duration::ZERO),
        [b'+', h1, h2, b':', m1, m2] => (1, [*h1, *h2], [*m1, *m2]),
        [b'-', h1, h2, b':', m1, m2] => (-1, [*h1, *h2], [*m1, *m2]),
        _ => return None,
    };
    let (hours, minutes) = (read_digits(&hours)?, read_digits(&minutes)?);
    let ahead = i64::from(hours) * 60 + i64::from(minutes);
    (hours < 24 && minutes < 60).then(|| Duration::minutes(sign * ahead))
}

/// Fills `place` with the number's last decimal digits.
fn write_digits(place: &mut [u8], mut number: u16) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(std::str::from_utf8(&self.rfc3339()).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for UtcTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.rfc3339();
        serializer.serialize_str(std::str::from_utf8(&text).map_err(serde::ser::Error::custom)?)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for UtcTime {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "UtcTime".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn utc(json: &str) -> Option<String> {
        serde_json::from_str::<Timestamp>(json)
            .unwrap()
            .to_utc()
            .map(|time| time.to_string())
    }

    #[test]
    fn the_exact_decimal_is_rounded_down_to_the_millisecond() {
        let cases = [
            ("0", "1970-01-01T00:00:00.000Z"),
            ("1466801808.5959", "2016-06-24T20:56:48.595Z"),
            ("1.466801808595E9", "2016-06-24T20:56:48.595Z"),
            ("1472487952.13", "2016-08-29T16:25:52.130Z"),
            ("-0.0005", "1969-12-31T23:59:59.999Z"),
            ("-1", "1969-12-31T23:59:59.000Z"),
            ("1e-999999999", "1970-01-01T00:00:00.000Z"),
            ("-1e-999999999", "1969-12-31T23:59:59.999Z"),
            ("951782400", "2000-02-29T00:00:00.000Z"),
        ];
        for (json, expected) in cases {
            assert_eq!(utc(json).as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn years_have_four_digits_or_there_is_no_time() {
        assert_eq!(
            utc("253402300799.9999").as_deref(),
            Some("9999-12-31T23:59:59.999Z")
        );
        assert_eq!(
            utc("-62167219200").as_deref(),
            Some("0000-01-01T00:00:00.000Z")
        );
        for json in [
            "253402300800",
            "-62167219200.0001",
            "1e999999999",
            "-1e30",
            "1e18",
        ] {
            assert_eq!(utc(json), None, "{json}");
        }
    }

    #[test]
    fn a_text_in_rfc3339_is_turned_into_utc() {
        let utc = |text| UtcTime::from_rfc3339(text).map(|time| time.to_string());
        for (text, expected) in [
            ("2023-03-01T21:45:18Z", "2023-03-01T21:45:18.000Z"),
            ("2023-03-01t21:45:18.9999z", "2023-03-01T21:45:18.999Z"),
            ("2023-03-01 21:45:18.5+05:30", "2023-03-01T16:15:18.500Z"),
            ("2024-02-29T23:59:59-00:01", "2024-03-01T00:00:59.000Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
            (
                "9999-12-31T23:59:59.99999999999999999999Z",
                "9999-12-31T23:59:59.999Z",
            ),
        ] {
            assert_eq!(utc(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "2023-03-01",
            "2023-03-01T21:45:18",
            "2023-03-01T21:45Z",
            "2023-03-01T21:45:18.Z",
            "2023-03-01T21:45:18,5Z",
            "2023-3-1T21:45:18Z",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-01-01T24:00:00Z",
            "2016-12-31T23:59:60Z",
            "2023-01-01T00:00:00+24:00",
            "2023-01-01T00:00:00+0100",
            "2023-01-01T00:00:00Z ",
            " 2023-01-01T00:00:00Z",
            "2023-01-01T00:00:00é",
            "２023-01-01T00:00:00Z",
            "+023-01-01T00:00:00Z",
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "1677707118",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
    }

    #[test]
    fn only_a_number_is_a_time() {
        for json in [
            "\"1466801808\"",
            "\"2016-06-24T20:56:48Z\"",
            "true",
            "[]",
            "{}",
        ] {
            let error = serde_json::from_str::<Timestamp>(json)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("expected a number of epoch seconds"),
                "{json}: {error}"
            );
        }
    }
}
