//! When a registration is scanned.

use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

/// Hourly, as far as AWS's quotas are concerned often enough for anybody.
const DEFAULT_INTERVAL: &str = "1h";
/// A scan of a large account takes minutes.
const LEAST_INTERVAL: Duration = Duration::from_secs(5 * 60);
const LONGEST_INTERVAL: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Registrations that were made together do not run together: each run comes earlier by up to a tenth of the
/// interval, and at most by this.
const LARGEST_JITTER_MS: i64 = 5 * 60 * 1000;
/// A pattern names a minute, so its runs come later by less than one.
const CRON_JITTER_MS: i64 = 50 * 1000;

/// When a registration is scanned: every interval, or at the times of a cron pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Schedule {
    /// The time between scans, from `5m` to `30d`; `1h` if there is no pattern either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "1h")]
    pub(crate) interval: Option<String>,
    /// A cron pattern of minute, hour, day, month and weekday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cron: Option<String>,
    /// The time zone of the pattern, for example `Europe/Berlin`; UTC if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) time_zone: Option<String>,
}

enum Plan {
    Every(Duration),
    At(Box<Cron>, TimeZone),
}

impl Schedule {
    fn plan(&self) -> Result<Plan, String> {
        match (&self.interval, &self.cron, &self.time_zone) {
            (Some(_), Some(_), _) => {
                Err("schedule has an interval and a cron pattern; give one of them".into())
            }
            (_, None, Some(_)) => {
                Err("schedule.timeZone is about a cron pattern, and there is none".into())
            }
            (interval, None, None) => interval_of(interval.as_deref().unwrap_or(DEFAULT_INTERVAL))
                .map(Plan::Every)
                .ok_or_else(|| {
                    "schedule.interval is a number and m, h or d, from 5m to 30d".to_owned()
                }),
            (None, Some(pattern), zone) => {
                let parser = CronParser::builder()
                    .seconds(Seconds::Disallowed)
                    .year(Year::Disallowed)
                    .build();
                let pattern = parser.parse(pattern).map_err(|_| {
                    "schedule.cron is not a pattern of minute, hour, day, month and weekday, for example `30 6 * * 1-5`".to_owned()
                })?;
                let zone = match zone {
                    Some(zone) => TimeZone::get(zone).map_err(|_| {
                        "schedule.timeZone is not a time zone, for example `Europe/Berlin`"
                            .to_owned()
                    })?,
                    None => TimeZone::UTC,
                };
                Ok(Plan::At(Box::new(pattern), zone))
            }
        }
    }

    /// Says what is wrong with it.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.next(0, 0.0)? {
            Some(_) => Ok(()),
            None => Err("schedule.cron names a time that never comes".into()),
        }
    }

    /// The next run after a time, with a share of the jitter between 0 and 1; `None` if it never comes.
    pub(crate) fn next(&self, after_ms: i64, jitter: f64) -> Result<Option<i64>, String> {
        Ok(match self.plan()? {
            Plan::Every(interval) => {
                let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
                let largest = (interval_ms / 10).min(LARGEST_JITTER_MS);
                Some(after_ms + interval_ms - share(largest, jitter))
            }
            Plan::At(pattern, zone) => {
                let after = Timestamp::from_millisecond(after_ms).unwrap_or(Timestamp::UNIX_EPOCH);
                let next = pattern.find_next_occurrence(&Zoned::new(after, zone), false);
                next.ok()
                    .map(|next| next.timestamp().as_millisecond() + share(CRON_JITTER_MS, jitter))
            }
        })
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "minutes in milliseconds"
)]
fn share(largest: i64, jitter: f64) -> i64 {
    (largest as f64 * jitter.clamp(0.0, 1.0)) as i64
}

fn interval_of(text: &str) -> Option<Duration> {
    let interval = duration(text)?;
    (LEAST_INTERVAL..=LONGEST_INTERVAL)
        .contains(&interval)
        .then_some(interval)
}

/// A duration such as `15m`, `1h` or `90d`.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    let number: u64 = number.parse().ok()?;
    Some(Duration::from_secs(number.checked_mul(seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment;

    fn cron(pattern: &str, zone: Option<&str>) -> Schedule {
        Schedule {
            cron: Some(pattern.into()),
            time_zone: zone.map(str::to_owned),
            ..Schedule::default()
        }
    }

    fn next(schedule: &Schedule, after: &str) -> Option<String> {
        let after = moment::parse(after).expect("a time");
        schedule.next(after, 0.0).expect("valid").map(moment::text)
    }

    #[test]
    fn an_interval_is_counted_and_jitter_makes_it_shorter() {
        let hourly = Schedule::default();
        assert_eq!(hourly.next(0, 0.0), Ok(Some(3_600_000)));
        assert_eq!(hourly.next(0, 1.0), Ok(Some(3_300_000)));
    }

    #[test]
    fn a_pattern_has_a_zone_and_knows_its_clock_changes() {
        let daily = cron("30 6 * * *", Some("Europe/Berlin"));
        for (after, expected) in [
            ("2026-11-30T06:00:00Z", "2026-12-01T05:30:00.000Z"),
            ("2026-07-01T04:30:00Z", "2026-07-02T04:30:00.000Z"),
        ] {
            assert_eq!(next(&daily, after).as_deref(), Some(expected));
        }
        let in_the_gap = cron("30 2 * * *", Some("Europe/Berlin"));
        let skipped = next(&in_the_gap, "2026-03-28T12:00:00Z").expect("a time");
        assert!(skipped.as_str() > "2026-03-29T00:59", "{skipped}");
    }

    #[test]
    fn what_is_not_a_schedule_is_refused() {
        let interval = |text: &str| Schedule {
            interval: Some(text.into()),
            ..Schedule::default()
        };
        for refused in [
            interval("4m"),
            interval("31d"),
            interval("1"),
            interval("é"),
            interval(""),
            cron("* * * *", None),
            cron("0 * * * * *", None),
            cron("0 0 30 2 *", None),
            cron("0 0 * * *", Some("Europe/Paderborn")),
            Schedule {
                cron: Some("0 0 * * *".into()),
                ..interval("1h")
            },
            Schedule {
                time_zone: Some("UTC".into()),
                ..interval("1h")
            },
        ] {
            assert!(refused.check().is_err(), "{refused:?}");
        }
        assert!(interval("5m").check().is_ok());
    }
}
