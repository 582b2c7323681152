//! Times in milliseconds since 1970, and ids that sort by the time of their making.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// The current time of the machine's clock.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX))
}

/// A time as records write it: RFC 3339, UTC, milliseconds.
pub(crate) fn text(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// An RFC 3339 time.
pub(crate) fn parse(text: &str) -> Option<i64> {
    text.parse().ok().map(Timestamp::as_millisecond)
}

/// A new id. Later ones sort behind earlier ones, also those of one millisecond in this process.
pub(crate) fn id() -> String {
    uuid::Uuid::now_v7().to_string()
}
